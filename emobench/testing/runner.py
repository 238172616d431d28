"""Runs suites without pytest: for `emobench plugins test`, and for tests of the suites."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from unittest import SkipTest

from emobench.registry import Registered
from emobench.testing.suite import Suite
from emobench.traces import place_of

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of one component, and how it ended.

    `place` says where in the component's code an exception arose that no check expected.
    """

    kind: str
    component: str
    name: str
    outcome: Outcome
    message: str
    seconds: float
    place: str = ""


def check_names(suite: type[Suite]) -> tuple[str, ...]:
    """The checks of a suite, in the order in which they are written."""
    names: dict[str, None] = {}
    for each in reversed(suite.__mro__):
        names.update(dict.fromkeys(name for name in vars(each) if name.startswith("test_")))
    return tuple(names)


def suite_for(
    entry: Registered, suite: type[Suite], *, options: Mapping[str, Any] | None = None
) -> type[Suite]:
    """The suite over one registered component."""
    attributes = {"component": entry.name, "options": dict(options or {}), "registered": entry}
    return type(f"Test{entry.name}", (suite,), attributes)


def can_be_built(suite: type[Suite]) -> bool:
    """Whether any context takes the component; without one, no check can tell more than that."""
    try:
        return bool(suite().accepted)
    except (Exception, SystemExit):  # noqa: BLE001 - strangers may raise anything
        return False


def run_suite(suite: type[Suite]) -> Iterator[Check]:
    """Every check of the suite, each on an object of its own."""
    for name in check_names(suite):
        yield run_check(suite, name)


def run_check(suite: type[Suite], name: str) -> Check:
    """One check; whatever it raises is a failure, a SkipTest is not."""
    started = time.perf_counter()
    subject = suite()
    outcome: Outcome = "passed"
    message = place = ""
    subject.setup_method()
    try:
        getattr(subject, name)()
    except SkipTest as reason:
        outcome, message = "skipped", str(reason)
    except AssertionError as failure:
        outcome, message = "failed", str(failure) or "an assertion without words failed"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - strangers may raise anything
        outcome, message = "failed", f"{type(error).__name__}: {error}"
        place = place_of(error)
    try:
        subject.teardown_method()
    except AssertionError as failure:
        if outcome != "failed":
            outcome, message = "failed", str(failure)
    return Check(
        kind=suite.kind,
        component=suite.component,
        name=name.removeprefix("test_"),
        outcome=outcome,
        message=message,
        seconds=time.perf_counter() - started,
        place=place,
    )
