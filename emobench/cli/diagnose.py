"""`emobench diagnose`: why a run or a recipe failed, and the smallest change that cures it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from emobench.api import RecipeError, UsageError
from emobench.cli import flags
from emobench.cores import usable_cores

if TYPE_CHECKING:
    from emobench.doctor.diagnosis import Diagnosis
    from emobench.doctor.experiments import Outcome
    from emobench.recipes.model import Recipe
    from emobench.registry import Registry
    from emobench.runs.plan import Plan, Settings


@click.command(short_help="Say why a run or a recipe failed, and what cures it.")
@click.argument("patient", metavar="RECIPE|RUN")
@click.option("--against", metavar="RECIPE", help="The sound recipe, if not the one it extends.")
@flags.own_task
@flags.fold
@flags.one_seed
@flags.overrides
@flags.runs
@flags.data_root
@flags.device
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    metavar="N",
    help="Experiments side by side; without it, one a processor core, and one on a GPU.",
)
@flags.as_json
def diagnose(  # noqa: PLR0913 - one parameter a flag
    patient: str,
    against: str | None,
    task: str | None,
    fold: int | None,
    seed: int,
    overrides: tuple[str, ...],
    runs: Path,
    data_root: str,
    device: str,
    processes: int | None,
    as_json: bool,
) -> None:
    """Say why a run or a recipe failed, and what cures it.

    Of a RUN (its id, its folder or a published record) it tells what the record and the history
    show, causes first that the evidence speaks for most. Nothing is trained.

    Of a RECIPE it runs the recipe and the one that it extends, undoes their differences one by one
    and together, and names the fewest that cure. `--set` applies to both, so that it can shorten
    them. All is judged on validation data; nothing of the test set is shown.

    \b
    Examples:
      emobench diagnose advanced
      emobench diagnose advanced --set train.epochs=6 --task ravdess/actors
      emobench diagnose runs/advanced-ravdess-actors-fold0-seed0-3f154e86d5
      emobench diagnose mine.yaml --against enhanced
    """
    from emobench.cli.diagnose_report import report_recipe, report_run
    from emobench.doctor.patients import find_run
    from emobench.runs.plan import Settings

    found = find_run(patient, runs=runs)
    if found is not None:
        _refuse_for_runs(against=against, task=task, fold=fold, overrides=overrides)
        report_run(found, as_json=as_json)
        return
    settings = Settings(runs=runs, data_root=data_root, device=device)
    registry, recipe, parents = _recipes(patient, against, overrides)
    plan = _plan(recipe, task=task, fold=fold, seed=seed, registry=registry)
    side_by_side = processes or _processes(device)
    diagnosis = _examine(recipe, parents, plan, settings, registry, side_by_side, quiet=as_json)
    report_recipe(diagnosis, as_json=as_json)


def _refuse_for_runs(**given: object) -> None:
    for name, value in given.items():
        if value:
            flag = {"overrides": "set"}.get(name, name)
            raise UsageError(f"--{flag} belongs to a recipe; a run is diagnosed as it was")


def _recipes(
    source: str, against: str | None, overrides: tuple[str, ...]
) -> tuple[Registry, Recipe, list[Recipe]]:
    """The recipe and its ancestors, nearest first, all with the overrides that they can take."""
    from emobench.recipes.load import load_recipe, parent_of
    from emobench.registry import load_registry

    registry = load_registry()
    recipe = load_recipe(source, overrides=overrides, registry=registry)
    names: list[str | Path] = [against] if against else []
    step = None if against else parent_of(source)
    while step is not None:
        names.append(step)
        step = parent_of(step)
    if not names:
        raise UsageError(
            f"recipe '{recipe.name}' extends no other; say with --against RECIPE what it is to be "
            "compared with, such as --against baseline"
        )
    return registry, recipe, [_with_overrides(name, overrides, registry) for name in names]


def _with_overrides(source: str | Path, overrides: tuple[str, ...], registry: Registry) -> Recipe:
    """A parent with each override that means something to it; one that does not is the child's."""
    from emobench.recipes.load import load_recipe

    kept: list[str] = []
    for override in overrides:
        try:
            load_recipe(source, overrides=[*kept, override], registry=registry)
        except RecipeError:
            continue
        kept.append(override)
    return load_recipe(source, overrides=kept, registry=registry)


def _plan(
    recipe: Recipe, *, task: str | None, fold: int | None, seed: int, registry: Registry
) -> Plan:
    """What all experiments have in common; of a task in folds one fold, the first unless named."""
    from emobench.runs.plan import Plan, plan_runs

    plans = plan_runs(
        [recipe], task_names=[task] if task else [], seeds=[seed], fold=fold, registry=registry
    )
    first = plans[0]
    assert isinstance(first, Plan), "a recipe that trains has plans that train"
    return first


def _processes(device: str) -> int:
    from emobench.training.build import choose_device

    return usable_cores() if choose_device(device) == "cpu" else 1


def _examine(
    recipe: Recipe,
    parents: list[Recipe],
    plan: Plan,
    settings: Settings,
    registry: Registry,
    processes: int,
    *,
    quiet: bool,
) -> Diagnosis:
    from emobench.cli.diagnose_report import heard_line
    from emobench.doctor.diagnosis import diagnose as examine
    from emobench.doctor.experiments import Laboratory

    def heard(tried: Plan, outcome: Outcome) -> None:
        if not quiet:
            click.echo(heard_line(tried, outcome, recipe=recipe), err=True)

    laboratory = Laboratory(settings=settings, registry=registry, processes=processes, heard=heard)
    return examine(recipe, parents, like=plan, laboratory=laboratory)
