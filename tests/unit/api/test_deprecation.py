"""What goes from the API is told to those who use it, in time, once a module."""

from __future__ import annotations

import types
import warnings
from abc import ABC
from dataclasses import dataclass
from typing import Any

import pytest

from emobench.api import EmobenchDeprecationWarning, deprecated, deprecated_event
from emobench.api.deprecation import marks_of


@deprecated(since=2, removed=4, instead="total")
def add(left: int, right: int = 1) -> int:
    """Add."""
    return left + right


class Counter:
    @deprecated(since=2, removed=5, instead="Counter.add")
    def count(self, by: int) -> int:
        return by


@deprecated(since=3, removed=5, instead="Point")
@dataclass(frozen=True)
class Pair(ABC):  # noqa: B024 - its metaclass stands between a subclass and its module
    left: int = 0


USING = """
def twice(add):
    add(1)
    return add(2)

def later(add):
    return add(3)
"""


def module(name: str, source: str = USING, **given: Any) -> Any:
    made = types.ModuleType(name)
    made.__dict__.update(given)
    exec(compile(source, f"{name}.py", "exec"), made.__dict__)
    return made


def test_the_warning_says_what_since_when_until_when_and_what_instead() -> None:
    with pytest.warns(EmobenchDeprecationWarning) as caught:
        assert add(1, right=2) == 3
    what = f"{__name__}.add"
    assert str(caught[0].message) == (
        f"{what} is deprecated since version 2 of the plugin API and goes in version 4; "
        "use total instead"
    )
    assert caught[0].filename == __file__
    assert (add.__name__, add.__doc__) == ("add", "Add.")


def test_a_module_is_told_once_and_every_module_is() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for name in ("first_user", "second_user"):
            user = module(name)
            assert (user.twice(add), user.later(add)) == (3, 4)
    assert [(one.filename, one.lineno) for one in caught] == [
        ("first_user.py", 3),
        ("second_user.py", 3),
    ]


def test_a_test_that_asks_for_it_is_told_again() -> None:
    user = module("asking_user")
    for _ in range(2):
        with pytest.warns(EmobenchDeprecationWarning, match="goes in version 4"):
            user.later(add)


def test_those_who_only_use_a_plugin_are_told_nothing() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.resetwarnings()
        warnings.simplefilter("ignore", DeprecationWarning)  # as Python does outside __main__
        module("plugin_of_a_user").twice(add)
    assert caught == []


def test_a_method_warns_and_still_works() -> None:
    with pytest.warns(EmobenchDeprecationWarning, match=r"Counter\.count .* version 5"):
        assert Counter().count(by=3) == 3


def test_making_an_object_of_a_class_warns() -> None:
    with pytest.warns(EmobenchDeprecationWarning, match=r"Pair is deprecated .*use Point"):
        assert Pair(left=2).left == 2


def test_deriving_from_a_class_warns_where_it_is_derived_and_its_objects_do_not() -> None:
    with pytest.warns(EmobenchDeprecationWarning) as caught:
        derived = module("deriving", "class Mine(Pair):\n    pass\n", Pair=Pair).Mine
    assert [(one.filename, one.lineno) for one in caught] == [("deriving.py", 1)]
    assert derived(left=3).left == 3


@pytest.mark.parametrize("removed", [1, 2, 3])
def test_two_versions_lie_between_the_word_and_the_deed(removed: int) -> None:
    with pytest.raises(ValueError, match="it goes in version 4 at the earliest"):
        deprecated(since=2, removed=removed, instead="total")(lambda: None)


def test_a_replacement_must_be_named() -> None:
    with pytest.raises(ValueError, match="say what to use instead"):
        deprecated(since=2, removed=4, instead="")(lambda: None)


def test_what_cannot_be_marked_is_refused() -> None:
    with pytest.raises(TypeError, match="neither a function nor a class"):
        deprecated(since=2, removed=4, instead="total")(property(lambda self: 1))  # type: ignore[type-var]


def test_marks_are_the_things_own_and_pile_up_on_an_event() -> None:
    class Derived(Counter): ...

    @deprecated_event(since=2, removed=4, instead="run.x", argument="x")
    @deprecated_event(since=3, removed=5, instead="run.y", argument="y")
    def epoch_end(x: int, y: int) -> None: ...

    assert [mark.what for mark in marks_of(epoch_end)] == [
        "argument 'y' of event 'epoch_end'",
        "argument 'x' of event 'epoch_end'",
    ]
    with pytest.warns(EmobenchDeprecationWarning):
        child = type("Child", (Pair,), {"__module__": __name__})
    assert (marks_of(child), marks_of(Derived), len(marks_of(Pair))) == ((), (), 1)
