"""What was announced to go from the API goes in the version that was named."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from types import ModuleType

import emobench.api
from emobench.api import API_VERSION, deprecated, deprecated_event
from emobench.api.deprecation import Deprecation, marks_of


def api_modules() -> list[ModuleType]:
    names = [found.name for found in pkgutil.iter_modules(emobench.api.__path__)]
    return [importlib.import_module(f"emobench.api.{name}") for name in names]


def marked(modules: Iterable[ModuleType]) -> Iterator[Deprecation]:
    """Every mark on a function, a class, a method or an event of these modules."""
    for module in modules:
        for thing in vars(module).values():
            yield from marks_of(thing)
            if isinstance(thing, type):
                for member in vars(thing).values():
                    yield from marks_of(getattr(member, "__func__", member))


def due(modules: Iterable[ModuleType], *, version: int) -> set[str]:
    return {mark.what for mark in marked(modules) if mark.removed <= version}


def test_nothing_marked_outlives_its_version() -> None:
    late = due(api_modules(), version=API_VERSION)
    assert late == set(), f"due in API version {API_VERSION}; delete: {', '.join(sorted(late))}"


def test_marks_of_every_sort_are_seen_when_they_are_due() -> None:
    class Spec:
        @deprecated_event(since=2, removed=4, instead="run")
        def fit_start(self) -> None: ...

    class Contract:
        @staticmethod
        @deprecated(since=2, removed=5, instead="new")
        def old() -> None: ...

    module = ModuleType("made_up")
    module.__dict__.update(
        Spec=Spec,
        Contract=Contract,
        Gone=deprecated(since=1, removed=4, instead="New")(type("Gone", (), {})),
        gone=deprecated(since=1, removed=3, instead="new")(lambda: None),
    )
    assert len(due([module], version=2)) == 0
    assert len(due([module], version=3)) == 1
    assert due([module], version=4) >= {"event 'fit_start'", f"{__name__}.Gone"}
    assert len(due([module], version=5)) == 4
