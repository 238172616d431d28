"""`emobench publish`: finished runs become files; everything else is told and left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.runs.folder import RunFolder
from emobench.runs.published import Published, read_published
from emobench.runs.store import RunStore
from emobench.runs.verify import verify

Publish = Callable[..., Published]
Run = Callable[..., Any]
RECORDS = Path("leaderboards/records")


def store(runs: Path, run: Published) -> str:
    """A run's folder, as training would have left it."""
    with RunStore(runs).begin(run.record) as folder:
        write_predictions(folder, run)
        folder.finish(run.record)
    return run.record.id


def write_predictions(folder: RunFolder, run: Published) -> None:
    import numpy as np

    if run.predictions is None:
        return
    (one,) = run.predictions.targets
    folder.write_predictions(
        {
            "test/items": np.array(run.predictions.items),
            "test/groups": np.array(run.predictions.groups),
            "test/emotion/after": one.probabilities,
            "test/emotion/truth": one.truth,
        }
    )


def test_a_run_is_published_where_the_boards_look(folder: Path, emobench: Run) -> None:
    assert emobench("run", "table.yaml", "--device", "cpu").code == 0
    outcome = emobench("publish", "--all")
    (path,) = RECORDS.glob("*/*.json")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        f"published: {path}",
        "1 run in leaderboards/records: 1 published",
    ]
    verify(read_published(path))


def test_publishing_again_changes_nothing(folder: Path, emobench: Run, published: Publish) -> None:
    store(folder / "runs", published())
    emobench("publish", "--all")
    (path,) = RECORDS.glob("*/*.json")
    before = path.stat().st_mtime_ns
    outcome = emobench("publish", "--all")
    assert outcome.out == "1 run in leaderboards/records: 1 already there\n"
    assert path.stat().st_mtime_ns == before


def test_all_leaves_out_what_was_interrupted_and_says_so(
    folder: Path, emobench: Run, published: Publish
) -> None:
    store(folder / "runs", published("whole"))
    store(folder / "runs", published("cut", state="interrupted"))
    outcome = emobench("publish", "--all")
    assert outcome.code == 0
    assert outcome.err == ("left out cut-fold0-seed0: it was interrupted, or is still at work\n")
    assert [path.stem for path in RECORDS.glob("*/*.json")] == ["whole-fold0-seed0"]


def test_failed_and_collapsed_runs_are_published(
    folder: Path, emobench: Run, published: Publish
) -> None:
    for state in ("failed", "collapsed", "diverged"):
        store(folder / "runs", published(state, state=state, reason="why"))
    emobench("publish", "--all")
    states = {read_published(path).record.state for path in RECORDS.glob("*/*.json")}
    assert states == {"failed", "collapsed", "diverged"}


def test_a_trial_of_a_sweep_is_published_only_by_its_name(
    folder: Path, emobench: Run, published: Publish
) -> None:
    store(folder / "runs", published("whole"))
    trial = store(folder / "runs" / "sweeps" / "wide", published("trial"))
    emobench("publish", "--all")
    assert [path.stem for path in RECORDS.glob("*/*.json")] == ["whole-fold0-seed0"]
    assert emobench("publish", trial).code == 0
    assert (RECORDS / "synthetic-speech__speakers" / f"{trial}.json").is_file()


def test_the_outcome_as_data(folder: Path, emobench: Run, published: Publish) -> None:
    run_id = store(folder / "runs", published())
    outcome = emobench("publish", run_id, "--out", "kept", "--json")
    assert json.loads(outcome.out) == {
        "schema": 1,
        "published": [
            {
                "id": run_id,
                "outcome": "published",
                "file": f"kept/synthetic-speech__speakers/{run_id}.json",
            }
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say which runs to publish: their ids, or --all for every finished run in runs;"),
        (("--all", "x"), "give run ids or --all, not both"),
        (("--all", "--runs", "none"), "there is no folder none; give the folder of records with"),
        (("enhanced-fold0-seed1",), "unknown run 'enhanced-fold0-seed1'; did you mean 'enhanced-f"),
        (("cut-fold0-seed0",), "run cut-fold0-seed0 was interrupted and has no result to publish"),
    ],
)
def test_a_call_that_publishes_nothing_is_told_why(
    folder: Path,
    refused: Callable[..., str],
    published: Publish,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    store(folder / "runs", published())
    store(folder / "runs", published("cut", state="interrupted"))
    assert told in refused("publish", *arguments, code=2)
    assert not RECORDS.exists()


def test_an_empty_folder_of_runs_has_nothing_to_publish(
    folder: Path, refused: Callable[..., str]
) -> None:
    (folder / "runs").mkdir()
    assert "no finished runs in runs; make one with" in refused("publish", "--all", code=2)


def test_a_run_that_cannot_be_published_stops_the_call_before_any_file(
    folder: Path, refused: Callable[..., str], published: Publish
) -> None:
    store(folder / "runs", published("fine"))
    wrong = published("wrong")
    store(folder / "runs", wrong)
    (folder / "runs" / wrong.record.id / "predictions.npz").unlink()
    assert "run wrong-fold0-seed0 has no predictions" in refused("publish", "--all", code=4)
    assert not RECORDS.exists()
