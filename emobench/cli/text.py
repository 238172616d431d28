"""Plain text for a terminal or a log: tables and JSON. Loads nothing heavy."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Sequence
from typing import Any

import click

JSON_SCHEMA = 1
"""Rises when the shape of any `--json` document changes."""


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


def terminal_width() -> int | None:
    """How many columns the terminal has; None where the output goes to a file or a pipe."""
    return shutil.get_terminal_size(fallback=(0, 0)).columns or None


def shortened(lines: Sequence[str]) -> list[str]:
    """The lines as far as a terminal has room; whole in a pipe."""
    width = terminal_width()
    if width is None:
        return list(lines)
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]


def wrapped(text: str, *, width: int | None, indent: str = "", hanging: str = "") -> list[str]:
    """The text in lines of that width, broken at spaces alone; `hanging` begins all but the first.

    Flow YAML stays the same YAML.
    """
    if width is None:
        return [indent + text]
    lines = textwrap.wrap(
        text,
        max(width, 20),
        initial_indent=indent,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [""]


def print_lines(lines: Sequence[str]) -> None:
    """Print on stdout."""
    for line in lines:
        click.echo(line)


def print_json(document: dict[str, Any]) -> None:
    """Print the one JSON document of a command, its version first."""
    click.echo(json.dumps({"schema": JSON_SCHEMA, **document}, indent=1))
