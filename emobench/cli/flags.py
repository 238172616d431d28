"""The flags that commands share or that would drown a signature: name, type and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Recipes = Annotated[
    list[str],
    typer.Argument(metavar="RECIPE", help="Recipe files, or names of shipped recipes."),
]
OptionalRecipes = Annotated[
    list[str] | None,
    typer.Argument(metavar="RECIPE", help="Recipe files, or names of shipped recipes."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change an option; may be repeated."),
]
Tasks = Annotated[
    str | None,
    typer.Option("--task", metavar="TASK", help="Tasks or task files, separated by commas."),
]
Seeds = Annotated[
    int | None, typer.Option("--seeds", min=1, metavar="N", help="Run with the seeds 0 to N-1.")
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", min=0, metavar="S", help="Run with this seed alone (default 0)."),
]
Fold = Annotated[
    int | None,
    typer.Option("--fold", min=0, metavar="F", help="Run this fold alone, not every one."),
]
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where records are kept.")]
DataRoot = Annotated[
    str,
    typer.Option(
        "--data-root",
        metavar="DIR",
        envvar="EMOBENCH_DATA",
        help="The folder below which datasets lie.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Your own files, labelled by their folders."),
]
Group = Annotated[
    str | None,
    typer.Option(
        "--group",
        metavar="PATTERN",
        help="With --data: a pattern whose first group is the person, matched on file names.",
    ),
]
Device = Annotated[
    str,
    typer.Option("--device", metavar="DEVICE", help="Where to train: auto, cpu, cuda, cuda:1."),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Run again; the stored record is moved aside.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would run, and train nothing.")]
