"""The doctor on eight planted collapses, and what ending collapses early saves and costs.

    python -P benchmarks/doctor.py [--runs DIR] [--seeds N] [--histories DIR ...] [--write PAGE]

Every planted recipe hides one cause of collapse among changes that do no harm. The first table
tells whether the doctor names it: first by the run's evidence alone, then by its experiments. The
second replays long histories under the rule of `stop_collapsing`. With `--write` both take their
place in docs/why-recipes-collapse.md, between the lines that name them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from emobench.doctor.diagnosis import Diagnosis, diagnose
from emobench.doctor.experiments import Laboratory
from emobench.recipes.load import load_recipe
from emobench.runs.plan import Settings

sys.path.append(str(Path(__file__).parent))  # -P leaves it out, and a plant's target needs it

from doctor_endings import endings_table, long_runs, replays  # type: ignore[import-not-found]
from doctor_plants import (  # type: ignore[import-not-found]
    PLANTS,
    Plant,
    plan_of,
    planted_registry,
    write_plants,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables, and write them into a page where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs/doctor-benchmark"))
    parser.add_argument("--seeds", type=int, default=3, help="seeds of the planted collapses")
    parser.add_argument("--histories", type=Path, nargs="*", default=[], help="more runs folders")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page with places for both")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    registry = planted_registry()
    settings = Settings(runs=options.runs, device="cpu", plots=False)
    files = write_plants(options.runs / "plants")
    laboratory = Laboratory(settings=settings, registry=registry)
    planted = planted_table(files, laboratory, seeds=options.seeds)
    print(planted, flush=True)
    long_runs(options.runs / "plants", laboratory=laboratory)
    endings = endings_table(
        [each for place in (options.runs, *options.histories) for each in replays(place)]
    )
    print(f"\n{endings}")
    if options.write is not None:
        write_between(options.write, "planted", planted)
        write_between(options.write, "endings", endings)


def planted_table(files: dict[str, Path], laboratory: Laboratory, *, seeds: int) -> str:
    """A row a plant, and how often the right cause came first."""
    lines = [
        "| planted | first by evidence | score | cured by undoing | from | to | runs | right |",
        "|---|---|---:|---|---:|---:|---:|---:|",
    ]
    right = 0
    for plant in PLANTS:
        found = [examine(plant, files[plant.name], seed, laboratory) for seed in range(seeds)]
        told = [named(plant, each) for each in found]
        lines.append(f"{plant_row(plant, found[0])} {sum(told)} of {seeds} |")
        print(lines[-1], file=sys.stderr, flush=True)
        right += sum(told)
    parents = sorted({plant.parent for plant in PLANTS})
    return "\n".join(
        [
            *lines,
            "",
            f"The right cause comes first, by evidence and by cure, in {right} of "
            f"{len(PLANTS) * seeds}: {len(PLANTS)} plants of {len(parents)} parents with "
            f"{seeds} seeds each. A row's figures are those of seed 0.",
        ]
    )


def examine(plant: Plant, file: Path, seed: int, laboratory: Laboratory) -> Diagnosis:
    """The doctor's diagnosis of one planted recipe."""
    child = load_recipe(file, registry=laboratory.registry)
    parent = load_recipe(file.with_name(f"{plant.parent}.yaml"), registry=laboratory.registry)
    like = plan_of(file, laboratory.registry, seed)
    return diagnose(child, [parent], like=like, laboratory=laboratory)


def named(plant: Plant, found: Diagnosis) -> bool:
    """Whether the planted cause is the evidence's first, and the first cure undoes it alone."""
    first = found.causes[0].name if found.causes else ""
    cure = {each.key for each in found.cures[0]} if found.cures else set()
    return first == plant.cause and len(cure) == 1 and cure <= plant.guilty


def plant_row(plant: Plant, found: Diagnosis) -> str:
    """All but the last cell of a row of the first table."""
    cause = found.causes[0] if found.causes else None
    cure = ", ".join(each.key for each in found.cures[0]) if found.cures else "nothing"
    trial = found.trial_of(found.cures[0]) if found.cures else None
    before, after = found.child_outcome.score, trial.outcome.score if trial else None
    return (
        f"| {plant.name} | {cause.title if cause else 'none'} | {cause.score if cause else 0:.2f} "
        f"| `{cure}` | {percent(before)} | {percent(after)} | {len(found.trials) + 2} |"
    )


def percent(score: float | None) -> str:
    """A score as a percentage."""
    return "none" if score is None else f"{score:.1%}"


def write_between(page: Path, name: str, text: str) -> None:
    """Put the text between the lines of a page that name its place."""
    begin, end = f"<!-- {name}: written by benchmarks/doctor.py -->", f"<!-- end of {name} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{page} has no place for it: the lines '{begin}' and '{end}'")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
