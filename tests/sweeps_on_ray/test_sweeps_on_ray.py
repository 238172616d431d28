"""Sweeps on Ray, started here: trials in trouble, workers that die, a sweep that goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from emobench.sweeps.watcher import Resources

TROUBLES = ["none", "raise", "none", "die_once", "none"]


@dataclass(frozen=True)
class Done:
    folder: Path
    study: Any
    told: Any


@pytest.fixture(scope="module")
def ray_here() -> Any:
    """One Ray for this module's sweeps: each start takes seconds."""
    from emobench.sweeps.cluster import cluster, quiet

    with quiet(), cluster(Resources()):
        yield


@pytest.fixture(scope="module")
def done(ray_here: Any, troubled: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A sweep of the recipe as it stands and a trial for each trouble."""
    folder = tmp_path_factory.mktemp("sweep")
    troubled.prepare(folder)
    told = troubled.Told()
    study = troubled.sweep(
        folder,
        troubles=TROUBLES,
        resources=Resources(concurrent=2),
        watcher=told,
    )
    return Done(folder=folder, study=study, told=told)


def test_one_trial_in_trouble_is_one_row_and_no_other_notices(
    done: Done, troubled: ModuleType
) -> None:
    ends = troubled.audit(done.folder)
    assert [ends[index].state for index in range(6)] == [*("ok", "ok", "failed", "ok", "ok", "ok")]
    assert "ValueError: trial number 2 was bound to fail" in ends[2].reason


def test_a_trial_whose_worker_died_is_tried_again(done: Done, troubled: ModuleType) -> None:
    assert "trial 4 is tried again (1 of 3): its worker died" in done.told.said
    record = json.loads(
        (done.folder / "runs" / troubled.audit(done.folder)[4].run_id / "record.json").read_text()
    )
    assert [attempt["state"] for attempt in record["attempts"]] == ["interrupted", "ok"]


def test_every_epoch_is_heard_once(done: Done) -> None:
    assert set(done.told.epochs.values()) == {1}
    assert {epoch for index, epoch in done.told.epochs if index == 0} == {1, 2, 3}


def test_what_workers_print_lies_in_the_sweeps_folder(done: Done) -> None:
    names = {path.suffix for path in (done.folder / "runs" / "workers").iterdir()}
    assert names == {".log"}


def test_a_worker_that_ray_ended_for_memory_is_told_as_such() -> None:
    from ray.exceptions import ActorDiedError, OutOfMemoryError

    from emobench.sweeps.tune import LOW_ON_MEMORY, _cause

    killed = OutOfMemoryError("Task was killed due to the node running low on memory.")
    assert _cause(killed) == LOW_ON_MEMORY
    assert _cause(ActorDiedError()) == "its worker died"


def test_after_a_crash_what_was_finished_is_not_trained_again(
    done: Done, troubled: ModuleType, tmp_path: Path
) -> None:
    journal = done.folder / "journal.jsonl"
    before = troubled.finished(done.folder)
    whole = journal.read_text().splitlines(keepends=True)
    lost = [line for line in whole if not ('"trial": 5' in line and '"asked"' not in line)]
    journal.write_text("".join(lost) + '{"event": "ended", "tri')
    troubled.sweep(done.folder, troubles=TROUBLES, resources=Resources(concurrent=1))
    ends = troubled.audit(done.folder)
    assert troubled.finished(done.folder) == before
    assert [ends[index].state for index in (2, 4, 5)] == ["failed", "ok", "ok"]
