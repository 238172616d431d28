"""How the table of trials is laid out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from emobench.cli.sweep_report import _trial_table
from emobench.sweeps.search import TrialEnd


@pytest.fixture
def end() -> TrialEnd:
    """A trial with far more drawn than a line of a terminal has room for."""
    drawn = {f"techniques.mixup.option{number}": 0.123 for number in range(20)}
    trial: Any = SimpleNamespace(index=1, drawn=drawn)
    return TrialEnd(trial=trial, state="ok", validation=0.5)


def test_in_a_pipe_the_table_is_whole(end: TrialEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emobench.cli.sweep_report.terminal_width", lambda: None)
    assert _trial_table([end], metric="uar")[-1].endswith("techniques.mixup.option19=0.123")


def test_on_a_terminal_the_table_keeps_within_it(
    end: TrialEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    last = _trial_table([end], metric="uar")[-1]
    assert (len(last), last[-1]) == (60, "…")
