"""The suites are proven by faults: no check without a broken component that it catches."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from planting import PlantedFault, own_checks

from emobench.testing.runner import check_names
from emobench.testing.suite import Suite
from emobench.testing.suites import SUITES

LEAST = 30


@cache
def every_fault() -> tuple[PlantedFault, ...]:
    lists = sorted(Path(__file__).parent.glob("planted_*.py"))
    return tuple(fault for path in lists for fault in importlib.import_module(path.stem).FAULTS)


def check_of(suite: type[Suite], name: str) -> Callable[[Suite], None] | None:
    """The check itself, which kinds that are alike may share."""
    check: Callable[[Suite], None] | None = getattr(suite, f"test_{name}", None)
    return check


def test_there_are_enough_faults() -> None:
    assert len(every_fault()) >= LEAST


def test_every_fault_is_planted_for_a_check_that_there_is() -> None:
    strays = [
        str(fault)
        for fault in every_fault()
        if f"test_{fault.check}" not in check_names(fault.suite)
    ]
    assert not strays


@pytest.mark.parametrize("check", check_names(Suite))
def test_every_shared_check_catches_a_planted_fault(check: str) -> None:
    assert check.removeprefix("test_") in {fault.check for fault in every_fault()}


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.__name__)
def test_every_check_of_a_kind_catches_a_planted_fault(suite: type[Suite]) -> None:
    caught = {check_of(fault.suite, fault.check) for fault in every_fault()}
    unproven = [name for name in own_checks(suite) if check_of(suite, name) not in caught]
    assert not unproven


def test_every_list_of_faults_is_tested() -> None:
    for path in Path(__file__).parent.glob("planted_*.py"):
        assert path.with_name(f"test_{path.name}").exists()
