"""Boards on a terminal: names come from strangers, and none may act on it."""

from __future__ import annotations

from emobench.boards.index import IndexLine
from emobench.cli.leaderboard_terminal import index_lines


def test_no_name_in_the_index_acts_on_the_terminal() -> None:
    evil = "a\x1b[31m\nb"
    line = IndexLine(
        title=evil,
        file="a.md",
        metric=evil,
        best=evil,
        score="81.0%",
        constant="12.5%",
        recipes=1,
        reaching="0",
        collapsed=0,
        leaky=0,
        failed="0",
    )
    last = index_lines([line])[-1]
    assert last.split()[:10] == ["a", "[31m", "b", "a", "[31m", "b", "a", "[31m", "b", "81.0%"]
