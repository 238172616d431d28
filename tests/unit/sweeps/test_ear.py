"""What a worker hears of a run: how long it trains, and how fast."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from emobench.sweeps import ear as module
from emobench.sweeps.ear import Ear
from emobench.sweeps.watchdog import Watchdog


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture
def ear(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ear:
    """One that hears how training begins."""
    monkeypatch.setattr(Watchdog, "heard", lambda self: None)
    watchdog = Watchdog(tmp_path / "hung.txt", patience=1.0, inside="advance")
    ear = Ear(watchdog=watchdog, halt=tmp_path / "halt", runs=tmp_path, trial=1)
    clock.now += 30
    ear.stage("train")
    return ear


def trained(ear: Ear, clock: Clock, *seconds: float) -> None:
    for each in seconds:
        clock.now += each
        ear.epoch(1, 9, {})


def test_the_first_epoch_trained_here_says_nothing_of_the_pace(ear: Ear, clock: Clock) -> None:
    assert ear.pace() is None
    trained(ear, clock, 90.0)
    assert ear.pace() is None


def test_the_pace_is_that_of_the_epochs_after_the_first(ear: Ear, clock: Clock) -> None:
    trained(ear, clock, 90.0, 2.0, 4.0)
    clock.now += 50  # an epoch under way is not over
    assert ear.pace() == pytest.approx(3.0)


def test_what_is_waited_for_others_is_no_time_of_the_trial(ear: Ear, clock: Clock) -> None:
    trained(ear, clock, 5.0)
    ear.rest()
    clock.now += 600
    assert ear.trained() == pytest.approx(5.0)
    ear.wake()
    trained(ear, clock, 3.0)
    assert (ear.trained(), ear.pace()) == (pytest.approx(8.0), pytest.approx(3.0))


def test_training_that_begins_anew_has_a_pace_of_its_own(ear: Ear, clock: Clock) -> None:
    trained(ear, clock, 5.0, 7.0)
    ear.stage("train")
    trained(ear, clock, 1.0)
    assert (ear.trained(), ear.pace()) == (pytest.approx(1.0), None)
