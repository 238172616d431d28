"""`emobench publish`: copy finished runs into files that a pull request can carry."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from emobench.api import UsageError, unknown_name
from emobench.boards.words import count
from emobench.cli import flags
from emobench.cli.records_folder import records_folder
from emobench.cli.text import print_json, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from emobench.runs.record import Record

Found = dict[str, "tuple[Record, Path]"]
"""Records by run id, each with its folder."""


@click.command(short_help="Copy finished runs to the published records.")
@click.argument("run_ids", nargs=-1, metavar="[RUN_ID]...")
@flags.runs
@click.option("--all", "every", is_flag=True, help="Publish every finished run but sweeps' trials.")
@records_folder("--out")
@flags.as_json
def publish(run_ids: tuple[str, ...], runs: Path, every: bool, out: Path, as_json: bool) -> None:
    """Copy finished runs into published records: small files, with all it takes to check them.

    A published record holds the run's record, its history and its predictions on the test set,
    with the items' names; no weights, no folder of this machine. Runs that failed or collapsed
    are results too.

    \b
    Examples:
      emobench publish --all
      emobench publish enhanced-ravdess-actors-fold0-seed0-f08635c2c9
    """
    _refuse_the_call(run_ids, runs=runs, every=every)
    found = _found(runs, trials=bool(run_ids))
    chosen = _named(run_ids, found, runs=runs) if run_ids else _finished(found, runs=runs)
    done = _write(chosen, out)
    if as_json:
        rows = [
            {"id": run_id, "outcome": outcome, "file": path.as_posix()}
            for run_id, (outcome, path) in done.items()
        ]
        print_json({"published": rows})
    else:
        print_lines(_told(done, out))


def _refuse_the_call(run_ids: Sequence[str], *, runs: Path, every: bool) -> None:
    if run_ids and every:
        raise UsageError("give run ids or --all, not both")
    if not run_ids and not every:
        raise UsageError(
            "say which runs to publish: their ids, or --all for every finished run in "
            f"{runs}; `emobench leaderboard --runs {quote(str(runs))}` shows what is there"
        )
    if not runs.is_dir():
        raise UsageError(
            f"there is no folder {runs}; give the folder of records with --runs DIR, the one that "
            "`emobench run` was given"
        )


def _found(runs: Path, *, trials: bool) -> Found:
    """Every readable record, with those of sweeps' trials if they are asked for."""
    from emobench.runs.store import RunStore

    folders = [runs, *sorted((runs / "sweeps").glob("*/"))] if trials else [runs]
    found: Found = {}
    for folder in folders:
        store = RunStore(folder)
        scan = store.scan()
        for damaged in scan.damaged:
            click.echo(f"warning: left out {damaged.path}: {damaged.reason}", err=True)
        for record in scan.records:
            found.setdefault(record.id, (record, store.run_dir(record.id)))
    return found


def _named(run_ids: Iterable[str], found: Found, *, runs: Path) -> Found:
    for run_id in run_ids:
        if run_id not in found:
            raise UsageError(f"{unknown_name('run', run_id, found)}; looked in {runs}")
    return {run_id: found[run_id] for run_id in run_ids}


def _finished(found: Found, *, runs: Path) -> Found:
    finished = {run_id: entry for run_id, entry in found.items() if entry[0].state != "interrupted"}
    for run_id in found:
        if run_id not in finished:
            click.echo(f"left out {run_id}: it was interrupted, or is still at work", err=True)
    if not finished:
        raise UsageError(
            f"no finished runs in {runs}; make one with `emobench run enhanced`, or name another "
            "folder with --runs DIR"
        )
    return finished


def _write(chosen: Found, out: Path) -> dict[str, tuple[str, Path]]:
    """Publish every run before the first file is written: one that cannot be stops the call."""
    from emobench.runs.files import explained
    from emobench.runs.published import place_of
    from emobench.runs.publishing import publish as published_form
    from emobench.runs.publishing import write_published

    ready = {
        run_id: published_form(record, folder=folder) for run_id, (record, folder) in chosen.items()
    }
    with explained(out, what="folder of published records", flag="--out"):
        return {
            run_id: (write_published(published, out=out), out / place_of(published.record))
            for run_id, published in ready.items()
        }


def _told(done: Mapping[str, tuple[str, Path]], out: Path) -> list[str]:
    lines = [f"{outcome}: {path}" for outcome, path in done.values() if outcome != "unchanged"]
    counts = Counter(outcome for outcome, _ in done.values())
    words = {"published": "published", "replaced": "replaced", "unchanged": "already there"}
    told = ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts[key])
    return [*lines, f"{count(len(done), 'run')} in {out}: {told}"]
