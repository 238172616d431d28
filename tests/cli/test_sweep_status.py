"""`emobench sweep status`: what it says is to be done next, on trials in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.sweeps.folder import SweepFolder

Command = Callable[..., Any]
RESUME = "emobench sweep --resume --name q"


@pytest.fixture
def quick(folder: Path, engine: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A sweep of two trials, which nothing trains."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    given = ("--trials", "2", "--name", "q", "--search", "random", "--warm-start", "none")
    return ("sweep", "table.yaml", *given, "--stop", "none")


def last_words(emobench: Command) -> list[str]:
    page: str = emobench("sweep", "status", "q").out
    return page.rpartition("\n\n")[2].splitlines()


def test_a_sweep_that_is_over_goes_on_with_more_trials_alone(
    emobench: Command, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--final-seeds", "0")
    assert last_words(emobench) == [f"over; `{RESUME} --trials N` goes on with more trials"]


def test_a_finale_that_may_have_been_cut_short_is_told(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--final-seeds", "0")
    engine.most = 0
    emobench(*quick, "--final-seeds", "9")
    assert last_words(emobench) == [
        f"over; `{RESUME} --trials N` goes on with more trials",
        f"if its finale was cut short: {RESUME}",
    ]


def test_a_sweep_with_trials_left_goes_on_as_it_is(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    engine.most = 1
    emobench(*quick)
    assert last_words(emobench) == [f"go on with it: {RESUME}"]


def test_a_journal_that_is_not_there_is_not_named(
    emobench: Command, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--final-seeds", "0")
    journal = SweepFolder(Path("runs"), "q").journal
    assert f"journal {journal}" in emobench("sweep", "status", "q").out
    journal.unlink()
    assert "journal" not in emobench("sweep", "status", "q").out
