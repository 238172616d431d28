"""A board as a markdown page and as plain data. Decides nothing: order and marks come with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from emobench.api.component import protocol_words
from emobench.boards.board import BOARD_SCHEMA, CONSTANT_NAME, Board, Row
from emobench.boards.table import markdown_table
from emobench.boards.text import HEAD as HEAD
from emobench.boards.text import code, escape, one_line, shorten
from emobench.boards.words import (
    NOTHING,
    count,
    duration,
    figure,
    heading,
    interval,
    mean,
    tally,
    title,
)
from emobench.runs.published import folder_of
from emobench.scoring.catalogue import METRICS

SECONDARY = ("macro_f1", "uar", "accuracy", "map", "micro_f1", "ccc", "mae", "rmse")
FIGURES = {"Score", *map(heading, METRICS), "Seeds", "Folds", "Train time", "Parameters", "ms/item"}
MOST_RECORDS_SHOWN = 3
MOST_SEEDS_SHOWN = 3
GUIDE = "../docs/how-to-read-a-board.md"
PICTURES = {
    "intervals": "Scores with their 95% intervals, by tier",
    "recalls": "Which share of each class was found",
    "costs": "Training time against score",
}

Table = list[dict[str, str]]


def render_board(
    board: Board, *, charts: Mapping[str, str] | None = None, published: bool = False
) -> str:
    """The board as a markdown page; `charts` holds the files of its pictures.

    Of `published` records the page names the files, and the guide that explains boards.
    """
    parts = [f"# {escape(board.title)}", HEAD, _about(board)]
    if board.note:
        parts.append(f"> {escape(board.note)}")
    parts += _caveats(board)
    parts.append(_tiers(board, published=published))
    parts.append(table_of([_cells(board, row) for row in _with_constant(board)]))
    for name, file in (charts or {}).items():
        parts.append(f"![{PICTURES[name]}]({file})")
    reasons = [_reason(board, row) for row in board.rows if row.state != "ok"]
    if reasons:
        parts += ["## What went wrong", "\n".join(reasons)]
    parts += [
        "## How to repeat it",
        _where(board, published=published),
        _copied(board),
        table_of([_origin(board, row) for row in board.rows]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def board_data(board: Board) -> dict[str, Any]:
    """The board as plain data, ready for JSON; `schema` rises when its shape changes."""
    rows = [
        {
            **asdict(row),
            "standing": row.standing.value,
            "interval": list(row.interval) if row.interval else None,
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
        "copy_seeds": list(board.copy_seeds),
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
        + _meaning_of_scores(board)
    )


def _meaning_of_scores(board: Board) -> str:
    scored = [row for row in board.rows if row.score is not None]
    if not any(row.pooled for row in scored):
        return (
            "A score is the mean over seeds, ± the standard deviation over seeds; a seed's score "
            "is the mean over its folds."
        )
    folds = " of all folds together" if board.folds > 1 else ""
    kept = "groups and seeds" if board.groups else "items and seeds"
    said = (
        f"A seed's score is that of the test items{folds}, each counted once; the score is the "
        f"mean over seeds, with its 95% interval over {kept}."
    )
    if all(row.pooled for row in scored):
        return said
    return f"{said} A score with ± has no predictions at hand: it is a mean over folds."


def _tiers(board: Board, *, published: bool) -> str:
    """What the tiers mean here, and what this test set is able to tell apart."""
    guide = f" See [how to read a board]({GUIDE})." if published else ""
    if not any(row.tier for row in board.rows):
        return guide.strip()
    said = "A tier holds the rows that cannot be told from its best one."
    if all(len(row.seed_scores) == 1 for row in board.rows if row.tier):
        said += " Every recipe has one seed, which tells none apart: others might turn them round."
    elif board.detectable is not None:
        held = [count(board.items, "item")]
        held += [count(board.groups, "group")] if board.groups else []
        shown = figure(board.detectable, metric=board.metric)
        points = f"{shown.removesuffix('%')} points" if shown.endswith("%") else shown
        said += (
            f" One comparison of two rows like these, planned beforehand, would find a difference "
            f"of about **{points}** in 4 of 5 cases ({' of '.join(held)}); among all pairs it "
            "takes more."
        )
    return said + guide


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
        **_place(board, row),
        "Recipe": name_of(board, row),
        "Score": score_words(board, row),
        **{heading(name): figure(row.metrics.get(name), metric=name) for name in _secondary(board)},
        "Seeds": _part(len(row.seed_scores), len(row.seeds)),
        "Folds": _part(row.folds, board.folds),
        "State": _states(row),
        "Audit": "**leaky**" if row.audit == "leaky" else row.audit,
        "Train time": duration(row.costs.train_s) if row.costs else NOTHING,
        "Parameters": f"{row.costs.parameters:,}" if row.costs else NOTHING,
        "ms/item": f"{row.costs.ms_per_item:.3g}" if row.costs else NOTHING,
    }


def _constant_cells(board: Board) -> dict[str, str]:
    constant = board.constant
    always = f": always {escape(constant.class_name)}" if constant.class_name else ""
    titles = ("Seeds", "Folds", "State", "Audit", "Train time", "Parameters", "ms/item")
    return {
        **_place(board, None),
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


def _place(board: Board, row: Row | None) -> dict[str, str]:
    """Tiers where there are any; without intervals a rank is all that can be said."""
    if any(each.tier for each in board.rows):
        return {"Tier": str(row.tier) if row is not None and row.tier else NOTHING}
    return {"#": str((board.rank_of(row) if row is not None else None) or NOTHING)}


def name_of(board: Board, row: Row) -> str:
    """The row's recipe, as it may stand on a page."""
    return escape(board.name_of(row))


