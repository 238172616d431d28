"""A sweep before its first trial: what is searched, on what, by whom, and where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emobench.api.errors import DataError, UsageError
from emobench.cores import usable_cores
from emobench.data.tasks import Task, find_task, open_dataset
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import Registry
from emobench.runs.plan import Plan, default_task
from emobench.scoring.catalogue import METRICS
from emobench.sweeps.call import DEFAULT_TASK, NO_RECORDS, OWN_RECORDS, Call, whole_path
from emobench.sweeps.fitting import fitting
from emobench.sweeps.folder import SweepFolder, default_name
from emobench.sweeps.journal import Journal
from emobench.sweeps.recipe_space import SearchSpace, as_trial, fixed_keys, space_of
from emobench.sweeps.rungs import Rungs, asha, hyperband, unstopped
from emobench.sweeps.searcher import RandomSearch, Searcher
from emobench.sweeps.starting import starting_recipe
from emobench.sweeps.study import Start, Study
from emobench.sweeps.trial import FOLD

if TYPE_CHECKING:
    from emobench.sweeps.estimate import Estimate

OPEN_WITHOUT_RECIPE = (
    "backbone",
    "frontend",
    "head",
    "loss",
    "optimizer",
    "sampler",
    "scheduler",
    "technique",
)
"""Kinds that are chosen too where a call names no recipe.

