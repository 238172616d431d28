"""The trials of a sweep as rows of its journal."""

from __future__ import annotations

from typing import Any

import pytest

from emobench.sweeps.journal import Asked, Ended, Event, Heard
from emobench.sweeps.rows import TrialRow, best_row, front, rows_of
from emobench.sweeps.trial import Report, TrialEnd


def asked(trial: int) -> Asked:
    return Asked(trial=trial, values={"a": trial}, origin="searched")


def heard(trial: int, epoch: int, validation: float, *, seconds: float = 2.0) -> Heard:
    report = Report(epoch=epoch, epochs=9, validation=validation, seconds=seconds)
    return Heard(trial=trial, report=report)


def ended(trial: int, **changes: Any) -> Ended:
    return Ended(trial=trial, end=TrialEnd(**{"state": "ok", "validation": 0.5, **changes}))


def row(trial: int, validation: float | None, **changes: Any) -> TrialRow:
    values = {"state": "ok", "origin": "searched", "values": {}, **changes}
    return TrialRow(trial=trial, validation=validation, **values)


def test_a_trial_under_way_stands_where_it_was_last_heard_of() -> None:
    (only,) = rows_of([asked(0), heard(0, 1, 0.2), heard(0, 2, 0.3)])
    assert (only.state, only.epochs, only.validation, only.seconds) == (None, 2, 0.3, 2.0)


def test_a_stopped_trial_keeps_its_last_figure_and_a_failed_one_has_none() -> None:
    events: list[Event] = [asked(0), heard(0, 2, 0.3), ended(0, state="stopped", validation=None)]
    events += [asked(1), heard(1, 2, 0.4), ended(1, state="failed", validation=None, reason="x")]
    stopped, failed = rows_of(events)
    assert (stopped.state, stopped.validation, stopped.epochs) == ("stopped", 0.3, 2)
    assert (failed.state, failed.validation, failed.reason) == ("failed", None, "x")


def test_the_first_end_of_a_trial_counts() -> None:
    (only,) = rows_of([asked(0), ended(0, validation=0.6), ended(0, validation=0.9)])
    assert only.validation == 0.6


def test_the_best_was_trained_to_its_end_and_is_the_earliest_of_equals() -> None:
    rows = [
        row(0, 0.5),
        row(1, 0.7),
        row(2, 0.7),
        row(3, 0.9, state="stopped"),
        row(4, None, state="failed"),
        row(5, 0.2, state="collapsed"),
    ]
    best, worst = best_row(rows, sign=1), best_row(rows, sign=-1)
    assert best is not None
    assert worst is not None
    assert (best.trial, worst.trial) == (1, 5)
    assert best_row(rows[3:5], sign=1) is None


@pytest.mark.parametrize(("sign", "found"), [(1, [2, 0, 1]), (-1, [2])])
def test_the_front_leaves_out_what_another_beats_in_both(sign: int, found: list[int]) -> None:
    rows = [
        row(0, 0.6, cost=2.0),
        row(1, 0.8, cost=5.0),
        row(2, 0.3, cost=1.0),
        row(3, 0.5, cost=3.0),
        row(4, 0.99, cost=None),
        row(5, 0.99, cost=0.1, state="stopped"),
    ]
    assert [each.trial for each in front(rows, sign=sign)] == found


RESUMED = [asked(0), heard(0, 1, 0.2, seconds=3.0), heard(0, 2, 0.2, seconds=4.0)]
RESUMED += [heard(0, 3, 0.2, seconds=1.0), heard(0, 4, 0.2, seconds=2.5)]


def test_a_trial_that_went_on_in_a_new_process_counts_the_seconds_of_both() -> None:
    (only,) = rows_of(RESUMED)
    assert only.seconds == 6.5


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({"state": "ok", "seconds": 7.0}, 7.0),
        ({"state": "ok"}, 6.5),
        ({"state": "stopped", "seconds": 2.5}, 6.5),
        ({"state": "failed", "seconds": 3.0}, 7.0),
        ({"state": "failed", "seconds": 0.5}, 7.0),
        ({"state": "failed"}, 6.5),
    ],
    ids=["whole", "not told", "as last heard", "went on", "in a third process", "died"],
)
def test_an_end_counts_each_attempt_once(changes: dict[str, Any], seconds: float) -> None:
    (only,) = rows_of([*RESUMED, ended(0, **changes)])
    assert only.seconds == seconds
