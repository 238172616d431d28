"""The command that repeats a row: every run of it and no other."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from emobench.boards.contest import recipe_hash
from emobench.runs.record import Record

RECIPES_FOLDER = "recipes"
FIT_FOR_A_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}")
LONGEST_NAME = 80


class Commands(Protocol):
    """Says how the runs of a row are repeated."""

    def of(self, runs: Sequence[Record]) -> str:
        """The command for the runs of one row, which are sorted by seed and fold."""


@dataclass(frozen=True, kw_only=True)
class LocalCommands:
    """For a folder of runs. What a bare name finds: recipes, and whether it finds the task."""

    shipped: Mapping[str, Mapping[str, Any]]
    offered: bool

    def of(self, runs: Sequence[Record]) -> str:
        """The command for the runs of one row, which are sorted by seed and fold."""
        first = runs[0]
        own = self.shipped.get(first.recipe_name)
        by_name = own is not None and recipe_hash(own) == recipe_hash(first.recipe)
        recipe = first.recipe_name if by_name else f"{first.id}/recipe.yaml"
        task = first.task.name if self.offered else f"{first.id}/task.yaml"
        here = "" if by_name and self.offered else " --runs ."
        start = f"emobench run {shlex.quote(recipe)} --task {shlex.quote(task)}"
        return " && ".join(f"{start} {flags}{here}" for flags in _flags(runs))


@dataclass(frozen=True, kw_only=True)
class PublishedCommands:
    """For published records: each method's recipe lies in a file beside the boards.

    So a board depends on its records alone, whatever the shipped recipes have become since.
    """

    home: str

    def of(self, runs: Sequence[Record]) -> str:
        """The command, given in the folder that holds the boards' own."""
        recipe = shlex.quote(f"{self.home}/{recipe_file(runs[0])}")
        start = f"emobench run {recipe} --task {shlex.quote(runs[0].task.name)}"
        return " && ".join(f"{start} {flags}" for flags in _flags(runs))


def recipe_file(record: Record) -> str:
    """Where the recipe of a published run lies below the boards' folder.

    What stands behind the hash is its name, under which a run of that file joins the row.
    """
    name = record.recipe_name
    if not FIT_FOR_A_FILE.fullmatch(name) or len(name) > LONGEST_NAME:
        name = "recipe"
    return f"{RECIPES_FOLDER}/{recipe_hash(record.recipe)}/{name}.yaml"


def _flags(runs: Sequence[Record]) -> list[str]:
    """One set of flags where all seeds from 0 have the same folds, else one a seed or fold."""
    folds: dict[int, list[int]] = {}
    for record in runs:
        folds.setdefault(record.seed, []).append(record.task.fold)
    every = list(range(runs[0].task.folds))
    parts = {
        seed: [""] if found == every else [f" --fold {fold}" for fold in found]
        for seed, found in folds.items()
    }
    common = parts[runs[0].seed]
    alike = all(part == common for part in parts.values())
    if alike and len(parts) > 1 and list(parts) == list(range(len(parts))):
        return [f"--seeds {len(parts)}{part}" for part in common]
    return [f"--seed {seed}{part}" for seed, found in parts.items() for part in found]
