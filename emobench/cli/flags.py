"""The flags that commands share, or that would drown a signature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

FOLDER = click.Path(path_type=Path)
Function = TypeVar("Function", bound=Callable[..., Any])


def several(*options: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """Many options as one decorator, in the order in which help shows them."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


overrides = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change an option; may be repeated.",
)
task = click.option("--task", metavar="TASK", help="Tasks or task files, separated by commas.")
own_task = click.option(
    "--task", metavar="TASK", help="The task or task file, if not the recipe's own."
)
seeds = click.option(
    "--seeds", type=click.IntRange(min=1), metavar="N", help="Run with the seeds 0 to N-1."
)
seed = click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="S",
    help="Run with this seed alone; without --seed and --seeds it is 0.",
)
one_seed = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="S",
    help="The seed.",
)
fold = click.option(
    "--fold",
    type=click.IntRange(min=0),
    metavar="F",
    help="Run this fold alone; without it, a task in folds runs every one.",
)
runs = click.option(
    "--runs",
    type=FOLDER,
    default=Path("runs"),
    show_default=True,
    metavar="DIR",
    help="Where records are kept.",
)
data_root = click.option(
    "--data-root",
    default="",
    envvar="EMOBENCH_DATA",
    show_envvar=True,
    metavar="DIR",
    help="The folder below which datasets lie.",
)
data = click.option(
    "--data", type=FOLDER, metavar="DIR", help="Your own files, labelled by their folders."
)
group = click.option(
    "--group",
    metavar="PATTERN",
    help="With --data: a pattern whose first group is the person, matched on file names.",
)
device = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="DEVICE",
    help="Where to train: auto, cpu, cuda, cuda:1.",
)
time_limit = click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End the training of a run that takes longer; its record says `timed_out`.",
)
fresh = click.option("--fresh", is_flag=True, help="Run again; the stored record is moved aside.")
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout, nothing else."
)
dry_run = click.option("--dry-run", is_flag=True, help="Say what would run, and train nothing.")
