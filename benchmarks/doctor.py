"""The doctor on eight planted collapses, and what ending collapses early saves and costs.

    python benchmarks/doctor.py [--runs DIR] [--seeds N] [--histories DIR ...]

Every planted recipe hides one cause of collapse among changes that do no harm. The first table
tells whether the doctor names it: first by the run's evidence alone, then by its experiments. The
second replays histories epoch by epoch, with the rule of `stop_collapsing`: of collapsed trainings
what it saves, of sound ones (slow starters among them) whether it would have ended any.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from doctor_plants import (  # type: ignore[import-not-found]
    PARENTS,
    PLANTS,
    Plant,
    planted_registry,
    write_plants,
)

from emobench.doctor.diagnosis import Diagnosis, diagnose
from emobench.doctor.evidence import Evidence, read_evidence
from emobench.doctor.experiments import Laboratory, outcome_of
from emobench.recipes.load import load_recipe
from emobench.registry import Registry
from emobench.runs.plan import Plan, Settings
from emobench.runs.store import RunStore
from emobench.scoring.falling import StopCollapsingOptions, hopeless

LONG = "train.epochs=24"
SLOW_STARTS = {
    "rate 1e-4": ("optimizer.lr=1e-4",),
    "rate 3e-5": ("optimizer.lr=3e-5",),
    "rate 1e-5": ("optimizer.lr=1e-5",),
    "warm-up over half": ("scheduler={use: cosine, warmup: 0.5}",),
    "onecycle, late peak": ("scheduler={use: onecycle, rise: 0.6}",),
    "dropout 0.7": ("backbone.dropout=0.7",),
    "six layers": ("backbone.hidden=[32, 32, 32, 32, 32, 32]",),
    "ten layers, SGD": (
        "backbone.hidden=[32, 32, 32, 32, 32, 32, 32, 32, 32, 32]",
        "optimizer={use: sgd, lr: 0.02}",
    ),
    "SGD 1e-3": ("optimizer={use: sgd, lr: 0.001}",),
    "focal, small": ("loss={use: focal, alpha: 0.05, gamma: 2.0}", "optimizer={use: sgd, lr: 0.1}"),
    "penalty 1e-3": ("techniques=[{use: weight_penalty, l2: 0.001}]",),
    "batch norm lags": ("backbone.hidden_batch_norm=true", "backbone.norm_momentum=0.01"),
}
"""Sound recipes that are slow to start, as changes to the parent."""

SOUND_GAIN = 0.05
"""A training that ends with a UAR this far above that of guessing is sound."""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One history under the rule: after which epoch it would have been ended, if at all."""

    name: str
    epochs: int
    ended: int
    sound: bool


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs/doctor-benchmark"))
    parser.add_argument("--seeds", type=int, default=1, help="seeds of the planted collapses")
    parser.add_argument("--histories", type=Path, nargs="*", default=[], help="more runs folders")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    registry = planted_registry()
    settings = Settings(runs=options.runs, device="cpu", plots=False)
    folder = options.runs / "plants"
    files = write_plants(folder)
    laboratory = Laboratory(settings=settings, registry=registry)
    print("| planted | seed | first by evidence | score | cured by undoing | from | to | runs |")
    print("|---|---:|---|---:|---|---:|---:|---:|", flush=True)
    right = 0
    for plant in PLANTS:
        for seed in range(options.seeds):
            found = examine(plant, files[plant.name], seed, laboratory)
            right += named(plant, found)
            print(plant_row(plant, seed, found), flush=True)
    count = len(PLANTS) * options.seeds
    print(f"\nright cause first, by evidence and by cure: {right} of {count}\n", flush=True)
    long_runs(folder, settings=settings, registry=registry, seeds=2)
    places = [options.runs, options.runs / "doctor", *options.histories]
    print_replays([replay(each) for place in places for each in evidences(place)])


def examine(plant: Plant, file: Path, seed: int, laboratory: Laboratory) -> Diagnosis:
    """The doctor's diagnosis of one planted recipe."""
    child = load_recipe(file, registry=laboratory.registry)
    parent = load_recipe(file.with_name(f"{plant.parent}.yaml"), registry=laboratory.registry)
    return diagnose(
        child, [parent], like=plan_of(file, laboratory.registry, seed), laboratory=laboratory
    )


