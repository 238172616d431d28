"""`emobench ablate`: every difference of two recipes, turned on alone and off alone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emobench.api import RecipeError
from emobench.cli import flags
from emobench.cli.borrowed import warn_of_borrowed
from emobench.cli.progress import choose_progress
from emobench.cli.run import exit_code, run_plans, seeds_of, tell_interrupted

if TYPE_CHECKING:
    from emobench.recipes.model import Recipe
    from emobench.registry import Registry
    from emobench.runs.ablation import Ablation
    from emobench.runs.plan import AnyPlan, Settings


@click.command(short_help="Measure each difference of two recipes alone.")
@click.argument("recipe", metavar="RECIPE")
@click.option(
    "--against",
    required=True,
    metavar="RECIPE",
    help="The recipe that it is compared with, its parent.",
)
@flags.own_task
@flags.seeds
@flags.seed
@flags.fold
@flags.runs
@flags.data_root
@flags.device
@flags.time_limit
@flags.as_json
@flags.dry_run
def ablate(  # noqa: PLR0913 - one parameter a flag
    recipe: str,
    against: str,
    task: str | None,
    seeds: int | None,
    seed: int | None,
    fold: int | None,
    runs: Path,
    data_root: str,
    device: str,
    time_limit: float | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Measure each difference of two recipes alone.

    Every change between RECIPE and the one it is held against is turned on alone in the parent
    and off alone in RECIPE, all with the same seeds. The runs are ordinary ones: what is stored
    is not run again, and the same command resumes what was interrupted.

    \b
    Examples:
      emobench ablate enhanced --against baseline --seeds 5
      emobench ablate aus/improved --against aus/before --task ravdess-au/actors --fold 0
      emobench ablate mine.yaml --against enhanced --dry-run
    """
    from emobench.recipes.load import load_recipe
    from emobench.registry import load_registry
    from emobench.runs.ablation import ablation
    from emobench.runs.plan import Settings, default_task, plan_runs

    registry = load_registry()
    child = load_recipe(recipe, registry=registry)
    parent = load_recipe(against, registry=registry)
    apart = ablation(child, against=parent, known=_shipped(registry))
    plans = plan_runs(
        apart.recipes(),
        task_names=[task or default_task(child)],
        seeds=seeds_of(seeds, seed),
        fold=fold,
        registry=registry,
    )
    used = [block for plan in plans for block in (*plan.recipe.blocks(), plan.task.dataset)]
    warn_of_borrowed(used, registry=registry)
    settings = Settings(runs=runs, data_root=data_root, device=device, time_limit=time_limit)
    act = _show if dry_run else _carry_out
    code = act(apart, plans, settings=settings, registry=registry, as_json=as_json)
    raise click.exceptions.Exit(code)


def _shipped(registry: Registry) -> list[Recipe]:
    """The shipped recipes that load here and train: a variant may be one of them."""
    from emobench.recipes.load import load_recipe, shipped_recipes

    found = []
    for name in shipped_recipes():
        with suppress(RecipeError):
            found.append(load_recipe(name, registry=registry))
    return found


def _show(
    apart: Ablation,
    plans: list[AnyPlan],
    *,
    settings: Settings,
    registry: Registry,
    as_json: bool,
) -> int:
    from emobench.cli.ablate_report import change_lines
    from emobench.cli.dry_run import show_plans
    from emobench.cli.text import print_lines

    if not as_json:
        print_lines([*change_lines(apart), ""])
    return show_plans(plans, settings=settings, registry=registry, as_json=as_json)


def _carry_out(
    apart: Ablation,
    plans: list[AnyPlan],
    *,
    settings: Settings,
    registry: Registry,
    as_json: bool,
) -> int:
    """Run the plans, report and give the exit code."""
    from emobench.cli.ablate_report import report

    with choose_progress(plain=as_json) as progress:
        endings = list(run_plans(plans, settings=settings, registry=registry, progress=progress))
    report(apart, endings, runs=settings.runs, as_json=as_json)
    tell_interrupted(endings, fresh=False)
    return exit_code(endings)
