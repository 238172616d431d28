"""The rules of the event manager: order, wrapping, replacement, spelling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pluggy
import pytest

from emobench.api import (
    EmobenchDeprecationWarning,
    Events,
    PluginError,
    UsageError,
    deprecated_event,
    event,
)
from emobench.api.events import EVENT_PROJECT
from emobench.training.events import connect, merge_terms
from emobench.training.loop import LoopDefaults


class Noted:
    """Writes its name down when an epoch starts."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes

    @event
    def epoch_start(self, run: Any) -> None:
        self.notes.append(self.name)


class Wrapping(Noted):
    """Notes when it begins and ends around the backward pass."""

    @event(wrapper=True)
    def backward(self) -> Iterator[None]:
        self.notes.append(f"{self.name} before")
        result: Any = yield
        self.notes.append(f"{self.name} after")
        return result


class Replacing:
    """Does the update itself."""

    @event
    def update(self) -> bool:
        return True


class TakingOverEvaluation:
    @event
    def evaluate(self) -> str:
        return "nothing"


class Misspelt:
    @event
    def epoch_strat(self) -> None: ...


class WrongArgument:
    @event
    def epoch_start(self, rnu: Any) -> None: ...


class Defaults(LoopDefaults):
    @event
    def backward(self) -> bool:
        return True

    @event
    def update(self) -> str:
        return "the loop's own"


def test_techniques_answer_in_recipe_order_and_the_observer_last() -> None:
    notes: list[str] = []
    techniques = {name: Noted(name, notes) for name in ("first", "second")}
    hooks = connect(techniques, defaults=Defaults(), observer=Noted("observer", notes))
    hooks.epoch_start(run=None)
    assert notes == ["first", "second", "observer"]


def test_the_first_wrapper_of_the_recipe_is_the_outermost() -> None:
    notes: list[str] = []
    techniques = {name: Wrapping(name, notes) for name in ("outer", "inner")}
    connect(techniques, defaults=Defaults()).backward(run=None, loss=None)
    assert notes == ["outer before", "inner before", "inner after", "outer after"]


def test_a_replacement_stands_in_for_the_loops_own() -> None:
    assert connect({}, defaults=Defaults()).update(run=None, closure=None) == "the loop's own"
    hooks = connect({"sharpness": Replacing()}, defaults=Defaults())
    assert hooks.update(run=None, closure=None) is True


def test_two_replacements_are_refused_naming_both() -> None:
    both = {"sharpness": Replacing(), "scaler": Replacing()}
    with pytest.raises(UsageError, match="'sharpness' and 'scaler' both replace 'update'"):
        connect(both, defaults=Defaults())


def test_evaluate_may_not_be_replaced() -> None:
    with pytest.raises(UsageError, match=r"'mine' replaces 'evaluate', which may only be wrapped"):
        connect({"mine": TakingOverEvaluation()}, defaults=Defaults())


def test_a_misspelt_event_is_refused_with_the_right_spelling() -> None:
    with pytest.raises(PluginError, match=r"'epoch_strat'; did you mean 'epoch_start'\?"):
        connect({"mine": Misspelt()}, defaults=Defaults())


def test_an_argument_that_the_event_lacks_is_refused() -> None:
    with pytest.raises(PluginError, match="technique 'mine' does not fit"):
        connect({"mine": WrongArgument()}, defaults=Defaults())


spec = pluggy.HookspecMarker(EVENT_PROJECT)


class WithDeprecations(Events):
    """The events as they may stand one day: one goes, and one argument of another."""

    @deprecated_event(since=3, removed=5, instead="'before_update'")
    @spec
    def backward(self, run: Any, loss: Any) -> None: ...

    @deprecated_event(since=3, removed=6, instead="run.model", argument="loader")
    @spec(firstresult=True)
    def evaluate(self, run: Any, loader: Any) -> None: ...


class Looking:
    @event(wrapper=True)
    def evaluate(self, loader: Any) -> Iterator[None]:
        return (yield)


class LookingAway:
    @event(wrapper=True)
    def evaluate(self, run: Any) -> Iterator[None]:
        return (yield)


def test_a_technique_that_answers_a_deprecated_event_is_named() -> None:
    with pytest.warns(EmobenchDeprecationWarning) as caught:
        connect(
            {"early": Wrapping("early", []), "late": Noted("late", [])},
            defaults=Defaults(),
            events=WithDeprecations,
        )
    assert [str(one.message) for one in caught] == [
        "technique 'early': event 'backward' is deprecated since version 3 of the plugin API and "
        "goes in version 5; use 'before_update' instead"
    ]
    assert caught[0].filename == __file__


def test_a_technique_that_names_a_deprecated_argument_is_named() -> None:
    techniques = {"away": LookingAway(), "looking": Looking()}
    with pytest.warns(EmobenchDeprecationWarning) as caught:
        connect(techniques, defaults=Defaults(), events=WithDeprecations)
    (only,) = caught
    assert str(only.message).startswith(
        "technique 'looking': argument 'loader' of event 'evaluate'"
    )
    assert str(only.message).endswith("goes in version 6; use run.model instead")


def test_loss_terms_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="two techniques add a loss term named 'penalty'"):
        merge_terms([{"penalty": 1}, None, {"penalty": 2}])
