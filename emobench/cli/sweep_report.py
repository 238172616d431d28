"""What `emobench sweep` shows: the space before, one line a trial, the table and winner after."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from emobench.boards.words import count, figure, title
from emobench.cli.sweep import Sweep
from emobench.cli.text import print_json, print_lines, table, terminal_width
from emobench.sweeps.folder import journal_row
from emobench.sweeps.search import FOLD, TrialEnd

ENOUGH_SEEDS = 5
METHOD = "random search, one trial at a time on this machine"


def show_space(sweep: Sweep, *, as_json: bool) -> None:
    """Print what would be searched, and what was left out on stderr."""
    space, trials = sweep.space, len(sweep.trials)
    if as_json:
        print_json(
            {
                **_head(sweep),
                "trials": trials,
                "space": [asdict(dimension) for dimension in space.describe()],
                "notes": list(space.notes),
            }
        )
        return
    rows = [[row.key, row.values, row.when, row.package] for row in space.describe()]
    print_lines(table(["option", "values", "when", "from"], rows))
    draws = f"the recipe as it stands, and {count(trials - 1, 'draw')} from these ranges"
    print_lines(["", f"{count(trials, 'trial')}: {draws}", METHOD])
    for note in space.notes:
        click.echo(f"note: {note}", err=True)


def end_line(end: TrialEnd, *, metric: str) -> str:
    """How a trial ended, in a line."""
    line = f"trial {end.trial.index}: {end.state}"
    if end.validation is not None:
        line += f", validation {title(metric)} {figure(end.validation, metric=metric)}"
    return f"{line}: {end.reason.splitlines()[0]}" if end.reason else line


def report(sweep: Sweep, ends: Sequence[TrialEnd], *, best: TrialEnd | None, as_json: bool) -> None:
    """Print how the trials ended and which did best; never a figure of the test set."""
    metric = sweep.task.metric
    if as_json:
        print_json(
            {
                **_head(sweep),
                "trials": [journal_row(end, metric=metric) for end in ends],
                "best": journal_row(best, metric=metric) if best else None,
                "journal": str(sweep.folder.journal),
                "recipe": str(sweep.folder.best) if best else None,
            }
        )
        return
    if not ends:
        return
    print_lines(["", *_trial_table(ends, metric=metric), *_reasons(ends), ""])
    print_lines(_ending(sweep, ends, best))


def _head(sweep: Sweep) -> dict[str, Any]:
    return {
        "sweep": sweep.folder.name,
        "task": sweep.task.name,
        "metric": sweep.task.metric,
        "method": METHOD,
    }


def _trial_table(ends: Sequence[TrialEnd], *, metric: str) -> list[str]:
    """One row a trial; what was drawn comes last, on a terminal as far as there is room."""
    figures = [figure(end.validation, metric=metric) for end in ends]
    rows = [
        [str(end.trial.index), end.state, shown, _drawn_words(end)]
        for end, shown in zip(ends, figures, strict=True)
    ]
    head = ["trial", "state", f"validation {title(metric)}", "drawn"]
    width = terminal_width()
    lines = table(head, rows, right=["trial", head[2]])
    if width is None:
        return lines
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]


def _reasons(ends: Sequence[TrialEnd]) -> list[str]:
    """Why trials ended otherwise than well, each reason once."""
    trials: dict[tuple[str, str], list[str]] = {}
    for end in ends:
        if end.reason:
            known = trials.setdefault((end.state, end.reason), [])
            known.append(str(end.trial.index))
    lines = [
        f"trial {', '.join(indices)} {state}: {reason}"
        for (state, reason), indices in trials.items()
    ]
    return ["", *lines] if lines else []


def _drawn_words(end: TrialEnd) -> str:
    return "as it stands" if end.trial.index == 0 else drawn_words(end.trial.drawn)


def drawn_words(drawn: Mapping[str, Any]) -> str:
    """Drawn values in one line, numbers to three digits; the journal has them whole."""
    return "  ".join(f"{key}={_word(value)}" for key, value in drawn.items())


def _word(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return f"[{','.join(map(_word, value))}]"
    return "none" if value is None else str(value)


def _ending(sweep: Sweep, ends: Sequence[TrialEnd], best: TrialEnd | None) -> list[str]:
    folder, metric = sweep.folder, sweep.task.metric
    lines = [f"journal {folder.journal}"]
    if best is None:
        return ["no trial has a validation figure; the table's states say why", *lines]
    shown = f"{title(metric)} {figure(best.validation, metric=metric)}"
    which = "the recipe as it stands" if best.trial.index == 0 else f"trial {best.trial.index}"
    several = f"; the best of {len(ends)} tries flatters itself" if len(ends) > 1 else ""
    return [
        f"best    {which}, {shown} on validation{several}",
        f"recipe  {folder.best}",
        *lines,
        "",
        "next",
        f"  {winner_command(sweep)}",
        f"    scores it on the test set, over {ENOUGH_SEEDS} seeds",
    ]


def winner_command(sweep: Sweep) -> str:
    """The command that runs the winner over several seeds, with the runs that boards are of."""
    settings = sweep.settings
    words = ["emobench", "run", str(sweep.folder.best), "--seeds", str(ENOUGH_SEEDS)]
    if sweep.task.protocol.fold_count > 1:
        words += ["--fold", str(FOLD)]
    if settings.runs != Path("runs"):
        words += ["--runs", str(settings.runs)]
    if settings.data_root:
        words += ["--data-root", settings.data_root]
    if settings.device != "auto":
        words += ["--device", settings.device]
    return shlex.join(words)
