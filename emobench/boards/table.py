"""Markdown tables of cells that are safe already."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def markdown_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str] = ()
) -> str:
    """A markdown table; the columns named in `right` are aligned to the right."""
    rule = ["---:" if title in right else "---" for title in head]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))
