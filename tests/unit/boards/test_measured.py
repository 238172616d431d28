"""What the records say of one component."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emobench.boards.board import Standing
from emobench.boards.measured import Measured, measured_with
from emobench.runs.record import Provenance, Record

MakeRecord = Callable[..., Record]
WITH = {"loss/focal": "acme-losses 1.0", "optimizer/adamw": "acme 1.0"}


@pytest.fixture
def used(record: MakeRecord) -> MakeRecord:
    """A record of a run with these components."""

    def make(recipe: str, components: dict[str, str] | None = None, **changes: Any) -> Record:
        stamp = Provenance(
            emobench="1", api=2, python="3", components=WITH if components is None else components
        )
        return replace(record(recipe, **changes), provenance=stamp)

    return make


def found(*records: Record) -> tuple[Measured, ...]:
    return measured_with(records, component="loss/focal", package="acme-losses")


def test_mean_and_spread_are_over_seeds(used: MakeRecord) -> None:
    scores = [0.5, 0.65, 0.71]
    (one,) = found(*(used("a", uar=score, seed=seed) for seed, score in enumerate(scores)))
    assert one.score == pytest.approx(statistics.mean(scores))
    assert one.spread == pytest.approx(statistics.stdev(scores))
    assert (one.runs, one.seeds, one.metric, one.standing) == (3, 3, "uar", Standing.HONEST)


def test_one_seed_has_no_spread(used: MakeRecord) -> None:
    (one,) = found(used("a", uar=0.5))
    assert (one.score, one.spread) == (0.5, None)


def test_runs_without_the_component_do_not_count(used: MakeRecord, record: MakeRecord) -> None:
    other = {"loss/cross_entropy": "acme-losses 1.0"}
    assert found(used("a", other), record("b")) == ()


def test_the_same_name_from_another_package_does_not_count(used: MakeRecord) -> None:
    assert found(used("a", {"loss/focal": "poser 1.0"})) == ()
    assert len(found(used("a", {"loss/focal": "acme-losses 2.0"}))) == 1


def test_every_end_of_a_run_is_counted(used: MakeRecord) -> None:
    (one,) = found(
        used("a", uar=0.7, seed=0),
        used("a", uar=0.2, seed=1, state="collapsed"),
        used("a", uar=None, seed=2, state="failed"),
    )
    assert one.states == {"ok": 1, "collapsed": 1, "failed": 1}
    assert one.runs == 3
    assert one.standing is Standing.NO_RESULT


def test_a_recipe_without_any_score_is_told_without_one(used: MakeRecord) -> None:
    (one,) = found(used("a", uar=None, state="failed"))
    assert (one.score, one.spread, one.seeds) == (None, None, 0)


def test_a_leaky_score_is_marked_and_stands_below(used: MakeRecord) -> None:
    rows = found(used("leaks", uar=0.99, audit="leaky"), used("honest", uar=0.4))
    assert [(row.recipe, row.standing) for row in rows] == [
        ("honest", Standing.HONEST),
        ("leaks", Standing.LEAKY),
    ]


def test_each_task_is_told_apart(used: MakeRecord) -> None:
    rows = found(used("a", task={"name": "b/x"}), used("a", task={"name": "a/x"}))
    assert [row.task for row in rows] == ["a/x", "b/x"]


def test_the_note_of_the_data_goes_along(used: MakeRecord) -> None:
    (one,) = found(used("a", note="A test bench."))
    assert one.note == "A test bench."
