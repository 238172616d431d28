"""Boards and their index as lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emobench.api.component import protocol_words
from emobench.boards.board import CONSTANT_NAME
from emobench.boards.text import one_line
from emobench.boards.words import NOTHING, figure, interval, mean, tally, title
from emobench.cli.text import table

if TYPE_CHECKING:
    from emobench.boards.board import Board, Row
    from emobench.boards.index import IndexLine

OTHERS = ("uar", "macro_f1", "accuracy")


def index_lines(lines: Sequence[IndexLine]) -> list[str]:
    """One line a board: its best honest row, and how many reach 80%, collapsed or leak."""
    head = ["task", "best honest recipe", "score", "recipes", "80%+", "collapsed", "leaky"]
    rows = [
        [
            one_line(line.title),
            one_line(line.best),
            _best_score(line),
            str(line.recipes),
            line.reaching,
            str(line.collapsed),
            str(line.leaky),
        ]
        for line in lines
    ]
    return table(head, rows, right=head[3:])


def _best_score(line: IndexLine) -> str:
    if line.score == NOTHING:
        return NOTHING
    return f"{one_line(line.metric)} {line.score.replace('**', '')}"


def board_lines(board: Board) -> list[str]:
    """A board, with the reasons of rows that did not end well."""
    others = [
        name
        for name in OTHERS
        if name != board.metric and any(name in row.metrics for row in board.rows)
    ]
    tiered = any(row.tier for row in board.rows)
    head = ["tier" if tiered else "#", "recipe", title(board.metric), *map(title, others)]
    head += ["seeds", "state", "audit"]
    rows = [_cells(board, row, others, tiered=tiered) for row in board.rows]
    constant = board.constant
    rows.insert(
        board.constant_rank,
        [
            NOTHING,
            CONSTANT_NAME + (f" ({constant.class_name})" if constant.class_name else ""),
            figure(constant.score, metric=board.metric),
            *(figure(constant.metrics.get(name), metric=name) for name in others),
            *[NOTHING] * 3,
        ],
    )
    lines = [f"{board.task} (version {board.version}), ranked by {title(board.metric)}"]
    if board.mark:
        data = f", data {board.data[:12]}" if board.data else ""
        lines.append(f"board {board.mark}: {protocol_words(board.protocol)}{data}")
    lines += ["", *table(head, rows, right=[*head[:1], *head[2:-2]])]
    reasons = [
        f"  {board.name_of(row)}: {row.state}: {row.reason}" for row in board.rows if row.reason
    ]
    return [*lines, *(["", *reasons] if reasons else [])]


def _cells(board: Board, row: Row, others: Sequence[str], *, tiered: bool) -> list[str]:
    mark = " 80%+ firm" if row.firm_80 else " 80%+" if row.reaches_80 else ""
    return [
        str((row.tier if tiered else board.rank_of(row)) or NOTHING),
        board.name_of(row) + mark,
        _score(board, row),
        *(figure(row.metrics.get(name), metric=name) for name in others),
        str(len(row.seed_scores)),
        tally(row.states) + ("" if row.folds in (0, board.folds) else _partly(row, board)),
        row.audit,
    ]


def _score(board: Board, row: Row) -> str:
    if row.interval is None:
        return mean(row.score, spread=row.spread, metric=board.metric)
    shown = figure(row.score, metric=board.metric)
    return f"{shown} {interval(row.interval, metric=board.metric)}"


def _partly(row: Row, board: Board) -> str:
    return f", {row.folds} of {board.folds} folds"