Augmentations are not among them: whatever changes clips or images before the frontend costs a
trial more than all its training.
"""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One call, settled: nothing is trained yet.

    `winner_task` is the task as the winner's recipe names it; `definition` is what makes two
    calls the same sweep.
    """

    call: Call
    space: SearchSpace
    task: Task
    winner_task: str
    folder: SweepFolder
    definition: Mapping[str, Any]
    registry: Registry

    def fitted(self) -> Sweep:
        """The sweep without what cannot go together on its task.

        Loads torch where kinds are open. Not part of the definition: it rests on the data.
        """
        space = fitting(
            self.space, task=self.task, settings=self.call.settings, registry=self.registry
        )
        return replace(self, space=space)

    def as_it_stands(self) -> Plan:
        """The run of trial 0: the recipe that everything is compared with."""
        recipe = as_trial(self.space.recipe, self.space.recipe)
        return Plan(recipe=recipe, task=self.task, seed=self.call.options.seed, fold=FOLD)

    @property
    def rungs(self) -> Rungs:
        """Which trials are worth their next epochs."""
        epochs, stop = self.space.recipe.train.epochs, self.call.options.stop
        if stop == "none":
            return unstopped()
        return asha(epochs) if stop == "asha" else hyperband(epochs)

    def searcher(self) -> Searcher:
        """What chooses the values of trials."""
        options = self.call.options
        if options.search == "random":
            return RandomSearch(seed=options.seed)
        if options.search == "grid":
            from emobench.sweeps.grid import GridSearch

            return GridSearch(self.space.build)
        from emobench.sweeps.optuna_search import OptunaSearch

        objectives = 1 if options.cost is None else 2
        return OptunaSearch(self.space.build, seed=options.seed, objectives=objectives)

    def study(self, journal: Journal, *, starts: tuple[Start, ...]) -> Study:
        """The mind of the sweep, with all that the journal knows."""
        return Study(
            self.space,
            task=self.task,
            seed=self.call.options.seed,
            searcher=self.searcher(),
            rungs=self.rungs,
            journal=journal,
            starts=starts,
        )

    def starts(self) -> tuple[Start, ...]:
        """What did well on validation elsewhere, to be tried first."""
        where = self.call.options.warm_start
        if where == NO_RECORDS:
            return ()
        from emobench.sweeps.portfolio import starts_for

        records = None if where == OWN_RECORDS else Path(where)
        return tuple(
            starts_for(
                self.space,
                task=self.task,
                registry=self.registry,
                fingerprint=self._fingerprint,
                records=records,
            )
        )

    def _fingerprint(self) -> str:
        """That of the task's data; empty, as no record's is, where there are none yet."""
        root = self.call.settings.data_root
        try:
            return open_dataset(self.task, registry=self.registry, data_root=root).fingerprint()
        except DataError:
            return ""

    def estimate(self) -> Estimate:
        """How long it may take, from the runs stored here, else from those published."""
        from functools import partial

        from emobench.runs.store import RunStore
        from emobench.sweeps.estimate import estimate
        from emobench.sweeps.evidence import read_records

        options = self.call.options
        places = max(1, usable_cores() // options.cpus_per_trial)
        from_records = partial(
            estimate,
            self.space,
            task=self.task,
            rungs=self.rungs,
            trials=self.call.trials,
            concurrent=options.concurrent or places,
            final_seeds=options.final_seeds,
        )
        here = from_records(records=RunStore(self.call.settings.runs).records())
        return here if here.seconds is not None else from_records(records=read_records())

    @property
    def sign(self) -> int:
        """1 where a higher figure is better, else -1."""
        return 1 if METRICS[self.task.metric].higher_is_better else -1


def plan_sweep(call: Call, *, registry: Registry) -> Sweep:
    """Settle all that a call says; a UsageError where there is nothing to search."""
    recipe = load_recipe(_begin(call, registry), overrides=call.overrides, registry=registry)
    where = call.task or default_task(recipe)
    task = find_task(where, registry=registry)
    space = _space(call, recipe, registry)
    definition = _definition(call, space, task)
    return Sweep(
        call=call,
        space=space,
        task=task,
        winner_task=whole_path(where) or task.name,
        folder=SweepFolder(call.settings.runs, call.options.name or default_name(definition)),
        definition=definition,
        registry=registry,
    )


def plan_again(call: Call, *, given: Mapping[str, Any], registry: Registry) -> Sweep:
    """The sweep that an earlier call began, with the arguments that are given now instead.

    Without a name, the one that the call itself would begin. It must be there.
    """
    if call.options.name is None:
        sweep = plan_sweep(call, registry=registry)
        sweep.folder.existing()
        return sweep
    known = SweepFolder(call.settings.runs, call.options.name).existing()
    again = known.call.changed({**given, "runs": call.settings.runs, "name": call.options.name})
    return plan_sweep(again, registry=registry)


def _begin(call: Call, registry: Registry) -> str:
    """The recipe that a call names; else the plainest for its task."""
    if call.recipe is not None:
        return call.recipe
    task = find_task(call.task or DEFAULT_TASK, registry=registry)
    return starting_recipe(task, registry=registry)


def _space(call: Call, recipe: Recipe, registry: Registry) -> SearchSpace:
    fixed = fixed_keys(call.overrides, recipe=recipe)
    space = space_of(recipe, registry=registry, open_kinds=_opened(call, fixed), fixed=fixed)
    if not space.describe():
        raise UsageError(
            f"there is nothing to search in recipe '{recipe.name}': no option that is left to "
            "search has a range; open a kind, such as --open loss"
        )
    return space


def _opened(call: Call, fixed: frozenset[str]) -> tuple[str, ...]:
    """The kinds that are chosen among; of those that nobody named, none that `--set` fixes."""
    if call.options.open is not None:
        return call.options.open
    if call.recipe is not None:
        return ()
    return tuple(kind for kind in OPEN_WITHOUT_RECIPE if not {kind, f"{kind}.use"} & fixed)


def _definition(call: Call, space: SearchSpace, task: Task) -> dict[str, Any]:
    options = call.options
    pinned = [asdict(dimension) for dimension in space.pinned()]
    return {
        "recipe": {"name": space.recipe.name, **space.recipe.method()},
        "task": task.dump(),
        "space": [asdict(dimension) for dimension in space.describe()],
        **({"pinned": pinned} if pinned else {}),
        "seed": options.seed,
        "search": options.search,
        "stop": options.stop,
        "cost": options.cost,
    }
