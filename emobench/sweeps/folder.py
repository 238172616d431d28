"""A sweep's folder: `<runs>/sweeps/<name>/` with its trials' runs, its journal and its winner.

It lies apart from other runs, so that a board of those never ranks the best of many tries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from emobench.api.errors import UsageError
from emobench.recipes.emit import to_yaml
from emobench.recipes.identity import identity
from emobench.recipes.model import Recipe
from emobench.runs.files import explained, write_atomic
from emobench.sweeps.search import TrialEnd

SWEEPS_FOLDER = "sweeps"
SWEEP_FILE = "sweep.json"
JOURNAL_FILE = "trials.jsonl"
BEST_FILE = "best.yaml"
NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def default_name(definition: Mapping[str, Any]) -> str:
    """A name a person can read, made unique by what the sweep is: the same call, the same name."""
    words = f"{definition['recipe']['name']}-{definition['task']['name']}"
    readable = re.sub(r"[^a-z0-9._-]+", "-", words.lower()).lstrip("-_.")
    return f"{readable}-{identity(**definition)[:8]}"


class SweepFolder:
    """Where one sweep keeps what it did."""

    def __init__(self, runs: Path, name: str) -> None:
        if not NAME_PATTERN.fullmatch(name):
            raise UsageError(
                f"'{name}' is no name for a sweep: letters, digits, '.', '_' and '-' only, "
                "beginning with a letter or digit"
            )
        self.root = runs
        self.name = name
        self.path = runs / SWEEPS_FOLDER / name

    @property
    def journal(self) -> Path:
        """One line of JSON a trial, as of the last call."""
        return self.path / JOURNAL_FILE

    @property
    def best(self) -> Path:
        """The winner, as a recipe that runs."""
        return self.path / BEST_FILE

    def open(self, definition: Mapping[str, Any]) -> None:
        """Create the folder, or go on in it; refuse one that holds another sweep."""
        text = json.dumps(definition, indent=1, sort_keys=True) + "\n"
        file = self.path / SWEEP_FILE
        with explained(self.root):
            self.path.mkdir(parents=True, exist_ok=True)
            known = file.read_text(encoding="utf-8") if file.exists() else None
            if known is None:
                write_atomic(file, text)
        if known is not None and known != text:
            raise UsageError(
                f"'{self.path}' holds another sweep (its recipe, task, space or seed "
                "differ); name this one with --name, or repeat that call to go on with it"
            )

    def write_journal(self, ends: Sequence[TrialEnd], *, metric: str) -> None:
        """Write how every trial so far ended."""
        lines = [json.dumps(journal_row(end, metric=metric)) for end in ends]
        with explained(self.root):
            write_atomic(self.journal, "".join(f"{line}\n" for line in lines))

    def write_best(self, recipe: Recipe, *, task: str, summary: str) -> None:
        """Write the winner's recipe."""
        winner = replace(recipe, task=task, summary=summary)
        with explained(self.root):
            write_atomic(self.best, to_yaml(winner.dump()))


def journal_row(end: TrialEnd, *, metric: str) -> dict[str, Any]:
    """How a trial ended, as plain values; never with a test figure."""
    return {
        "trial": end.trial.index,
        "run": end.run_id,
        "state": end.state,
        "reason": end.reason,
        "metric": metric,
        "validation": end.validation,
        "drawn": dict(end.trial.drawn),
    }
