"""What a user sees while a run is at work."""

from __future__ import annotations

import io
import re
import types
from typing import Any

import pytest

from emobench.api import ProtocolOptions
from emobench.cli.bars import Bars
from emobench.cli.progress import Progress, choose_progress, clock, figures, step_figures
from emobench.runs.listener import StepReport

REPORT = StepReport(
    epoch=2, epochs=4, step=5, steps=10, loss=1.25, accuracy=0.5, learning_rate=0.002
)


@pytest.fixture
def plan() -> Any:
    return types.SimpleNamespace(
        recipe=types.SimpleNamespace(name="toy"),
        task=types.SimpleNamespace(name="t/x", metric="uar", protocol=ProtocolOptions()),
        seed=3,
        fold=0,
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_bars_and_a_log_plain_lines() -> None:
    assert isinstance(choose_progress(plain=False, stream=Terminal()), Bars)
    assert not isinstance(choose_progress(plain=False, stream=io.StringIO()), Bars)


def test_json_gets_plain_lines_even_on_a_terminal() -> None:
    assert not isinstance(choose_progress(plain=True, stream=Terminal()), Bars)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (61.4, "1:01"), (3600, "1:00:00"), (86399, "23:59:59")]
)
def test_a_clock_reads_as_people_write_time(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_figures_show_those_that_there_are() -> None:
    row = {"train_loss": 1.0, "validation_ccc": 0.25, "learning_rate": 0.001, "other": 3.0}
    assert figures(row, metric="ccc") == ["loss 1.0000", "validation CCC 0.250", "rate 1.00e-03"]


def test_a_step_without_accuracy_shows_none() -> None:
    report = StepReport(
        epoch=1, epochs=1, step=1, steps=1, loss=2.0, accuracy=None, learning_rate=0.1
    )
    assert step_figures(report) == ["loss 2.0000", "rate 1.00e-01"]


def test_the_data_stage_is_told_in_quarters(plan: Any) -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begin_run(plan, number=1, total=1)
    for done in range(1, 101):
        progress.progress(done, 100)
    lines = [line for line in stream.getvalue().splitlines() if line.startswith("data")]
    assert lines == [f"data: {done} of 100 items" for done in (25, 50, 75, 100)]


def test_time_left_counts_only_epochs_seen_by_this_process(
    plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([100.0, 102.0])
    monkeypatch.setattr("emobench.cli.progress.time.monotonic", lambda: next(now))
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begin_run(plan, number=1, total=1)
    progress.epoch(50, 60, {})
    progress.epoch(51, 60, {})
    assert stream.getvalue().splitlines()[1:] == ["epoch 50/60", "epoch 51/60  0:18 left"]


def test_every_training_of_a_run_counts_its_own_time_and_data(
    plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([100.0, 102.0, 200.0, 201.0])
    monkeypatch.setattr("emobench.cli.progress.time.monotonic", lambda: next(now))
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begin_run(plan, number=1, total=1)
    for _ in range(2):
        progress.stage("data")
        progress.progress(10, 10)
        progress.epoch(1, 3, {})
        progress.epoch(2, 3, {})
    assert stream.getvalue().splitlines()[1:] == [
        *("data", "data: 10 of 10 items", "epoch 1/3", "epoch 2/3  0:02 left"),
        *("data", "data: 10 of 10 items", "epoch 1/3", "epoch 2/3  0:01 left"),
    ]


def test_bars_of_a_second_training_start_over(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    with Bars(Terminal()) as bars:
        bars.begin_run(plan, number=1, total=1)
        for epochs in (50, 4):
            bars.stage("data", "t/x")
            bars.epoch(1, epochs, {})
        (bar,) = bars._display.tasks
        assert (bar.completed, bar.total) == (1, 4)


def test_a_run_that_was_stored_has_not_worked(plan: Any) -> None:
    progress = Progress(io.StringIO())
    progress.begin_run(plan, number=1, total=1)
    assert not progress.worked
    progress.stage("data")
    assert progress.worked


@pytest.mark.parametrize("columns", ["80", "160"])
def test_bars_show_epoch_loss_accuracy_rate_and_time_left(
    plan: Any, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", columns)
    stream = Terminal()
    with choose_progress(plain=False, stream=stream) as bars:
        bars.begin_run(plan, number=1, total=1)
        bars.stage("data", "t/x")
        bars.progress(3, 10)
        bars.step(REPORT)
        bars.epoch(2, 4, {"validation_uar": 0.5})
    shown = stream.getvalue()
    assert "3 of 10 items" in shown
    assert "loss 1.2500  accuracy 50.0%  rate 2.00e-03  validation UAR 50.0%" in shown
    assert re.search(r"epoch 2/4 .*(-:--:--|0:00:0\d).* left\n", shown)


def test_bars_name_the_stage_while_there_are_no_figures(
    plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with choose_progress(plain=False, stream=stream) as bars:
        bars.begin_run(plan, number=1, total=1)
        bars.stage("data", "t/x")
    assert "data: t/x" in stream.getvalue()


def test_bars_obey_no_color(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")

    def colours() -> set[str]:
        stream = Terminal()
        with choose_progress(plain=False, stream=stream) as bars:
            bars.begin_run(plan, number=1, total=1)
            bars.epoch(1, 4, {})
        return set(re.findall(r"\x1b\[([0-9;]*)m", stream.getvalue())) - {"0"}

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colours()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours()


def test_the_last_epoch_has_no_time_left(plan: Any) -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begin_run(plan, number=1, total=1)
    progress.epoch(1, 2, {})
    progress.epoch(2, 2, {})
    assert stream.getvalue().splitlines()[1:] == ["epoch 1/2", "epoch 2/2"]
