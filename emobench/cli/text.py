"""Plain text for a terminal or a log: tables, figures, JSON. Loads nothing heavy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from emobench.scoring.catalogue import METRICS

JSON_SCHEMA = 1
"""Rises when the shape of any `--json` document changes."""
NOTHING = "-"
TITLES = {"uar": "UAR", "macro_f1": "macro F1", "weighted_f1": "weighted F1", "map": "mAP"}


def title(metric: str) -> str:
    """A metric as a column says it."""
    return TITLES.get(metric, metric)


def figure(value: float | None, *, metric: str) -> str:
    """A metric's value, in percent where it is a share."""
    if value is None:
        return NOTHING
    return percent(value) if metric in METRICS and METRICS[metric].percent else f"{value:.3f}"


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * share:.1f}%"


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()
) -> list[str]:
    """Lines of a table whose columns are aligned; those named in `right` to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        parts = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for cell, width, name in zip(cells, widths, head, strict=True)
        ]
        return "  ".join(parts).rstrip()

    return [line(head), line(["-" * width for width in widths]), *map(line, rows)]


def print_lines(lines: Sequence[str]) -> None:
    """Print on stdout."""
    for line in lines:
        click.echo(line)


def print_json(document: dict[str, Any]) -> None:
    """Print the one JSON document of a command, its version first."""
    click.echo(json.dumps({"schema": JSON_SCHEMA, **document}, indent=1))


def count(number: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
