"""Plain text: columns line up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.cli.text import shortened, table

cells = st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=8)


@given(st.lists(st.tuples(cells, cells, cells), max_size=4))
def test_every_cell_stands_below_its_head(rows: list[tuple[str, str, str]]) -> None:
    lines = table(["a", "bb", "c"], rows, right=["bb"])
    bars = lines[1].split("  ")
    starts = [0, len(bars[0]) + 2, len(bars[0]) + len(bars[1]) + 4]
    for row, line in zip(rows, lines[2:], strict=True):
        padded = line.ljust(sum(map(len, bars)) + 4)
        found = [
            padded[start : start + len(bar)].strip()
            for start, bar in zip(starts, bars, strict=True)
        ]
        assert found == list(row)


def test_a_table_without_rows_is_its_head() -> None:
    assert table(["name"], []) == ["name", "----"]


def test_a_table_keeps_within_a_terminal_and_is_whole_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = "x" * 100
    monkeypatch.setattr("emobench.cli.text.terminal_width", lambda: None)
    assert shortened([line]) == [line]
    monkeypatch.setattr("emobench.cli.text.terminal_width", lambda: 60)
    assert shortened([line]) == ["x" * 59 + "…"]
