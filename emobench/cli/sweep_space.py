"""`emobench sweep --dry-run`: what would be searched, how, and for how long. Trains nothing."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from emobench.boards.words import count, duration
from emobench.cli.text import print_json, print_lines, table
from emobench.sweeps.call import NO_RECORDS

if TYPE_CHECKING:
    from emobench.sweeps.estimate import Estimate
    from emobench.sweeps.sweep import Sweep

SEARCHES = {
    "tpe": "by Optuna's TPE, which learns from the trials before",
    "random": "at random",
    "grid": "from a grid of at most {most:,} combinations, until it is through",
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
                "estimate": asdict(_estimate(sweep)),
                "starts": [asdict(start) for start in starts],
                "space": [asdict(dimension) for dimension in space.describe()],
                "pinned": [asdict(pin) for pin in space.pinned()],
                "combinations": _combinations(sweep),
                "notes": list(space.notes),
            }
        )
        return
    rows = [[row.key, row.values, row.when, row.package] for row in space.describe()]
    rows += [[pin.key, f"fixed at {pin.values}", pin.when, pin.package] for pin in space.pinned()]
    trials = [
        f"{count(sweep.call.trials, 'trial')} on {sweep.task.name}: the recipe as it stands first",
        f"  then {count(len(starts), 'warm start')}{_none_why(sweep) if not starts else ':'}",
        *(f"    {start.origin}" for start in starts),
        f"  then {SEARCHES[options.search].format(most=_combinations(sweep))}",
        f"stop    {STOPS[options.stop]}",
        f"rungs   {', '.join(map(str, sweep.rungs.of(1))) or 'none'} of "
        f"{count(space.recipe.train.epochs, 'epoch')}",
        *_time(_estimate(sweep), seeds=options.final_seeds),
        f"folder  {sweep.folder.path}",
    ]
    print_lines([*table(["option", "values", "when", "from"], rows), "", *trials])
    for note in space.notes:
        click.echo(f"note: {note}", err=True)


def _combinations(sweep: Sweep) -> int | None:
    """How many there are on the grid, at most; None where another search is wanted."""
    if sweep.call.options.search != "grid":
        return None
    from emobench.sweeps.grid import most_combinations

    return most_combinations(sweep.space)


def _none_why(sweep: Sweep) -> str:
    """Why there is no warm start."""
    wanted = sweep.call.options.warm_start != NO_RECORDS
    return ": no record of a like task fits" if wanted else ", as was asked"


def _estimate(sweep: Sweep) -> Estimate:
    """What the sweep may take; a cluster at an address needs no start."""
    known = sweep.estimate()
    return known if sweep.call.options.address is None else replace(known, starting_s=0.0)


def _time(known: Estimate, *, seeds: int) -> list[str]:
    """What trials take, what the finale adds, and what is neither."""
    finale = known.finale
    lines = [f"time    trials: {_about(known.seconds)}{count(known.epochs, 'epoch')}"]
    if finale.trainings:
        lines += [
            f"        then a finale of up to {count(finale.trainings, 'training')} to their end: "
            f"{_about(finale.seconds)}{count(finale.epochs, 'epoch')}",
            "          (the winner, the recipe as it stands and an ensemble's members, with "
            f"{count(seeds, 'seed')}; --final-seeds 0 leaves it out)",
        ]
    besides = "Ray's start and the pictures" if known.starting_s else "the pictures"
    if known.starting_s and finale.trainings:
        besides = "Ray's start, before the trials and before the finale, and the pictures"
    more = known.starting_s + known.closing_s
    return [*lines, f"        {besides}: some {more:.0f} seconds more", f"        {known.basis}"]


def _about(seconds: float | None) -> str:
    return "" if seconds is None else f"about {duration(seconds)} for "


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
