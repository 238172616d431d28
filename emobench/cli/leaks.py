"""The leak premium at the end of `emobench run`: as lines, and as data for `--json`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emobench.boards.premium import (
    NOTE,
    LeakTable,
    premium_words,
    protocols_of,
    score_words,
)
from emobench.boards.words import title
from emobench.cli.text import table, terminal_width, wrapped

if TYPE_CHECKING:
    from emobench.runs.record import Record


def leak_tables(records: Iterable[Record], *, runs: Path) -> tuple[LeakTable, ...]:
    """A table for every recipe that ran on an honest and on a leaky protocol of a dataset."""
    told = list(records)
    if not _both_kinds(told):
        return ()
    from emobench.boards.evidence import gather
    from emobench.cli.predicted import with_predictions

    return tuple(each.table() for each in protocols_of(gather(with_predictions(told, runs=runs))))


def leak_lines(tables: Sequence[LeakTable]) -> list[str]:
    """One table for each dataset and metric, with a word on what the intervals mean."""
    lines: list[str] = []
    for dataset, metric in dict.fromkeys((one.dataset, one.metric) for one in tables):
        alike = [one for one in tables if (one.dataset, one.metric) == (dataset, metric)]
        head = ["recipe", "task", "audit", title(metric), "leak premium"]
        rows = [row for one in alike for row in _rows(one)]
        lines += ["", f"{dataset}, what leaking is worth:", *table(head, rows, right=head[3:])]
    return [*lines, *wrapped(NOTE, width=terminal_width())] if lines else []


def leak_data(tables: Sequence[LeakTable]) -> list[dict[str, Any]]:
    """The tables as plain data."""
    return [asdict(one) for one in tables]


def _both_kinds(records: Sequence[Record]) -> bool:
    """Whether some recipe has an honest and a leaky run: predictions are read for these alone."""
    leaky = {record.audit.verdict == "leaky" for record in records if record.data is not None}
    return len(leaky) > 1


def _rows(one: LeakTable) -> list[list[str]]:
    return [
        [
            one.recipe if place == 0 else "",
            score.task,
            score.audit,
            score_words(score, metric=one.metric),
            premium_words(score.premium, metric=one.metric),
        ]
        for place, score in enumerate(one.scores)
    ]
