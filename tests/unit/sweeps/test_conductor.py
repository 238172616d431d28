"""Between a study and an engine: who is under way, who is tried again, when a sweep stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emobench.api import RunError
from emobench.sweeps import conductor as module
from emobench.sweeps.assignment import Progress
from emobench.sweeps.conductor import Conductor
from emobench.sweeps.trial import Report, Trial, TrialEnd
from emobench.sweeps.watcher import Watcher

OK = TrialEnd(state="ok", validation=0.5)


class MadeUpStudy:
    """Gives trials in turn, those that were interrupted first, and notes what it is told."""

    def __init__(self) -> None:
        self.ends: list[tuple[int, str]] = []
        self.reports: list[tuple[int, int]] = []
        self.stops: set[int] = set()
        self.broken: Exception | None = None
        self._next = 0
        self._again: list[int] = []

    def next_trial(self, *, count: int) -> Any:
        if self._again:
            return SimpleNamespace(index=self._again.pop(0))
        if self._next >= count:
            return None
        self._next += 1
        return SimpleNamespace(index=self._next - 1)

    def heard(self, index: int, report: Report) -> bool:
        self.reports.append((index, report.epoch))
        return index not in self.stops

    def ended(self, index: int, end: TrialEnd) -> None:
        if self.broken is not None:
            raise self.broken
        self.ends.append((index, end.state))
        if end.state == "interrupted":
            self._again.append(index)


class Said(Watcher):
    def __init__(self) -> None:
        self.said: list[str] = []
        self.ends: list[TrialEnd] = []

    def say(self, message: str) -> None:
        self.said.append(message)

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        self.ends.append(end)


@pytest.fixture
def study() -> MadeUpStudy:
    return MadeUpStudy()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def conduct(study: MadeUpStudy, said: Said, tmp_path: Path) -> Callable[..., Conductor]:
    def made(*, trials: int = 3, room: int = 2) -> Conductor:
        made_up: Any = study
        return Conductor(
            made_up, trials=trials, watcher=said, room=lambda: room, halt=tmp_path / "halt"
        )

    return made


def epoch(number: int, **more: Any) -> Progress:
    return Progress(reports=(Report(epoch=number, epochs=9, validation=0.1 * number),), **more)


def test_no_more_trials_run_at_once_than_there_is_room_for(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct(room=2)
    given = [conductor.next_trial(name) for name in "abc"]
    assert [trial and trial.index for trial in given] == [0, 1, None]
    assert not conductor.finished
    assert not conductor.heard("a", Progress(end=OK))
    third = conductor.next_trial("c")
    assert third is not None
    assert third.index == 2


def test_it_is_finished_only_when_nothing_can_come_back(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct(trials=1)
    conductor.next_trial("a")
    assert conductor.next_trial("b") is None
    assert not conductor.finished
    conductor.heard("a", Progress(end=OK))
    assert conductor.next_trial("b") is None
    assert conductor.finished


def test_a_trial_whose_worker_died_is_given_out_again(
    conduct: Callable[..., Conductor], study: MadeUpStudy, said: Said
) -> None:
    conductor = conduct(trials=1)
    conductor.next_trial("a")
    conductor.lost("a", "its worker died")
    again = conductor.next_trial("b")
    assert again is not None
    assert again.index == 0
    assert said.said == ["trial 0 is tried again (1 of 3): its worker died"]
    assert study.ends == [(0, "interrupted")]


def test_a_trial_that_loses_every_worker_fails_and_the_others_go_on(
    conduct: Callable[..., Conductor], study: MadeUpStudy, said: Said
) -> None:
    conductor = conduct(trials=2, room=1)
    for name in "abcd":
        conductor.next_trial(name)
        conductor.began(name)
        conductor.lost(name, "its worker died")
    assert study.ends[-1] == (0, "failed")
    assert said.ends[-1].reason == "tried 4 times, each time: its worker died"
    other = conductor.next_trial("e")
    assert other is not None
    assert other.index == 1


def test_a_trial_that_the_machine_has_no_memory_for_twice_needs_less(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct(trials=1)
    needs = []
    for name, for_memory in [("a", False), ("b", True), ("c", True)]:
        trial: Any = conductor.next_trial(name)
        needs.append(conductor.needs_less(trial))
        conductor.began(name)
        conductor.lost(name, "its worker was ended", for_memory=for_memory)
    last: Any = conductor.next_trial("d")
    assert needs == [False, False, False]
    assert conductor.needs_less(last)


def test_workers_that_cannot_begin_are_no_fault_of_the_method(
    conduct: Callable[..., Conductor], study: MadeUpStudy
) -> None:
    conductor = conduct(trials=2, room=1)
    for name in "abcd":
        conductor.next_trial(name)
        conductor.lost(name, "ModuleNotFoundError: acme")
    assert study.ends == [(0, "interrupted")] * 3
    words = "no worker can take up trial 0, tried 4 times: ModuleNotFoundError: acme; see that all"
    assert str(conductor.fault).startswith(words)
    assert isinstance(conductor.fault, RunError)
    assert conductor.finished


def test_a_trial_that_is_not_worth_it_is_stopped_with_what_is_known_of_it(
    conduct: Callable[..., Conductor], study: MadeUpStudy, said: Said
) -> None:
    study.stops = {0}
    conductor = conduct()
    conductor.next_trial("a")
    assert not conductor.heard("a", epoch(3, run_id="run-0"))
    (end,) = said.ends
    assert (end.state, end.run_id, end.epochs) == ("stopped", "run-0", 3)
    assert end.validation == pytest.approx(0.3)
    assert end.reason == "others did better after epoch 3"


def test_a_stopped_trial_keeps_the_mark_of_its_smaller_batches(
    conduct: Callable[..., Conductor], study: MadeUpStudy, said: Said
) -> None:
    study.stops = {0}
    conductor = conduct()
    conductor.next_trial("a")
    conductor.heard("a", epoch(3, reduced="batch 64 as 2 x 32"))
    (end,) = said.ends
    assert end.reduced == "batch 64 as 2 x 32"


def test_a_trial_that_came_to_its_end_is_not_called_stopped(
    conduct: Callable[..., Conductor], study: MadeUpStudy
) -> None:
    study.stops = {0}
    conductor = conduct()
    conductor.next_trial("a")
    assert not conductor.heard("a", epoch(9, end=OK))
    assert study.ends == [(0, "ok")]
    assert study.reports == [(0, 9)]


def test_what_concerns_all_trials_stops_the_sweep(
    conduct: Callable[..., Conductor], tmp_path: Path
) -> None:
    conductor = conduct()
    conductor.next_trial("a")
    conductor.next_trial("b")
    full = RunError("the disk is full")
    conductor.broke("a", full)
    assert conductor.fault is full
    assert (tmp_path / "halt").exists()
    assert conductor.next_trial("c") is None
    assert not conductor.finished
    conductor.heard("b", Progress(end=replace(OK, state="interrupted")))
    assert conductor.finished


def test_a_journal_that_cannot_be_written_stops_the_sweep(
    conduct: Callable[..., Conductor], study: MadeUpStudy
) -> None:
    study.broken = RunError("the disk is full")
    conductor = conduct()
    conductor.next_trial("a")
    assert not conductor.heard("a", Progress(end=OK))
    assert conductor.fault is study.broken


def test_the_first_fault_is_the_one_that_is_told(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct()
    first = RunError("the disk is full")
    conductor.stop(first)
    conductor.stop(KeyboardInterrupt())
    assert conductor.fault is first


def test_workers_have_a_while_to_let_go(
    conduct: Callable[..., Conductor], monkeypatch: pytest.MonkeyPatch
) -> None:
    conductor = conduct()
    assert not conductor.overdue
    conductor.stop(KeyboardInterrupt())
    assert not conductor.overdue
    later = module.time.monotonic() + module.GRACE_S + 1
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    assert conductor.overdue
