"""`emobench sweep`: search a recipe's options, and say which trial did best on validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emobench.api import UsageError
from emobench.boards.words import count, title
from emobench.cli import flags
from emobench.cli.progress import choose_progress
from emobench.cli.run import INTERRUPTED, NO_SCORE

if TYPE_CHECKING:
    from emobench.data.tasks import Task
    from emobench.registry import Registry
    from emobench.runs.plan import Settings
    from emobench.sweeps.folder import SweepFolder
    from emobench.sweeps.recipe_space import SearchSpace
    from emobench.sweeps.search import Trial, TrialEnd

DEFAULT_RECIPE = "enhanced"
DEFAULT_TRIALS = 20


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One call: the space, the trials drawn from it, and where everything lies.

    `winner_task` is the task as the winner's recipe names it; `definition` is what makes two
    calls the same sweep.
    """

    space: SearchSpace
    task: Task
    winner_task: str
    trials: Sequence[Trial]
    folder: SweepFolder
    definition: Mapping[str, Any]
    settings: Settings
    registry: Registry


@click.command(short_help="Search for better options of a recipe.")
@click.argument("recipe", required=False, default=DEFAULT_RECIPE, metavar="[RECIPE]")
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=DEFAULT_TRIALS,
    show_default=True,
    metavar="N",
    help="How many recipes to try; the first is RECIPE as it stands.",
)
@click.option(
    "--open",
    "open_kinds",
    metavar="KINDS",
    help="Choose these components too, among all installed: loss,techniques,...",
)
@click.option("--task", metavar="TASK", help="The task or task file, if not the recipe's own.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change an option and leave it out of the search; may be repeated.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="S",
    help="Seed of the draws and of every trial's training.",
)
@click.option(
    "--name",
    metavar="S",
    help="The sweep's folder below DIR/sweeps; without it, one made of what is searched.",
)
@click.option(
    "--stop-collapsing",
    is_flag=True,
    help="End trials that have fallen to one class and get no further.",
)
@flags.runs
@flags.data_root
@flags.device
@flags.time_limit
@flags.as_json
@click.option("--dry-run", is_flag=True, help="Show what would be searched, and train nothing.")
def sweep(  # noqa: PLR0913 - one parameter a flag
    recipe: str,
    trials: int,
    open_kinds: str | None,
    task: str | None,
    overrides: tuple[str, ...],
    seed: int,
    name: str | None,
    stop_collapsing: bool,
    runs: Path,
    data_root: str,
    device: str,
    time_limit: float | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Search for better options of a recipe.

    RECIPE is a file, or the name of a shipped recipe; without it, enhanced. This is random search,
    one trial at a time on this machine; Ray Tune comes later. Trials are compared by the task's
    metric on validation data, never on test data.

    The same call goes on where it stopped, and never repeats a trial that is done.

    \b
    Examples:
      emobench sweep --trials 20
      emobench sweep mine.yaml --trials 50 --set train.epochs=10 --time-limit 300
      emobench sweep baseline --open loss,techniques --dry-run
    """
    from emobench.cli.sweep_report import show_space
    from emobench.runs.plan import Settings

    opened = [kind.strip() for kind in (open_kinds or "").split(",") if kind.strip()]
    planned = _plan(
        _space(recipe, opened=opened, overrides=overrides, stopping=stop_collapsing),
        task_name=task,
        trials=trials,
        seed=seed,
        name=name,
        settings=Settings(runs=runs, data_root=data_root, device=device, time_limit=time_limit),
    )
    if stop_collapsing:
        planned = _ending_collapses(planned)
    if dry_run:
        show_space(planned, as_json=as_json)
        return
    raise click.exceptions.Exit(_carry_out(planned, as_json=as_json))


def _space(
    source: str, *, opened: Sequence[str], overrides: Sequence[str], stopping: bool
) -> SearchSpace:
    """What there is to search, or a UsageError where that is nothing."""
    from emobench.recipes.load import load_recipe
    from emobench.registry import load_registry
    from emobench.sweeps.recipe_space import fixed_keys, space_of
    from emobench.sweeps.stopping import ending_collapses

    registry = load_registry()
    recipe = load_recipe(source, overrides=overrides, registry=registry)
    fixed = fixed_keys(overrides, recipe=recipe)
    recipe = ending_collapses(recipe, registry=registry) if stopping else recipe
    space = space_of(recipe, registry=registry, open_kinds=opened, fixed=fixed)
    if not space.describe():
        raise UsageError(
            f"there is nothing to search in recipe '{recipe.name}': no option that is left to "
            "search has a range; open a kind, such as --open loss"
        )
    return space


def _plan(
    space: SearchSpace,
    *,
    task_name: str | None,
    trials: int,
    seed: int,
    name: str | None,
    settings: Settings,
) -> Sweep:
    """Everything that is settled before the first trial; all draws are made here."""
    from emobench.data.tasks import find_task
    from emobench.registry import load_registry
    from emobench.runs.plan import default_task
    from emobench.sweeps.folder import SweepFolder, default_name
    from emobench.sweeps.search import draw_trials

    registry, recipe = load_registry(), space.recipe
    where = task_name or default_task(recipe)
    task = find_task(where, registry=registry)
    definition = {
        "recipe": {"name": recipe.name, **recipe.method()},
        "task": task.dump(),
        "space": [asdict(dimension) for dimension in space.describe()],
        "seed": seed,
    }
    return Sweep(
        space=space,
        task=task,
        winner_task=_from_anywhere(where, task),
        trials=draw_trials(space, task=task, count=trials, seed=seed),
        folder=SweepFolder(settings.runs, name or default_name(definition)),
        definition=definition,
        settings=settings,
        registry=registry,
    )


def _ending_collapses(sweep: Sweep) -> Sweep:
    """The sweep whose every trial ends itself when it has collapsed."""
    from emobench.sweeps.stopping import ending_trials

    return replace(sweep, trials=ending_trials(sweep.trials, registry=sweep.registry))


def _from_anywhere(source: str, task: Task) -> str:
    """How a recipe that lies elsewhere names the task: a task file by its whole path."""
    path = Path(source)
    return str(path.resolve()) if path.suffix.lower() in (".yaml", ".yml") else task.name


def _carry_out(sweep: Sweep, *, as_json: bool) -> int:
    """Run the trials, keep the journal, write the winner, report and give the exit code."""
    from emobench.cli.sweep_report import report
    from emobench.sweeps.search import best_trial

    sweep.folder.open(sweep.definition)
    ends, interrupted = _run(sweep, plain=as_json)
    best = best_trial(ends, metric=sweep.task.metric)
    if best is not None:
        sweep.folder.write_best(
            best.trial.recipe,
            task=sweep.winner_task,
            summary=f"Best of {count(len(ends), 'trial')} of sweep {sweep.folder.name}, "
            f"by {title(sweep.task.metric)} on validation.",
        )
    report(sweep, ends, best=best, as_json=as_json)
    if interrupted:
        click.echo("interrupted; run the same command to go on where it stopped", err=True)
        return INTERRUPTED
    return NO_SCORE if best is None else 0


def _run(sweep: Sweep, *, plain: bool) -> tuple[list[TrialEnd], bool]:
    """How the trials ended, each in the journal at once, and whether the user interrupted."""
    from emobench.cli.sweep_report import end_line
    from emobench.sweeps.search import run_trials

    metric = sweep.task.metric
    ends: list[TrialEnd] = []
    with choose_progress(plain=plain) as progress:

        def begin(trial: Trial) -> None:
            progress.begin_run(trial.plan, number=trial.index + 1, total=len(sweep.trials))

        try:
            for end in run_trials(
                sweep.trials,
                settings=replace(sweep.settings, runs=sweep.folder.path),
                registry=sweep.registry,
                listener=progress,
                begin=begin,
            ):
                ends.append(end)
                sweep.folder.write_journal(ends, metric=metric)
                progress.say(end_line(end, metric=metric))
        except KeyboardInterrupt:
            return ends, True
    return ends, False
