"""Plain text: columns line up, figures read as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.cli.text import count, figure, table, title

cells = st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=8)


@pytest.mark.parametrize(
    ("value", "metric", "words"),
    [
        (0.5432, "uar", "54.3%"),
        (0.5432, "ccc", "0.543"),
        (1.0, "accuracy", "100.0%"),
        (0.5, "a metric of a plugin", "0.500"),
        (None, "uar", "-"),
    ],
)
def test_a_figure_is_in_percent_where_it_is_a_share(
    value: float | None, metric: str, words: str
) -> None:
    assert figure(value, metric=metric) == words


def test_titles_are_those_of_the_field() -> None:
    assert [title("uar"), title("macro_f1"), title("mae")] == ["UAR", "macro F1", "mae"]


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


def test_counts_agree_in_number() -> None:
    assert [count(0, "run"), count(1, "run"), count(2, "run")] == ["0 runs", "1 run", "2 runs"]