def plan_of(file: Path, registry: Registry, seed: int, *overrides: str) -> Plan:
    """The one run of a recipe file."""
    from emobench.runs.plan import plan_runs

    recipe = load_recipe(file, overrides=overrides, registry=registry)
    (plan,) = plan_runs([recipe], seeds=[seed], registry=registry)
    assert isinstance(plan, Plan), "the plants train"
    return plan


def named(plant: Plant, found: Diagnosis) -> bool:
    """Whether the planted cause is the evidence's first, and the first cure undoes it alone."""
    first = found.causes[0].name if found.causes else ""
    cure = {each.key for each in found.cures[0]} if found.cures else set()
    return first == plant.cause and len(cure) == 1 and cure <= plant.guilty


def plant_row(plant: Plant, seed: int, found: Diagnosis) -> str:
    """One row of the first table."""
    cause = found.causes[0] if found.causes else None
    cure = ", ".join(each.key for each in found.cures[0]) if found.cures else "nothing"
    trial = found.trial_of(found.cures[0]) if found.cures else None
    before, after = found.child_outcome.score, trial.outcome.score if trial else None
    return (
        f"| {plant.name} | {seed} | {cause.title if cause else 'none'} | "
        f"{cause.score if cause else 0:.2f} | `{cure}` | {percent(before)} | {percent(after)} | "
        f"{len(found.trials) + 2} |"
    )


def percent(score: float | None) -> str:
    """A score as a percentage."""
    return "none" if score is None else f"{score:.1%}"


def long_runs(folder: Path, *, settings: Settings, registry: Registry, seeds: int) -> None:
    """Longer trainings of every plant, every parent and every slow starter."""
    laboratory = Laboratory(settings=replace(settings, runs=settings.runs), registry=registry)
    plans = []
    for seed in range(seeds):
        for name in (*(plant.name for plant in PLANTS), *PARENTS):
            plans.append(plan_of(folder / f"{name}.yaml", registry, seed, LONG))
        for changes in SLOW_STARTS.values():
            plans.append(plan_of(folder / "parent.yaml", registry, seed, LONG, *changes))
    laboratory.run(plans, variants=False)


def evidences(runs: Path) -> Iterable[Evidence]:
    """The evidence of every finished run in a folder whose history says what was predicted."""
    for record in RunStore(runs).records() if runs.is_dir() else ():
        outcome = outcome_of(record, folder=runs / record.id)
        found = outcome.evidence or read_evidence(record, folder=runs / record.id)
        if found.rows and any(key.startswith("predicted.") for key in found.rows[0]):
            yield found


def replay(evidence: Evidence) -> Replay:
    """Show the rule the history, epoch by epoch."""
    rule = StopCollapsingOptions()
    rows = evidence.rows
    ended = next(
        (epoch for epoch in range(1, len(rows)) if hopeless(rows[:epoch], options=rule)), 0
    )
    guessing = 1 / max(1, len(evidence.classes))
    best = max(evidence.series("validation_uar"), default=0.0)
    return Replay(
        name=f"{evidence.recipe} ({evidence.run[-10:]})",
        epochs=len(rows),
        ended=ended,
        sound=best >= guessing + SOUND_GAIN,
    )


def print_replays(found: Sequence[Replay]) -> None:
    """The second table, and who was wronged."""
    fallen = [each for each in found if not each.sound]
    sound = [each for each in found if each.sound]
    print("| histories | count | would be ended | epochs | saved |")
    print("|---|---:|---:|---:|---:|")
    for name, group in (("collapsed, or never learnt", fallen), ("sound", sound)):
        ended = [each for each in group if each.ended]
        epochs = sum(each.epochs for each in group)
        saved = sum(each.epochs - each.ended for each in ended)
        share = f"{saved / epochs:.0%}" if epochs else ""
        print(f"| {name} | {len(group)} | {len(ended)} | {epochs} | {share} |")
    for each in sound:
        if each.ended:
            print(f"wronged: {each.name}, ended after epoch {each.ended} of {each.epochs}")


if __name__ == "__main__":
    main()
