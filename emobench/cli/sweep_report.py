"""What `emobench sweep` shows at its end: the best trials, what failed, the winner, what next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emobench.boards.words import count, figure, percent, title
from emobench.cli.sweep_final import final_lines
from emobench.cli.sweep_space import head
from emobench.cli.sweep_tally import values_words
from emobench.cli.text import print_json, print_lines, shortened, table

if TYPE_CHECKING:
    from emobench.sweeps.result import SweepResult
    from emobench.sweeps.rows import TrialRow
    from emobench.sweeps.sweep import Sweep

MOST_SHOWN = 10
IMPORTANT = 6
ENOUGH_SEEDS = 5


def report(done: SweepResult, *, as_json: bool) -> None:
    """Print what the sweep came to; of single trials never a figure of the test set."""
    if as_json:
        print_json(document(done))
        return
    if not done.rows:
        return
    print_lines(["", *_trial_lines(done), *_reasons(done.rows), *_front_lines(done), ""])
    print_lines(_ending(done))


def document(done: SweepResult) -> dict[str, Any]:
    """The sweep as data."""
    sweep = done.sweep
    return {
        **head(sweep),
        "trials": [_row_data(row, sweep) for row in done.rows],
        "best": _row_data(done.best, sweep) if done.best else None,
        "pareto": [row.trial for row in done.front],
        "importance": _importance_data(done),
        "final": done.final.dump() if done.final else None,
        "recipe": str(done.winner) if done.winner else None,
        "ensemble": str(done.ensemble) if done.ensemble else None,
        "journal": str(sweep.folder.journal),
        "pages": [str(path) for path in done.pages],
        "interrupted": done.interrupted,
    }


def _row_data(row: TrialRow, sweep: Sweep) -> dict[str, Any]:
    return {**row.dump(), "metric": sweep.task.metric}


def _trial_lines(done: SweepResult) -> list[str]:
    """The best trials first, then how many more there are."""
    sign, metric = done.sweep.sign, done.sweep.task.metric
    scored = [row for row in done.rows if row.scored]
    scored.sort(key=lambda row: -sign * (row.validation or 0.0))
    cost = done.sweep.call.options.cost
    shown = [_cells(row, metric=metric, cost=cost) for row in scored[:MOST_SHOWN]]
    header = ["trial", "state", f"validation {title(metric)}", *([cost] if cost else []), "values"]
    lines = shortened(table(header, shown, right=["trial", *header[2:-1]])) if shown else []
    more = len(scored) - len(shown)
    others = [row for row in done.rows if not row.scored]
    if more:
        lines.append(f"and {count(more, 'trial')} with a lower figure")
    if others:
        lines.append(
            f"and {count(len(others), 'trial')} not trained to their end: {_states(others)}"
        )
    return lines


def _cells(row: TrialRow, *, metric: str, cost: str | None) -> list[str]:
    priced = [f"{row.cost:.4g}" if row.cost is not None else "–"] if cost else []
    shown = figure(row.validation, metric=metric)
    words = row.origin if row.trial == 0 else values_words(row.values)
    return [str(row.trial), row.state or "", shown, *priced, words]


def _states(rows: Sequence[TrialRow]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        state = row.state or "to go on"
        counts[state] = counts.get(state, 0) + 1
    return ", ".join(f"{number} {state}" for state, number in counts.items())


def _reasons(rows: Sequence[TrialRow]) -> list[str]:
    """Why trials ended otherwise than well, each reason once; that others did better is none."""
    trials: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.state and row.reason and not row.scored and row.state != "stopped":
            trials.setdefault((row.state, row.reason), []).append(str(row.trial))
    lines = [
        f"trial {', '.join(indices)} {state}: {reason}"
        for (state, reason), indices in trials.items()
    ]
    return ["", *lines] if lines else []


def _front_lines(done: SweepResult) -> list[str]:
    cost, metric = done.sweep.call.options.cost, done.sweep.task.metric
    if cost is None or not done.front:
        return []
    rows = [
        [str(row.trial), figure(row.validation, metric=metric), f"{row.cost:.4g}"]
        for row in done.front
        if row.cost is not None
    ]
    header = ["trial", title(metric), cost]
    return ["", "no other trial beats these in both:", *table(header, rows, right=header)]


def _ending(done: SweepResult) -> list[str]:
    folder, metric, best = done.sweep.folder, done.sweep.task.metric, done.best
    where = [f"journal {folder.journal}", *(f"page    {path}" for path in done.pages[:1])]
    if best is None:
        return ["no trial has a validation figure; the states say why", *where]
    shown = f"{title(metric)} {figure(best.validation, metric=metric)}"
    which = "the recipe as it stands" if best.trial == 0 else f"trial {best.trial}"
    several = f"; the best of {len(done.rows)} tries flatters itself" if len(done.rows) > 1 else ""
    return [
        *_importance(done),
        f"best    {which}, {shown} on validation{several}",
        f"recipe  {done.winner}",
        *([f"        {done.ensemble}"] if done.ensemble else []),
        *where,
        *(final_lines(done.final) if done.final else []),
        *_next(done),
    ]


def _importance(done: SweepResult) -> list[str]:
    """The options that moved the figure most, and how far to trust that."""
    known = done.importance
    if known is None or not known.shares:
        return []
    words = [f"{one.key} {percent(one.share)}" for one in known.shares[:IMPORTANT]]
    return [f"mattered {', '.join(words)} ({known.words})"]


def _importance_data(done: SweepResult) -> dict[str, Any] | None:
    known = done.importance
    return {**asdict(known), "words": known.words} if known else None


def _next(done: SweepResult) -> list[str]:
    """What to type now."""
    if done.final is None:
        command = command_line("run", str(done.winner), "--seeds", str(ENOUGH_SEEDS), of=done.sweep)
        return ["", "next", f"  {command}", "    scores the winner on the test set, over seeds"]
    runs = done.sweep.call.settings.runs
    words = ["--runs", str(runs)] if runs != Path("runs") else []
    command = shlex.join(["emobench", "leaderboard", *words])
    return ["", "next", f"  {command}", "    ranks it among everything that was run"]


def command_line(*words: str, of: Sweep) -> str:
    """A command with the folders and the device of the sweep."""
    settings, told = of.call.settings, ["emobench", *words]
    if settings.runs != Path("runs"):
        told += ["--runs", str(settings.runs)]
    if settings.data_root:
        told += ["--data-root", settings.data_root]
    if settings.device != "auto":
        told += ["--device", settings.device]
    return shlex.join(told)