def score_words(board: Board, row: Row) -> str:
    """The score with its interval, or else its spread, and whether it reaches 80%."""
    if row.interval is None:
        shown = mean(row.score, spread=row.spread, metric=board.metric)
    else:
        limits = interval(row.interval, metric=board.metric)
        shown = f"{figure(row.score, metric=board.metric)} {limits}"
    if not row.reaches_80:
        return shown
    return f"{shown} **80%+ firm**" if row.firm_80 else f"{shown} **80%+**"


def _states(row: Row) -> str:
    return row.state if len(row.states) == 1 else tally(row.states)


def _reason(board: Board, row: Row) -> str:
    total = sum(row.states.values())
    some = f" ({row.states[row.state]} of {total} runs)" if total > 1 else ""
    reason = escape(shorten(one_line(row.reason))) or "no reason was kept"
    return f"- {name_of(board, row)}: {row.state}{some}: {reason}"


def _where(board: Board, *, published: bool) -> str:
    if not published:
        return (
            "Commands with paths are for the folder of runs; a stored run is answered by its "
            "record."
        )
    folder = f"records/{folder_of(board.task)}"
    return (
        "Commands are for the folder that holds this one. A recipe's file is what was run, "
        f"whatever became of the shipped one since. The records lie in [{folder}]({folder})."
    )


def _copied(board: Board) -> str:
    """Where seeds come from that nobody chose."""
    if not board.copy_seeds:
        return ""
    shown = ", ".join(map(str, board.copy_seeds[:MOST_SEEDS_SHOWN]))
    more = ", …" if len(board.copy_seeds) > MOST_SEEDS_SHOWN else ""
    return (
        f"Seeds such as {shown}{more} are those of an ensemble's copies: where it holds a recipe "
        "more than once, the first copy has the ensemble's seed, and each further one a seed made "
        "from it. They are runs like others, and count in the rows of their recipes."
    )


def _origin(board: Board, row: Row) -> dict[str, str]:
    listed = " ".join(map(code, row.records))
    if len(row.records) > MOST_RECORDS_SHOWN:
        total = count(len(row.records), "record")
        listed = f"<details><summary>{total}</summary>{listed}</details>"
    return {"Recipe": name_of(board, row), "Command": code(row.command), "Records": listed}


def table_of(rows: Table) -> str:
    """A markdown table of cells by title; the titles are those of the first row."""
    return markdown_table(list(rows[0]), [list(row.values()) for row in rows], right=FIGURES)


def _part(done: int, whole: int) -> str:
    return str(whole) if done == whole else f"{done} of {whole}"
