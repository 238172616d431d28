"""`emobench sweep status`: where a sweep stands, from its files alone. Loads nothing heavy."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from emobench.api import EmobenchError
from emobench.boards.words import figure, title
from emobench.cli import flags
from emobench.cli.sweep_tally import values_words
from emobench.cli.text import print_json, print_lines, shortened, table
from emobench.scoring.catalogue import METRICS
from emobench.sweeps.folder import SWEEPS_FOLDER, SweepFile, SweepFolder, sweep_names
from emobench.sweeps.journal import read_events
from emobench.sweeps.rows import TrialRow, best_row, rows_of

BEST_SHOWN = 5


@click.command("status", short_help="Say where a sweep stands.")
@click.argument("name", required=False, metavar="[NAME]")
@flags.runs
@flags.as_json
def status(name: str | None, runs: Path, as_json: bool) -> None:
    """Say where a sweep stands: trials, the best so far, and who is at work.

    Without a NAME, every sweep in a line.

    \b
    Examples:
      emobench sweep status
      emobench sweep status first --json
    """
    if name is None:
        show_sweeps(runs, as_json=as_json)
    else:
        show_sweep(runs, name, as_json=as_json)


def show_sweep(runs: Path, name: str, *, as_json: bool) -> None:
    """Print where one sweep stands."""
    standing = _standing(SweepFolder(runs, name))
    if as_json:
        print_json(standing.dump())
        return
    print_lines(standing.lines())


def show_sweeps(runs: Path, *, as_json: bool) -> None:
    """Print every sweep of a folder; one that cannot be read is told on stderr."""
    found = []
    for name in sweep_names(runs):
        try:
            found.append(_standing(SweepFolder(runs, name)))
        except EmobenchError as error:
            click.echo(f"note: {error}", err=True)
    if as_json:
        print_json({"sweeps": [standing.dump() for standing in found]})
        return
    if not found:
        print_lines([f"no sweeps in {runs / SWEEPS_FOLDER}; `emobench sweep` begins one"])
        return
    rows = [
        [one.folder.name, one.task, one.counts(), one.best_words(), one.folder.worker() or "–"]
        for one in found
    ]
    print_lines(table(["sweep", "task", "trials", "best on validation", "at work"], rows))


class _Standing:
    """What the files of a sweep say."""

    def __init__(self, folder: SweepFolder, file: SweepFile, rows: Sequence[TrialRow]) -> None:
        self.folder, self.file, self.rows = folder, file, rows
        task = file.definition["task"]
        self.task, self.metric = str(task["name"]), str(task["metric"])
        sign = 1 if METRICS[self.metric].higher_is_better else -1
        self.best = best_row(rows, sign=sign)
        self.open = [row for row in rows if row.state is None]
        self.states = Counter(row.state for row in rows if row.state is not None)

    def counts(self) -> str:
        """`12 of 50 over: 8 ok, 4 stopped`."""
        wanted = max(self.file.call.trials, len(self.rows))
        told = ", ".join(f"{number} {state}" for state, number in self.states.items())
        return f"{self.states.total()} of {wanted} over" + (f": {told}" if told else "")

    def best_words(self) -> str:
        """`trial 7, UAR 61.2%`."""
        if self.best is None:
            return "none has a figure yet"
        shown = figure(self.best.validation, metric=self.metric)
        return f"trial {self.best.trial}, {title(self.metric)} {shown}"

    def lines(self) -> list[str]:
        """The page of one sweep."""
        definition, at_work = self.file.definition, self.folder.worker()
        lines = [
            f"sweep   {self.folder.name}, {at_work or 'nobody'} is at work on it",
            f"task    {self.task}, recipe {definition['recipe']['name']}",
            f"search  {definition['search']}, stop {definition['stop']}, seed {definition['seed']}",
            f"trials  {self.counts()}",
            f"best    {self.best_words()}{' on validation' if self.best else ''}",
        ]
        if self.folder.journal.exists():
            lines.append(f"journal {self.folder.journal}")
        if self.folder.winner.exists():
            lines.append(f"recipe  {self.folder.winner}")
        if self.open:
            under_way = "under way" if at_work else "begun, and left to go on"
            lines += ["", *self._under_way(under_way)]
        if not at_work:
            lines += ["", *self._next_step()]
        return lines

    def _next_step(self) -> list[str]:
        """What to do where nobody is at work; no file says how far a finale got."""
        if self.open or len(self.rows) < self.file.call.trials:
            return [f"go on with it: {self._resume()}"]
        lines = [f"over; `{self._resume()} --trials N` goes on with more trials"]
        if self.best is not None and self.file.call.options.final_seeds:
            lines.append(f"if its finale was cut short: {self._resume()}")
        return lines

    def _resume(self) -> str:
        words = ["emobench", "sweep", "--resume", "--name", self.folder.name]
        runs = self.folder.root
        return shlex.join([*words, *(["--runs", str(runs)] if runs != Path("runs") else [])])

    def _under_way(self, words: str) -> list[str]:
        rows = [
            [
                str(row.trial),
                str(row.epochs),
                figure(row.validation, metric=self.metric),
                row.origin if row.trial == 0 else values_words(row.values),
            ]
            for row in self.open
        ]
        head = [words, "epoch", title(self.metric), "values"]
        return shortened(table(head, rows, right=head[1:3]))

    def dump(self) -> dict[str, Any]:
        """The page as data."""
        return {
            "sweep": self.folder.name,
            "folder": str(self.folder.path),
            "at_work": self.folder.worker() or None,
            "task": self.task,
            "metric": self.metric,
            "wanted": self.file.call.trials,
            "states": dict(self.states),
            "best": self.best.dump() if self.best else None,
            "trials": [row.dump() for row in self.rows],
            "recipe": str(self.folder.winner) if self.folder.winner.exists() else None,
        }


def _standing(folder: SweepFolder) -> _Standing:
    return _Standing(folder, folder.existing(), rows_of(read_events(folder.journal)))
