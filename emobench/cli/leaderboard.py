"""`emobench leaderboard`: the boards of published records, and of everything that was run here."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from emobench.api import DataError, EmobenchError, RecipeError, UsageError
from emobench.boards.text import one_line
from emobench.boards.words import count
from emobench.cli import flags
from emobench.cli.records_folder import DEFAULT_OUT, records_folder
from emobench.cli.text import print_json, print_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from emobench.boards.board import Board
    from emobench.boards.published_site import PublishedSite
    from emobench.registry import Registry
    from emobench.runs.record import TaskStamp
    from emobench.runs.store import Scan

LEDGER = "claims.yaml"


@dataclass(frozen=True, kw_only=True)
class Call:
    """What the call asks for; `out` is None where it names none."""

    runs: Path
    records: Path
    out: Path | None
    check: bool
    as_json: bool

    @property
    def target(self) -> Path:
        """The folder of boards that is written or checked."""
        return self.out or DEFAULT_OUT


@click.command(short_help="Rank everything that was run.")
@flags.runs
@records_folder("--records")
@click.option(
    "--out",
    type=flags.FOLDER,
    metavar="DIR",
    help=f"Write one markdown page a task, and an index; published records: {DEFAULT_OUT}.",
)
@click.option(
    "--check",
    is_flag=True,
    help=f"Write nothing; fail where the pages in --out (or {DEFAULT_OUT}) are out of date.",
)
@flags.as_json
def leaderboard(runs: Path, records: Path, out: Path | None, check: bool, as_json: bool) -> None:
    """Rank every recipe that was run, task by task; failed and collapsed ones stay, with reasons.

    Where there are published records, the pages in leaderboards/ are written from these alone,
    and what lies in runs/ is shown. With --runs, the boards are those of that folder.

    \b
    Examples:
      emobench leaderboard
      emobench leaderboard --check
      emobench leaderboard --runs runs --out boards
    """
    call = Call(runs=runs, records=records, out=out, check=check, as_json=as_json)
    named_runs, named_records = _was_given("runs"), _was_given("records")
    if named_runs and named_records:
        raise UsageError(
            "give --runs for the boards of a folder of runs, or --records for those of published "
            "records, not both"
        )
    _refuse_missing(runs, given=named_runs, what="folder of records", flag="--runs")
    _refuse_missing(
        records, given=named_records, what="folder of published records", flag="--records"
    )
    if not named_runs and records.is_dir():
        _of_published(call)
    else:
        _of_runs(call)


def _was_given(flag: str) -> bool:
    source = click.get_current_context().get_parameter_source(flag)
    return source is not ParameterSource.DEFAULT


def _refuse_missing(folder: Path, *, given: bool, what: str, flag: str) -> None:
    """A folder that the user named must be there; the default one need not be yet."""
    if given and not os.path.lexists(folder):
        maker = "emobench run" if flag == "--runs" else "emobench publish"
        raise UsageError(
            f"there is no folder {folder}; give the {what} with {flag} DIR, the one that "
            f"`{maker}` was given"
        )


def _of_published(call: Call) -> None:
    """The boards of published records: checked, written or given as data; then the local runs."""
    from emobench.boards.published_site import published_site
    from emobench.cli.leaderboard_files import check_files, write_files
    from emobench.cli.leaderboard_terminal import board_lines, index_lines
    from emobench.data.prepared import default_cache
    from emobench.recipes.emit import to_yaml

    site = published_site(
        call.records,
        home=_home(call.target),
        recipe_text=to_yaml,
        cache_folder=default_cache(),
        gathering=(call.target / LEDGER).is_file(),
    )
    _refuse_rejected(site)
    local, scan = _local_boards(call.runs) if call.runs.is_dir() and not call.check else ((), None)
    if call.as_json:
        _print_data([data for task in site.tasks for data in task.data], local=local)
    files = site.files(beside=_pages_beside(site, out=call.target))
    if call.check:
        lines = check_files(files, out=call.target, command=_command(call))
        lines.append(f"{count(site.records, 'published record')} in {call.records} verified")
    elif call.as_json and call.out is None:
        return
    else:
        lines = write_files(files, out=call.target, source=call.records)
        lines += ["", *index_lines([line for task in site.tasks for line in task.lines])]
        if scan is not None and scan.records:
            lines += ["", f"Of the runs in {call.runs}:", ""]
            lines += _shown(local, runs=call.runs, scan=scan, lines_of=board_lines)
    if not call.as_json:
        print_lines(lines)


def _pages_beside(site: PublishedSite, *, out: Path) -> dict[str, str]:
    """The claims of guides beside what was measured, where the folder of boards has a ledger."""
    from emobench.boards.published_site import kept_pages
    from emobench.cli.ledger import ledger_pages
    from emobench.data.prepared import default_cache
    from emobench.recipes.identity import canonical
    from emobench.registry import load_registry

    ledger = out / LEDGER
    if not ledger.is_file():
        return {}
    shipped = _shipped(load_registry())
    return kept_pages(
        site,
        lambda evidence: ledger_pages(out, evidence=evidence, shipped=shipped),
        known=canonical([shipped, ledger.read_text(encoding="utf-8", errors="replace")]),
        cache_folder=default_cache(),
    )


def _of_runs(call: Call) -> None:
    """The boards of a folder of runs: shown, written, checked or given as data."""
    from emobench.cli.leaderboard_files import (
        board_files,
        check_files,
        holds_boards,
        write_files,
    )
    from emobench.cli.leaderboard_terminal import board_lines

    boards, scan = _local_boards(call.runs)
    if call.as_json:
        _print_data([_data(board) for board in boards])
    if call.check and not boards and not holds_boards(call.target):
        lines = [f"no records in {call.runs} and no boards in {call.target}: nothing to check"]
    elif call.check:
        lines = check_files(board_files(boards), out=call.target, command=_command(call))
    elif call.out is not None:
        lines = write_files(board_files(boards), out=call.out, source=call.runs)
    else:
        lines = _shown(boards, runs=call.runs, scan=scan, lines_of=board_lines)
    if not call.as_json:
        print_lines(lines)


def _home(out: Path) -> str:
    """What the folder of boards is called in commands that are given beside it."""
    return out.name if out.is_absolute() or ".." in out.parts else out.as_posix()


def _command(call: Call) -> str:
    """The command that writes what this one checks."""
    if not _was_given("runs") and call.records.is_dir():
        parts = ["emobench leaderboard"]
        parts += [f"--records {quote(str(call.records))}"] if _was_given("records") else []
        parts += [f"--out {quote(str(call.out))}"] if call.out else []
        return " ".join(parts)
    return f"emobench leaderboard --runs {quote(str(call.runs))} --out {quote(str(call.target))}"


def _refuse_rejected(site: PublishedSite) -> None:
    """Name every record that is rejected, and say what is wrong with it.

    Names and reasons come from strangers: what a terminal would act on is taken out.
    """
    if not site.rejected:
        return
    told = [one_line(f"{path}: {reason}") for path, reason in site.rejected.items()]
    end = "mend or remove it" if len(told) == 1 else "mend or remove them"
    raise DataError(
        "\n".join(
            [*told, f"{count(len(told), 'published record')} rejected; nothing was written; {end}"]
        )
    )


def _local_boards(runs: Path) -> tuple[tuple[Board, ...], Scan]:
    """The boards of a folder of runs, with what was found there."""
    from emobench.boards.rank import build_boards
    from emobench.cli.predicted import predictions_of
    from emobench.registry import load_registry
    from emobench.runs.store import RunStore

    scan = RunStore(runs).scan()
    for damaged in scan.damaged:
        click.echo(f"warning: left out {damaged.path}: {damaged.reason}", err=True)
    registry = load_registry()
    boards = build_boards(
        scan.records,
        shipped=_shipped(registry),
        offered=_offered(registry),
        predictions=predictions_of(scan.records, runs=runs),
    )
    return boards, scan


def _data(board: Board) -> Mapping[str, Any]:
    from emobench.boards.render import board_data

    return board_data(board)


def _print_data(boards: Sequence[Mapping[str, Any]], *, local: Sequence[Board] = ()) -> None:
    """The boards as data; those of local runs apart where there are published ones."""
    more = {"local": [_data(board) for board in local]} if local else {}
    print_json({"boards": list(boards), **more})


def _shown(
    boards: Sequence[Board], *, runs: Path, scan: Scan, lines_of: Callable[[Board], list[str]]
) -> list[str]:
    if not boards:
        return [f"no records in {runs}; make one with: emobench run enhanced"]
    lines = [line for board in boards for line in (*lines_of(board), "")]
    return [*lines, f"{count(len(scan.records), 'record')} in {runs}"]


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
