"""Counts, the best so far and the time left of a sweep at work, and how they are drawn."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from emobench.cli.sweep_live import MOST_SHOWN, Live
from emobench.cli.sweep_progress import Lines
from emobench.cli.sweep_tally import Tally, end_line, values_words
from emobench.sweeps.rows import TrialRow
from emobench.sweeps.trial import Report, TrialEnd


def trial(index: int) -> Any:
    return SimpleNamespace(index=index, values={"optimizer.lr": 0.00123, "loss": "focal"})


def tally(*rows: TrialRow, trials: int = 10, sign: int = 1) -> Tally:
    return Tally(rows, trials=trials, metric="uar", sign=sign)


def row(index: int, **changes: Any) -> TrialRow:
    return TrialRow(trial=index, origin="searched", values={}, **changes)


def test_time_left_is_by_the_trials_of_this_call_alone() -> None:
    counted = tally(row(0, state="ok", validation=0.5), row(1, state="failed"), row(2))
    assert counted.counts(110.0) == "2/10 trials, 1 ok, 1 failed"
    counted.began(trial(2), now=100.0)
    counted.ended(trial(2), TrialEnd(state="ok", validation=0.4))
    assert counted.seconds_left(110.0) == pytest.approx(70.0)
    assert counted.counts(110.0) == "3/10 trials, 2 ok, 1 failed, 1:10 left"


def test_a_trial_that_was_interrupted_is_not_over() -> None:
    counted = tally()
    counted.began(trial(0))
    counted.ended(trial(0), TrialEnd(state="interrupted"))
    assert (counted.over, counted.running) == (0, {})


def test_the_best_is_the_earliest_of_equals_that_were_trained_to_their_end() -> None:
    counted = tally(row(0, state="ok", validation=0.5))
    for index, state, value in ((1, "stopped", 0.9), (2, "collapsed", 0.6), (3, "ok", 0.6)):
        counted.ended(trial(index), TrialEnd(state=state, validation=value))
    assert counted.best() == "best so far: trial 2, UAR 60.0% on validation"


def test_of_an_error_less_is_better() -> None:
    counted = tally(row(0, state="ok", validation=0.5), row(1, state="ok", validation=0.3), sign=-1)
    assert counted.leader is not None
    assert counted.leader.trial == 1


def test_a_line_tells_state_figure_what_was_reduced_and_the_reasons_first_line() -> None:
    end = TrialEnd(state="ok", validation=0.5, reduced="batch 64 as 2 x 32")
    assert end_line(3, end, metric="uar") == (
        "trial 3: ok, validation UAR 50.0% (batch 64 as 2 x 32)"
    )
    failed = TrialEnd(state="failed", reason="it broke\nhere")
    assert end_line(4, failed, metric="uar") == "trial 4: failed: it broke"


def test_values_are_short_in_a_line() -> None:
    values = {"a": 0.0012345, "b": [8, 16], "c": None, "d": True}
    assert values_words(values) == "a=0.00123  b=[8,16]  c=none  d=True"


def test_a_log_has_no_line_for_a_trial_that_goes_on() -> None:
    stream = io.StringIO()
    lines = Lines(tally(), stream=stream)
    lines.began(trial(0))
    lines.ended(trial(0), TrialEnd(state="interrupted", reason="its worker died"))
    assert stream.getvalue() == ""


def drawn(live: Live) -> list[str]:
    page = io.StringIO()
    Console(file=page, width=80).print(live.picture())
    return [line.rstrip() for line in page.getvalue().splitlines()]


def test_the_live_table_has_a_row_for_each_trial_under_way() -> None:
    live = Live(tally(), stream=io.StringIO(), name="first")
    for index in range(3):
        live.began(trial(index))
    live.heard(trial(1), Report(epoch=2, epochs=9, validation=0.613))
    live.ended(trial(2), TrialEnd(state="ok", validation=0.5))
    lines = drawn(live)
    assert lines[0].startswith("sweep first: 1/10 trials, 2 running, 1 ok, ")
    assert lines[1] == "best so far: trial 2, UAR 50.0% on validation"
    assert [line.split() for line in lines[3:]] == [
        ["0", "–", "–", "as", "it", "stands"],
        ["1", "2/9", "61.3%", "optimizer.lr=0.00123", "loss=focal"],
    ]


def test_the_live_table_of_many_trials_keeps_on_the_screen() -> None:
    live = Live(tally(trials=99), stream=io.StringIO(), name="first")
    for index in range(MOST_SHOWN + 5):
        live.began(trial(index))
    assert drawn(live)[-1] == "and 5 more"


def test_what_went_wrong_stays_above_the_live_table() -> None:
    stream = io.StringIO()
    live = Live(tally(), stream=stream, name="first")
    live.ended(trial(0), TrialEnd(state="failed", reason="[red]it broke[/]"))
    live.ended(trial(1), TrialEnd(state="stopped", reason="others did better"))
    assert stream.getvalue() == "trial 0: failed: [red]it broke[/]\n"
