"""`emobench leaderboard`: the boards of everything that was run."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from emobench.api import EmobenchError, RecipeError, UsageError
from emobench.api.component import protocol_words
from emobench.boards.board import CONSTANT_NAME
from emobench.boards.words import NOTHING, count, figure, mean, tally, title
from emobench.cli import flags
from emobench.cli.text import print_json, print_lines, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from emobench.boards.board import Board, Row
    from emobench.registry import Registry
    from emobench.runs.record import TaskStamp
    from emobench.runs.store import Scan

DEFAULT_OUT = Path("leaderboards")
INDEX_PAGE = "README.md"
OTHERS = ("uar", "macro_f1", "accuracy")


@click.command(short_help="Rank everything that was run.")
@flags.runs
@click.option(
    "--out",
    type=flags.FOLDER,
    metavar="DIR",
    help="Write one markdown page a task, and an index.",
)
@click.option(
    "--check",
    is_flag=True,
    help=f"Write nothing; fail where the pages in --out (or {DEFAULT_OUT}) are out of date.",
)
@flags.as_json
def leaderboard(runs: Path, out: Path | None, check: bool, as_json: bool) -> None:
    """Rank every recipe that was run, task by task; failed and collapsed ones stay, with reasons.

    \b
    Examples:
      emobench leaderboard
      emobench leaderboard --out leaderboards
      emobench leaderboard --check
    """
    from emobench.boards.rank import build_boards
    from emobench.registry import load_registry
    from emobench.runs.store import RunStore

    _refuse_missing(runs)
    scan = RunStore(runs).scan()
    for damaged in scan.damaged:
        click.echo(f"warning: left out {damaged.path}: {damaged.reason}", err=True)
    registry = load_registry()
    boards = build_boards(scan.records, shipped=_shipped(registry), offered=_offered(registry))
    if as_json:
        from emobench.boards.render import board_data

        print_json({"boards": [board_data(board) for board in boards]})
    if check:
        lines = _check(_pages(boards), runs=runs, out=out or DEFAULT_OUT)
    elif out is not None:
        lines = _write(_pages(boards), runs=runs, out=out)
    else:
        lines = _shown(boards, runs=runs, scan=scan)
    if not as_json:
        print_lines(lines)


def _refuse_missing(runs: Path) -> None:
    """A folder that the user named must be there; the default one need not be yet."""
    named = click.get_current_context().get_parameter_source("runs")
    if named is not ParameterSource.DEFAULT and not os.path.lexists(runs):
        raise UsageError(
            f"there is no folder {runs}; give the folder of records with --runs DIR, the one that "
            "`emobench run` was given"
        )


def _shipped(registry: Registry) -> dict[str, Mapping[str, Any]]:
    """What the shipped recipes resolve to; one that does not load here has no row to name."""
    from emobench.recipes.load import load_recipes, shipped_recipes

    resolved: dict[str, Mapping[str, Any]] = {}
    for name in shipped_recipes():
        try:
            (recipe,) = load_recipes([name], registry=registry)
            resolved[name] = recipe.dump()
        except RecipeError:
            continue
    return resolved


def _offered(registry: Registry) -> list[TaskStamp]:
    """The tasks of installed datasets, as the record of their first fold stamps them."""
    from emobench.data.protocols import fold_count
    from emobench.data.tasks import find_task, list_tasks
    from emobench.runs.record import TaskStamp

    tasks = []
    for listed in list_tasks(registry):
        with suppress(EmobenchError):
            tasks.append(find_task(listed.name, registry=registry))
    return [
        TaskStamp(
            name=task.name,
            version=task.version,
            metric=task.metric,
            protocol=task.protocol.dump(),
            targets=task.targets,
            folds=fold_count(task.protocol),
        )
        for task in tasks
    ]


def _pages(boards: Sequence[Board]) -> dict[str, str]:
    from emobench.boards.render import render_board, render_index
    from emobench.boards.text import board_file

    pages = {board_file(board.task, mark=board.mark): render_board(board) for board in boards}
    return {**pages, INDEX_PAGE: render_index(boards)}


def _check(pages: Mapping[str, str], *, runs: Path, out: Path) -> list[str]:
    from emobench.runs.files import explained

    with explained(out, what="folder of boards", flag="--out"):
        faults = {
            "missing": [name for name in pages if not (out / name).is_file()],
            "out of date": [
                name
                for name, text in pages.items()
                if (out / name).is_file() and _read(out / name) != text
            ],
            "left over": _leftovers(pages, out),
        }
    told = [f"{fault} in {out}: {', '.join(names)}" for fault, names in faults.items() if names]
    if told:
        command = f"emobench leaderboard --runs {quote(str(runs))} --out {quote(str(out))}"
        raise UsageError("; ".join([*told, f"write the pages anew with: {command}"]))
    return [f"{count(len(pages), 'page')} in {out} current"]


def _write(pages: Mapping[str, str], *, runs: Path, out: Path) -> list[str]:
    """Write the pages and remove those that earlier calls wrote and this one did not."""
    from emobench.runs.files import explained, write_atomic

    with explained(out, what="folder of boards", flag="--out"):
        leftovers = _leftovers(pages, out)
        if leftovers and set(pages) == {INDEX_PAGE}:
            raise UsageError(
                f"no records in {runs}, but {out} holds {count(len(leftovers), 'board')}, which "
                "would be removed; name the folder of records with --runs DIR, or remove the "
                "boards yourself"
            )
        _refuse_strange_index(out / INDEX_PAGE)
        out.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            write_atomic(out / name, text)
        for name in leftovers:
            (out / name).unlink()
    lines = [f"{count(len(pages), 'page')} in {out} written"]
    return [*lines, *(f"removed {name}: it has no records now" for name in leftovers)]


def _refuse_strange_index(path: Path) -> None:
    from emobench.boards.render import is_ours

    if path.is_file() and not is_ours(_read(path)):
        raise UsageError(
            f"{path} was not written by emobench and would be replaced by the index of boards; "
            "name a folder of their own with --out DIR"
        )


def _leftovers(pages: Mapping[str, str], out: Path) -> list[str]:
    """Pages of boards in the folder that are none of these; a page by another hand is not one."""
    from emobench.boards.render import is_ours

    found = sorted(path for path in out.glob("*.md") if path.name not in pages)
    return [path.name for path in found if path.is_file() and is_ours(_read(path))]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _shown(boards: Sequence[Board], *, runs: Path, scan: Scan) -> list[str]:
    if not boards:
        return [f"no records in {runs}; make one with: emobench run enhanced"]
    lines: list[str] = []
    for board in boards:
        lines += [*_board_lines(board), ""]
    return [*lines, f"{count(len(scan.records), 'record')} in {runs}"]


def _board_lines(board: Board) -> list[str]:
    others = [
        name
        for name in OTHERS
        if name != board.metric and any(name in row.metrics for row in board.rows)
    ]
    head = ["#", "recipe", title(board.metric), *map(title, others), "seeds", "state", "audit"]
    rows = [_cells(board, row, others) for row in board.rows]
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


def _cells(board: Board, row: Row, others: Sequence[str]) -> list[str]:
    return [
        str(board.rank_of(row) or NOTHING),
        board.name_of(row) + (" 80%+" if row.reaches_80 else ""),
        mean(row.score, spread=row.spread, metric=board.metric),
        *(figure(row.metrics.get(name), metric=name) for name in others),
        str(len(row.seed_scores)),
        tally(row.states) + ("" if row.folds in (0, board.folds) else _partly(row, board)),
        row.audit,
    ]


def _partly(row: Row, board: Board) -> str:
    return f", {row.folds} of {board.folds} folds"
