"""`emobench sweep --dry-run`: what would be searched, how, and for how long. Trains nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from emobench.boards.words import count, duration
from emobench.cli.text import print_json, print_lines, table

if TYPE_CHECKING:
    from emobench.sweeps.estimate import Estimate
    from emobench.sweeps.sweep import Sweep

SEARCHES = {
    "tpe": "by Optuna's TPE, which learns from the trials before",
    "random": "at random",
    "grid": "from a grid, until it is through",
}
STOPS = {
    "asha": "ASHA: a trial goes on from a rung while it is among the best third there",
    "hyperband": "Hyperband: ASHA with several ladders, taken in turn",
    "none": "every trial is trained to its end",
}


def show_space(sweep: Sweep, *, as_json: bool) -> None:
    """Print what would be searched, and what was left out on stderr."""
    sweep = sweep.fitted()
    space, options = sweep.space, sweep.call.options
    starts = sweep.starts()
    if as_json:
        print_json(
            {
                **head(sweep),
                "trials": sweep.call.trials,
                "rungs": list(sweep.rungs.of(1)),
                "estimate": asdict(sweep.estimate()),
                "starts": [asdict(start) for start in starts],
                "space": [asdict(dimension) for dimension in space.describe()],
                "notes": list(space.notes),
            }
        )
        return
    rows = [[row.key, row.values, row.when, row.package] for row in space.describe()]
    trials = [
        f"{count(sweep.call.trials, 'trial')} on {sweep.task.name}: the recipe as it stands first",
        *(f"  then {start.origin}" for start in starts),
        f"  then {SEARCHES[options.search]}",
        f"stop    {STOPS[options.stop]}",
        f"rungs   {', '.join(map(str, sweep.rungs.of(1))) or 'none'} of "
        f"{count(space.recipe.train.epochs, 'epoch')}",
        f"time    {_time(sweep.estimate())}",
        f"folder  {sweep.folder.path}",
    ]
    print_lines([*table(["option", "values", "when", "from"], rows), "", *trials])
    for note in space.notes:
        click.echo(f"note: {note}", err=True)


def _time(known: Estimate) -> str:
    if known.seconds is None:
        return known.basis
    return f"about {duration(known.seconds)} for {known.epochs} epochs; {known.basis}"


def head(sweep: Sweep) -> dict[str, Any]:
    """What every document of a sweep begins with."""
    options = sweep.call.options
    return {
        "sweep": sweep.folder.name,
        "task": sweep.task.name,
        "metric": sweep.task.metric,
        "search": options.search,
        "stop": options.stop,
        "seed": options.seed,
    }
