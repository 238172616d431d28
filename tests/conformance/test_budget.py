"""The lane stays quick: a component has a second, and this is the alarm well above it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from our_suites import our_suites

from emobench.testing.runner import check_names, run_check
from emobench.testing.suite import Suite

ALARM_S = 3.0
TIMES = 3
"""How often it is measured: the first time may load libraries, and others use the machine too."""

COUNTED_APART = {"test_trains_beside_every_other_technique_or_refuses_by_name"}
"""Checks that rise with the number of components: what they do is shared between suites."""


def one_a_component() -> Sequence[type[Suite]]:
    """The first suite of every component."""
    found: dict[tuple[str, str], type[Suite]] = {}
    for suite in our_suites():
        found.setdefault((suite.kind, suite.component), suite)
    return list(found.values())


def cpu_seconds(suite: type[Suite]) -> float:
    """What all checks of a suite take of this process, on objects of their own."""
    fresh = type(suite.__name__, (suite,), {})
    started = time.process_time()
    for name in check_names(fresh):
        if name not in COUNTED_APART:
            run_check(fresh, name)
    return time.process_time() - started


@pytest.mark.parametrize("suite", one_a_component(), ids=lambda suite: suite.__name__)
def test_the_checks_of_a_component_are_quick(suite: type[Suite]) -> None:
    least = float("inf")
    for _ in range(TIMES):
        least = min(least, cpu_seconds(suite))
        if least <= ALARM_S:
            return
    raise AssertionError(
        f"the checks of {suite.kind} '{suite.component}' take {least:.1f} s of CPU; a second is "
        f"what they may take, {ALARM_S:g} s the alarm: see benchmarks/conformance.py"
    )
