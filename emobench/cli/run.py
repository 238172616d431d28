"""`emobench run`: train and score recipes, and say how they fared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emobench.api import EmobenchError, UsageError
from emobench.cli import flags
from emobench.cli.borrowed import warn_of_borrowed
from emobench.cli.cautioned import warn_of_causes
from emobench.cli.progress import Progress, choose_progress

if TYPE_CHECKING:
    from emobench.registry import Registry
    from emobench.runs.plan import AnyPlan, Settings
    from emobench.runs.record import Record

NO_SCORE = 5
INTERRUPTED = 130


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How one run ended: its record where it ran to an end, the error where one stopped it.

    A run that the user interrupted has neither; what the store holds of it the executor wrote.
    """

    plan: AnyPlan
    record: Record | None
    stored: bool = False
    error: EmobenchError | None = None
    interrupted: bool = False


@click.command(short_help="Train and score recipes.")
@click.argument("recipes", nargs=-1, required=True, metavar="RECIPE...")
@flags.task
@flags.seeds
@flags.seed
@flags.fold
@flags.overrides
@flags.runs
@flags.data_root
@flags.data
@flags.group
@flags.device
@flags.time_limit
@flags.fresh
@flags.as_json
@flags.dry_run
def run(  # noqa: PLR0913 - one parameter a flag
    recipes: tuple[str, ...],
    task: str | None,
    seeds: int | None,
    seed: int | None,
    fold: int | None,
    overrides: tuple[str, ...],
    runs: Path,
    data_root: str,
    data: Path | None,
    group: str | None,
    device: str,
    time_limit: float | None,
    fresh: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Train and score recipes.

    RECIPE is a file, or the name of a shipped recipe. A run that is already stored is answered
    from its record.

    A run that was killed or interrupted goes on where it stopped when the command is repeated.

    \b
    Examples:
      emobench run enhanced
      emobench run baseline enhanced --seeds 5
      emobench run mine.yaml --set train.epochs=10 --set techniques.mixup.alpha=0.2
      emobench run enhanced --data ./clips --group '^(S[MF]\\d+)_'
    """
    from emobench.recipes.load import load_recipes
    from emobench.registry import load_registry
    from emobench.runs.plan import Settings, plan_runs

    registry = load_registry()
    plans = plan_runs(
        load_recipes(recipes, overrides=overrides, registry=registry),
        task_names=[name.strip() for name in task.split(",") if name.strip()] if task else [],
        seeds=seeds_of(seeds, seed),
        fold=fold,
        data=data,
        group=group,
        registry=registry,
    )
    settings = Settings(
        runs=runs, data_root=data_root, device=device, fresh=fresh, time_limit=time_limit
    )
    used = [block for plan in plans for block in (*plan.recipe.blocks(), plan.task.dataset)]
    warn_of_borrowed(used, registry=registry)
    warn_of_causes([plan.recipe for plan in plans], registry=registry)
    act = _show if dry_run else _carry_out
    code = act(_without_repeats(plans), settings=settings, registry=registry, as_json=as_json)
    raise click.exceptions.Exit(code)


def _without_repeats(plans: Sequence[AnyPlan]) -> list[AnyPlan]:
    """Each run once; a recipe or task that the call names twice is told."""
    unique = list(dict.fromkeys(plans))
    repeated = dict.fromkeys(
        f"{plan.recipe.name} on {plan.task.name}" for plan in unique if plans.count(plan) > 1
    )
    for name in repeated:
        click.echo(f"warning: {name} is asked for more than once; it is taken once", err=True)
    return unique


def _show(
    plans: Sequence[AnyPlan], *, settings: Settings, registry: Registry, as_json: bool
) -> int:
    from emobench.cli.dry_run import show_plans

    return show_plans(plans, settings=settings, registry=registry, as_json=as_json)


def _carry_out(
    plans: Sequence[AnyPlan], *, settings: Settings, registry: Registry, as_json: bool
) -> int:
    """Run the plans, report and give the exit code."""
    with choose_progress(plain=as_json) as progress:
        endings = list(run_plans(plans, settings=settings, registry=registry, progress=progress))
    _report(endings, settings=settings, as_json=as_json)
    tell_interrupted(endings, fresh=settings.fresh)
    return exit_code(endings)


def tell_interrupted(endings: Sequence[Ending], *, fresh: bool) -> None:
    """Say how to go on, where the user stopped the call."""
    if any(ending.interrupted for ending in endings):
        again = "the same command without --fresh resumes it"
        again = again if fresh else "run the same command to resume"
        click.echo(f"interrupted; {again}", err=True)


def run_plans(
    plans: Sequence[AnyPlan], *, settings: Settings, registry: Registry, progress: Progress
) -> Iterator[Ending]:
    """Run one plan after the other; an error ends its own run, the user's interrupt all."""
    from emobench.runs.executor import execute

    told: set[str] = set()
    for number, plan in enumerate(plans, start=1):
        try:
            progress.begin_run(plan, number=number, total=len(plans))
            record = execute(plan, settings=settings, registry=registry, listener=progress)
        except EmobenchError as error:
            if str(error) not in told:
                for line in str(error).splitlines():
                    progress.say(f"error: {line}")
            told.add(str(error))
            yield Ending(plan=plan, record=None, error=error)
        except KeyboardInterrupt:
            yield Ending(plan=plan, record=None, interrupted=True)
            return
        else:
            yield Ending(plan=plan, record=record, stored=not progress.worked)


def exit_code(endings: Sequence[Ending]) -> int:
    """The first error's code, or that for runs without a score; a collapse is a result."""
    if any(ending.interrupted for ending in endings):
        return INTERRUPTED
    for ending in endings:
        if ending.error is not None:
            return ending.error.exit_code
    scored = ("ok", "collapsed")
    without = any(ending.record and ending.record.state not in scored for ending in endings)
    return NO_SCORE if without else 0


def _report(endings: Sequence[Ending], *, settings: Settings, as_json: bool) -> None:
    if as_json:
        from emobench.cli.run_json import run_document
        from emobench.cli.text import print_json

        print_json(run_document(endings, runs=settings.runs))
        return
    from emobench.cli.summary import summary_lines
    from emobench.cli.text import print_lines

    ended = [ending for ending in endings if not ending.interrupted]
    print_lines(summary_lines(ended, runs=settings.runs))


def seeds_of(seeds: int | None, seed: int | None) -> tuple[int, ...]:
    """The seeds that --seeds or --seed asks for; without either it is 0 alone."""
    if seeds is not None and seed is not None:
        raise UsageError("--seeds N runs the seeds 0 to N-1 and --seed S one alone; give one")
    return tuple(range(seeds)) if seeds is not None else (seed or 0,)
