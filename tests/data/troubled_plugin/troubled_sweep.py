"""A sweep over trials that get into trouble, as a function and as a program that can be killed."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.plan import Settings
from emobench.sweeps.journal import Asked, Ended, Journal, read_events
from emobench.sweeps.recipe_space import space_of
from emobench.sweeps.rungs import unstopped
from emobench.sweeps.searcher import RandomSearch
from emobench.sweeps.study import Start, Study
from emobench.sweeps.trial import Report, Trial, TrialEnd
from emobench.sweeps.watcher import Resources, Watcher

RECIPE = """\
schema: 1
task: task.yaml
frontend: {use: values}
backbone: {use: dense, hidden: [8]}
head: {use: linear}
loss: {use: cross_entropy}
optimizer: {use: adamw, lr: 0.01}
techniques: [{use: troubled}]
train: {epochs: 3, batch_size: 256}
"""
TASK = """\
name: tiny-table
dataset: {use: synthetic-au, items: 600, identities: 12}
protocol: {use: grouped-holdout}
"""
PREFIX = "techniques.troubled"


@dataclass
class Told(Watcher):
    """Keeps what a watcher hears."""

    said: list[str] = field(default_factory=list)
    ends: list[tuple[int, TrialEnd]] = field(default_factory=list)
    epochs: Counter[tuple[int, int]] = field(default_factory=Counter)
    began_at: dict[int, float] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)

    def say(self, message: str) -> None:
        self.said.append(message)
        print(message, flush=True)

    def began(self, trial: Trial) -> None:
        self.began_at.setdefault(trial.index, time.monotonic())

    def heard(self, trial: Trial, report: Report) -> None:
        self.epochs[trial.index, report.epoch] += 1

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        self.ends.append((trial.index, end))
        self.times.append(time.monotonic())


def prepare(folder: Path) -> None:
    """Write the recipe and the task."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "task.yaml").write_text(TASK)


def study_in(folder: Path, journal: Journal, *, troubles: list[str], overrides: list[str]) -> Study:
    """The study whose trials after the first get into these troubles."""
    registry = load_registry()
    recipe = load_recipe(folder / "recipe.yaml", overrides=overrides, registry=registry)
    free = {f"{PREFIX}.trouble", f"{PREFIX}.number"}
    everything = space_of(recipe, registry=registry).values(recipe)
    space = space_of(recipe, registry=registry, fixed=set(everything) - free)
    starts = [
        Start(values={f"{PREFIX}.trouble": kind, f"{PREFIX}.number": number}, origin=kind)
        for number, kind in enumerate(troubles, 1)
    ]
    return Study(
        space,
        task=find_task(str(folder / "task.yaml"), registry=registry),
        seed=0,
        searcher=RandomSearch(seed=0),
        rungs=unstopped(),
        journal=journal,
        starts=starts,
    )


def sweep(
    folder: Path,
    *,
    troubles: list[str],
    overrides: list[str] | None = None,
    resources: Resources | None = None,
    watcher: Watcher | None = None,
) -> Study:
    """Run, or go on with, the sweep in a folder."""
    from emobench.sweeps.engine import run_on_ray

    with Journal(folder / "journal.jsonl", root=folder) as journal:
        study = study_in(folder, journal, troubles=troubles, overrides=overrides or [])
        run_on_ray(
            study,
            trials=len(troubles) + 1,
            settings=Settings(runs=folder / "runs", device="cpu"),
            resources=resources or Resources(),
            watcher=watcher or Told(),
        )
    return study


def audit(folder: Path) -> dict[int, TrialEnd]:
    """How trials ended; fails where the journal has one twice, or says other than the runs do."""
    events = list(read_events(folder / "journal.jsonl"))
    asked = Counter(event.trial for event in events if isinstance(event, Asked))
    ends = [event for event in events if isinstance(event, Ended)]
    assert set(asked.values()) <= {1}, f"asked twice: {asked}"
    assert len({event.trial for event in ends}) == len(ends), "ended twice"
    records = {path.parent.name: json.loads(path.read_text()) for path in _records(folder)}
    assert len(records) <= len(asked), "more runs than trials"
    for event in ends:
        if event.end.run_id is not None:
            record = records[event.end.run_id]
            assert record["state"] == event.end.state, (event, record["state"])
            states = [attempt["state"] for attempt in record["attempts"]]
            assert states.count("ok") <= 1, f"trained twice: {states}"
    return {event.trial: event.end for event in ends}


def finished(folder: Path) -> dict[str, Any]:
    """The records of runs that are final, as they stand."""
    found = {path.parent.name: path.read_bytes() for path in _records(folder)}
    return {name: text for name, text in found.items() if json.loads(text)["state"] == "ok"}


def _records(folder: Path) -> list[Path]:
    return sorted((folder / "runs").glob("*/record.json"))


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    sweep(
        Path(told["folder"]),
        troubles=told["troubles"],
        overrides=told.get("overrides"),
        resources=Resources(**told.get("resources", {})),
    )
