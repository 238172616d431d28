"""Boards as markdown and as plain data. Decides nothing: order and marks come with the board."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from emobench.api.component import protocol_words
from emobench.boards.board import (
    BOARD_SCHEMA,
    CONSTANT_NAME,
    Board,
    Row,
    Standing,
)
from emobench.boards.text import board_file, code, escape, one_line, shorten
from emobench.boards.words import NOTHING, count, figure, heading, mean, tally, title
from emobench.scoring.catalogue import METRICS

SECONDARY = ("macro_f1", "uar", "accuracy", "map", "micro_f1", "ccc", "mae", "rmse")
HEAD = "Written by `emobench leaderboard`; edits are lost."
FIGURES = {"Score", *map(heading, METRICS), "Seeds", "Folds", "Train time", "Parameters", "ms/item"}

Table = list[dict[str, str]]


def render_board(board: Board) -> str:
    """The board as a markdown page."""
    parts = [f"# {escape(board.title)}", HEAD, _about(board)]
    if board.note:
        parts.append(f"> {escape(board.note)}")
    parts += _caveats(board)
    parts.append(_table([_cells(board, row) for row in _with_constant(board)]))
    reasons = [_reason(board, row) for row in board.rows if row.state != "ok"]
    if reasons:
        parts += ["## What went wrong", "\n".join(reasons)]
    parts += [
        "## How to repeat it",
        "Commands with paths are for the folder of runs; a stored run is answered by its record.",
        _table([_origin(board, row) for row in board.rows]),
    ]
    return "\n\n".join(parts) + "\n"


def render_index(boards: Sequence[Board]) -> str:
    """The page that lists every board, in the order given."""
    parts = ["# Leaderboards", HEAD]
    parts.append(_table([_summary(board) for board in boards]) if boards else "No boards yet.")
    return "\n\n".join(parts) + "\n"


def is_ours(page: str) -> bool:
    """Whether a page is one that this module rendered: below its title it says so."""
    return HEAD in page.splitlines()[:3]


def board_data(board: Board) -> dict[str, Any]:
    """The board as plain data, ready for JSON; `schema` rises when its shape changes."""
    rows = [
        {
            **asdict(row),
            "standing": row.standing.value,
            "seed_scores": {str(seed): score for seed, score in row.seed_scores.items()},
            "seeds": list(row.seeds),
            "records": list(row.records),
        }
        for row in board.rows
    ]
    return {
        **asdict(board),
        "schema": BOARD_SCHEMA,
        "targets": list(board.targets),
        "protocol": json.loads(json.dumps(dict(board.protocol), default=str)),
        "rows": rows,
    }


def _about(board: Board) -> str:
    split = f"Protocol: {escape(protocol_words(board.protocol))}"
    metric = METRICS.get(board.metric)
    meaning = f" ({metric.summary})" if metric else ""
    better = "lower" if metric and not metric.higher_is_better else "higher"
    return (
        f"Task version {board.version}. {split}. {_scored_on(board)}"
        f"Ranked by {escape(title(board.metric))}{meaning}; {better} is better. "
        "A score is the mean over seeds, ± the standard deviation over seeds; a seed's score is "
        "the mean over its folds."
    )


def _scored_on(board: Board) -> str:
    predicted = f"Predicted: {escape(', '.join(board.targets))}. "
    return f"{predicted}Data: {code(board.data[:12])}. " if board.data else predicted


def _caveats(board: Board) -> list[str]:
    caveats = []
    if board.mark:
        caveats.append(
            "Other boards have this task's name, but another version, protocol, target, metric "
            "or other data; their scores do not compare with these."
        )
    if board.repeated:
        caveats.append(
            f"{count(board.repeated, 'record')} left out: another run of the same recipe, seed "
            "and fold is shown in the place of each."
        )
    return caveats


def _with_constant(board: Board) -> list[Row | None]:
    """The rows, with None where the constant predictor stands."""
    rows: list[Row | None] = list(board.rows)
    rows.insert(board.constant_rank, None)
    return rows


def _cells(board: Board, row: Row | None) -> dict[str, str]:
    if row is None:
        return _constant_cells(board)
    return {
        "#": str(board.rank_of(row) or NOTHING),
        "Recipe": _name(board, row),
        "Score": _score(board, row),
        **{heading(name): figure(row.metrics.get(name), metric=name) for name in _secondary(board)},
        "Seeds": _part(len(row.seed_scores), len(row.seeds)),
        "Folds": _part(row.folds, board.folds),
        "State": _states(row),
        "Audit": "**leaky**" if row.audit == "leaky" else row.audit,
        "Train time": _duration(row.costs.train_s) if row.costs else NOTHING,
        "Parameters": f"{row.costs.parameters:,}" if row.costs else NOTHING,
        "ms/item": f"{row.costs.ms_per_item:.3g}" if row.costs else NOTHING,
    }


def _constant_cells(board: Board) -> dict[str, str]:
    constant = board.constant
    always = f": always {escape(constant.class_name)}" if constant.class_name else ""
    titles = ("Seeds", "Folds", "State", "Audit", "Train time", "Parameters", "ms/item")
    return {
        "#": NOTHING,
        "Recipe": f"*{CONSTANT_NAME}{always}*",
        "Score": figure(constant.score, metric=board.metric),
        **{
            heading(name): figure(constant.metrics.get(name), metric=name)
            for name in _secondary(board)
        },
        **dict.fromkeys(titles, NOTHING),
    }


def _secondary(board: Board) -> list[str]:
    """The figures that some row has, beside the one that ranks."""
    known = {name for row in board.rows for name in row.metrics}
    return [name for name in SECONDARY if name in known and name != board.metric]


def _name(board: Board, row: Row) -> str:
    return escape(board.name_of(row))


def _score(board: Board, row: Row) -> str:
    shown = mean(row.score, spread=row.spread, metric=board.metric)
    return f"{shown} **80%+**" if row.reaches_80 else shown


def _states(row: Row) -> str:
    return row.state if len(row.states) == 1 else tally(row.states)


def _reason(board: Board, row: Row) -> str:
    total = sum(row.states.values())
    some = f" ({row.states[row.state]} of {total} runs)" if total > 1 else ""
    reason = escape(shorten(one_line(row.reason))) or "no reason was kept"
    return f"- {_name(board, row)}: {row.state}{some}: {reason}"


def _origin(board: Board, row: Row) -> dict[str, str]:
    return {
        "Recipe": _name(board, row),
        "Command": code(row.command),
        "Records": " ".join(code(record) for record in row.records),
    }


def _summary(board: Board) -> dict[str, str]:
    honest = [row for row in board.rows if row.standing is Standing.HONEST]
    best = honest[0] if honest else None
    faulty = [row for row in board.rows if row.standing is Standing.NO_RESULT]
    leaky = [row for row in board.rows if row.standing is Standing.LEAKY]
    return {
        "Task": f"[{escape(board.title)}]({board_file(board.task, mark=board.mark)})",
        "Metric": title(board.metric),
        "Best honest recipe": _name(board, best) if best else NOTHING,
        "Score": _score(board, best) if best else NOTHING,
        "Constant predictor": figure(board.constant.score, metric=board.metric),
        "Recipes": str(len(board.rows)),
        "80%+": str(sum(row.reaches_80 for row in board.rows)),
        "Leaky": str(len(leaky)),
        "No result": tally(dict(sorted(Counter(row.state for row in faulty).items()))) or "0",
    }


def _table(rows: Table) -> str:
    titles = list(rows[0])
    lines = [titles, ["---:" if title in FIGURES else "---" for title in titles]]
    lines += [list(row.values()) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _part(done: int, whole: int) -> str:
    return str(whole) if done == whole else f"{done} of {whole}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
