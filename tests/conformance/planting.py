"""Planted faults: broken components, each made for one check of a conformance suite to catch.

The lists lie beside this file in `planted_<group>.py` as `FAULTS`, the broken components in
`faults/`; `test_planted_<group>.py` asserts over each with the functions below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from emobench.api import Component
from emobench.registry import Plugin, Registered
from emobench.testing.runner import Check, check_names, run_check, suite_for
from emobench.testing.suite import Suite

LIGHT_REGISTRATION = "faults.registration"
BUILDS = "builds_from_its_defaults"
CARD = "card_is_current"
"""Asked of a sound twin only where a fault was planted in its card: others have none."""


@dataclass(frozen=True, kw_only=True)
class PlantedFault:
    """A broken component, the check (without `test_`) meant for it, and words its message holds.

    `sound` is the unbroken component that the fault was made from; it takes the same options.
    """

    check: str
    suite: type[Suite]
    component: Component
    sound: Component
    words: str
    why: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    registration: str = LIGHT_REGISTRATION

    def __str__(self) -> str:
        return f"{self.suite.kind}-{self.check}-{self.component.name}"


@dataclass(frozen=True, kw_only=True)
class SoundTwin:
    """A component that faults were made from, and the checks that catch them."""

    suite: type[Suite]
    component: Component
    checks: frozenset[str]
    options: Mapping[str, Any] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.suite.kind}-{self.component.name}"


def planted_suite(
    suite: type[Suite],
    component: Component,
    *,
    options: Mapping[str, Any],
    registration: str = LIGHT_REGISTRATION,
) -> type[Suite]:
    """The suite over a component that no installed plugin offers."""
    plugin = Plugin(package="planted-faults", version="1", module=registration, api=2)
    entry = Registered(kind=suite.kind, component=component, plugin=plugin)
    return suite_for(entry, suite, options=options)


def sound_twins(faults: Iterable[PlantedFault]) -> list[SoundTwin]:
    """The components that the faults were made from, each once a suite and set of options."""
    found: dict[tuple[object, ...], list[PlantedFault]] = {}
    for fault in faults:
        key = (fault.suite, fault.sound, repr(sorted(fault.options.items())))
        found.setdefault(key, []).append(fault)
    return [
        SoundTwin(
            suite=group[0].suite,
            component=group[0].sound,
            checks=frozenset(fault.check for fault in group),
            options=group[0].options,
        )
        for group in found.values()
    ]


def assert_caught(fault: PlantedFault) -> None:
    """Fail unless the check meant for the fault catches it and says so, though it builds."""
    suite = planted_suite(
        fault.suite, fault.component, options=fault.options, registration=fault.registration
    )
    result = run_check(suite, f"test_{fault.check}")
    assert result.outcome == "failed", (
        f"{fault.component.name} {result.outcome} '{fault.check}' ({result.message}), though "
        f"{fault.why}"
    )
    assert fault.words in result.message, f"'{fault.words}' is not in: {result.message}"
    if fault.check != BUILDS:
        built = run_check(suite, f"test_{BUILDS}")
        assert built.outcome == "passed", f"it does not even build: {built.message}"


def assert_sound(twin: SoundTwin) -> None:
    """Fail unless the twin fails no check, and passes those that catch its broken siblings."""
    suite = planted_suite(twin.suite, twin.component, options=twin.options)
    left_out = {f"test_{CARD}"} if CARD not in twin.checks else set()
    outcomes = [run_check(suite, name) for name in check_names(suite) if name not in left_out]
    failed = {check.name: check.message for check in outcomes if check.outcome == "failed"}
    assert not failed, f"{twin.component.name} is sound, but: {failed}"
    passed = {check.name for check in outcomes if check.outcome == "passed"}
    assert twin.checks <= passed, f"left out: {_reasons(outcomes, twin.checks - passed)}"


def _reasons(outcomes: Iterable[Check], names: frozenset[str]) -> dict[str, str]:
    return {check.name: check.message for check in outcomes if check.name in names}


@cache
def own_checks(suite: type[Suite]) -> frozenset[str]:
    """The checks that a kind's suite adds to those of all kinds."""
    shared = {name.removeprefix("test_") for name in check_names(Suite)}
    return frozenset(name.removeprefix("test_") for name in check_names(suite)) - shared
