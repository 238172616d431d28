"""After the search: the winner, and the ensemble of the best, trained anew and tested once.

Both are ordinary runs over several seeds that no trial had, beside the recipe as it stands. What
is trained was chosen on validation alone; the test figures of these runs decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.api.errors import EmobenchError, RunError
from emobench.data.tasks import Task
from emobench.recipes.emit import to_yaml
from emobench.recipes.identity import identity
from emobench.recipes.model import AnyRecipe, Block, EnsembleRecipe, Member, Recipe
from emobench.registry import Registry
from emobench.runs.files import explained, write_atomic
from emobench.runs.plan import AnyPlan, EnsemblePlan, Plan, Settings
from emobench.runs.record import Record
from emobench.runs.store import RunStore
from emobench.sweeps.cached import Cached, read_cached
from emobench.sweeps.memory import as_trained
from emobench.sweeps.outcome import Finale, Standing, judge_all
from emobench.sweeps.study import Story, Study
from emobench.sweeps.trial import FOLD, SCORED, TrialEnd

if TYPE_CHECKING:
    from emobench.runs.listener import Listener

ENSEMBLE_SUFFIX = "-ensemble"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A recipe of the finale, and the figure on validation that it has from the search."""

    recipe: AnyRecipe
    searched: float | None


@dataclass(frozen=True, kw_only=True)
class Programme:
    """What the finale will train. `no_ensemble` says why there is none, where there is none.

    Where the recipe as it stands is itself the winner, it runs once. On a task in folds all runs
    are on the trials' own fold: test items of the others are those that trials learnt from and
    were chosen by.
    """

    winner: Contender
    as_it_stands: Contender
    ensemble: Contender | None
    no_ensemble: str
    task: Task
    seeds: tuple[int, ...]

    def contenders(self) -> tuple[Contender, ...]:
        """Every recipe to train, each once."""
        both = dict.fromkeys((self.winner, self.as_it_stands))
        return (*both, *([self.ensemble] if self.ensemble else []))

    def plans(self) -> tuple[AnyPlan, ...]:
        """The runs, recipe by recipe; those of an ensemble run its members where they must."""
        return tuple(plan for each in self.contenders() for plan in self._plans(each.recipe))

    def trainings(self) -> tuple[Plan, ...]:
        """All that has to be trained, each once, members too: it can run anywhere, in any order.

        Once these are done, the ensemble's own runs only combine what is stored.
        """
        found = [part for plan in self.plans() for part in (plan.members or (plan,))]
        return tuple(dict.fromkeys(plan for plan in found if isinstance(plan, Plan)))

    def instead(self, others: Mapping[Recipe, Recipe]) -> Programme:
        """The programme with other recipes for some, wherever these are, as members too."""
        return replace(
            self,
            winner=_instead(self.winner, others),
            as_it_stands=_instead(self.as_it_stands, others),
            ensemble=_instead(self.ensemble, others) if self.ensemble else None,
        )

    def _plans(self, recipe: AnyRecipe) -> Iterator[AnyPlan]:
        for seed in self.seeds:
            if isinstance(recipe, EnsembleRecipe):
                yield EnsemblePlan(recipe=recipe, task=self.task, seed=seed, fold=FOLD)
            else:
                yield Plan(recipe=recipe, task=self.task, seed=seed, fold=FOLD)

    def write_ensemble(self, folder: Path, *, root: Path) -> Path | None:
        """Write the ensemble into the sweep's folder, as a recipe that runs by its file."""
        if self.ensemble is None:
            return None
        path = folder / f"{self.ensemble.recipe.name}.yaml"
        with explained(root):
            write_atomic(path, to_yaml(self.ensemble.recipe.dump()))
        return path


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How the finale's recipes are called: after the sweep, and on which task they run."""

    sweep: str
    task: str


def programme_of(
    study: Study,
    *,
    naming: Naming,
    trials: Path,
    seeds: int,
    registry: Registry,
) -> Programme | None:
    """What to train at the end of a sweep whose trials' runs lie in `trials`.

    None where no trial has a figure. The seeds are those after the sweep's own.
    """
    best = study.best()
    if best is None:
        return None
    cached = read_cached(study, trials=trials)
    winner = _winner(best, naming, study, registry)
    ensemble: Contender | str = "no trial's predictions can be read"
    if cached is not None:
        ensemble = _ensemble(cached, winner, naming, study, registry)
    chosen = ensemble if isinstance(ensemble, Contender) else None
    return Programme(
        winner=winner,
        as_it_stands=_as_it_stands(study, registry),
        ensemble=chosen,
        no_ensemble=ensemble if isinstance(ensemble, str) else "",
        task=study.task,
        seeds=tuple(study.seed + 1 + number for number in range(seeds)),
    )


Told = Record | TrialEnd | None
"""What is known of a run of the finale: of one that left no true record, how it ended."""


def perform(
    programme: Programme,
    *,
    settings: Settings,
    registry: Registry,
    ends: Mapping[Plan, TrialEnd] | None = None,
    listener: Listener | None = None,
) -> Finale:
    """Run what is left here, one after the other, and judge it; runs that are stored are reused.

    `ends` are those of trainings that are over: none of these is tried again here. An ensemble
    with a member that has no predictions is told by that member's run.
    """
    ended = ends or {}
    run = _Runner(settings=replace(settings, fresh=False), registry=registry, listener=listener)
    told: dict[Plan, Told] = {
        plan: run.left(ended[plan]) if plan in ended else run.here(plan)
        for plan in programme.trainings()
    }
    found: list[Told] = []
    for plan in programme.plans():
        if isinstance(plan, Plan):
            found.append(told[plan])
            continue
        members = [told[member] for member in plan.members]
        lacking = [one for one in members if one is None or one.state not in SCORED]
        found.append(lacking[0] if lacking else run.here(plan))
    return judge(programme, found, runs=settings.runs)


@dataclass(frozen=True, kw_only=True)
class _Runner:
    settings: Settings
    registry: Registry
    listener: Listener | None

    def here(self, plan: AnyPlan) -> Record:
        """Run it in this process; what it does wrong is told by its record."""
        from emobench.runs.executor import execute

        try:
            return execute(
                plan, settings=self.settings, registry=self.registry, listener=self.listener
            )
        except RunError:
            raise
        except EmobenchError:
            told = _left_by(plan, settings=self.settings, registry=self.registry)
            if told is None:
                raise
            return told

    def left(self, end: TrialEnd) -> Told:
        """The record of a training that is over; the end itself where that says otherwise."""
        record = RunStore(self.settings.runs).get(end.run_id) if end.run_id else None
        return record if record is not None and record.state == end.state else end


def judge(programme: Programme, told: Sequence[Told], *, runs: Path) -> Finale:
    """What the runs show. They are told of in the order of `plans()`."""
    size = len(programme.seeds)
    standings = [
        _standing(contender, told[place * size : (place + 1) * size])
        for place, contender in enumerate(programme.contenders())
    ]
    alone = programme.winner == programme.as_it_stands
    return judge_all(
        winner=standings[0],
        as_it_stands=standings[0 if alone else 1],
        ensemble=standings[-1] if programme.ensemble else None,
        no_ensemble=programme.no_ensemble,
        metric=programme.task.metric,
        runs=runs,
    )


def _standing(contender: Contender, told: Sequence[Told]) -> Standing:
    standing = Standing(
        name=contender.recipe.name,
        searched=contender.searched,
        records=tuple(one if isinstance(one, Record) else None for one in told),
    )
    reasons = [one.reason for one in told if isinstance(one, TrialEnd)]
    return replace(standing, missing=reasons[0]) if reasons else standing


def _left_by(plan: AnyPlan, *, settings: Settings, registry: Registry) -> Record | None:
    """The record that tells of a run's error; None where it could not even begin."""
    from emobench.runs.opening import stored_record

    try:
        return stored_record(plan, settings=settings, registry=registry)
    except EmobenchError:
        return None


def _winner(best: Story, naming: Naming, study: Study, registry: Registry) -> Contender:
    """The best trial's recipe under the sweep's name; the recipe as it stands keeps its own."""
    if best.trial.index == 0:
        return _as_it_stands(study, registry)
    recipe = replace(
        as_trained(best.trial.recipe, end=best.end, registry=registry),
        name=naming.sweep,
        task=naming.task,
        path="",
        summary=f"Best of {_trials(study)} of sweep {naming.sweep}, by {study.task.metric} on "
        "validation.",
    )
    return Contender(recipe=recipe, searched=_figure(best))


def _as_it_stands(study: Study, registry: Registry) -> Contender:
    first = study.stories[0]
    recipe = as_trained(study.space.recipe, end=first.end, registry=registry)
    return Contender(recipe=recipe, searched=_figure(first))


def _ensemble(
    cached: Cached, winner: Contender, naming: Naming, study: Study, registry: Registry
) -> Contender | str:
    """The ensemble of the trials, or why there is none."""
    combiner = averaging(registry)
    if combiner is None:
        return "no installed combiner says that it averages its members"
    if cached.not_combined:
        return cached.not_combined
    counts = cached.select(seed=study.seed)
    alone = (winner.recipe, _as_it_stands(study, registry).recipe)
    members = []
    for story, copies in zip(cached.stories, counts, strict=True):
        if copies:
            recipe = as_trained(story.trial.recipe, end=story.end, registry=registry)
            name = f"{naming.sweep}-trial-{story.trial.index}"
            member = replace(recipe, name=name, task=naming.task, path="", summary="")
            members.append(Member(recipe=_known(member, alone), copies=copies))
    together = EnsembleRecipe(
        name=f"{naming.sweep}{ENSEMBLE_SUFFIX}",
        members=tuple(members),
        combiner=combiner,
        task=naming.task,
        summary=f"Chosen greedily from {_trials(study)} of sweep {naming.sweep}, on validation.",
    )
    return Contender(recipe=together, searched=cached.figure(counts))


def _instead(contender: Contender, others: Mapping[Recipe, Recipe]) -> Contender:
    recipe = contender.recipe
    if isinstance(recipe, Recipe):
        return replace(contender, recipe=others.get(recipe, recipe))
    members = tuple(
        replace(member, recipe=others.get(member.recipe, member.recipe))
        for member in recipe.members
    )
    return replace(contender, recipe=replace(recipe, members=members))


def _known(member: Recipe, others: Sequence[AnyRecipe]) -> Recipe:
    """The member under the name by which the finale trains it anyway: its runs are reused."""
    method = identity(method=member.method())
    for other in others:
        if isinstance(other, Recipe) and identity(method=other.method()) == method:
            return other
    return member


def averaging(registry: Registry) -> Block | None:
    """The combiner that gives the plain mean of its members; of several the first by name."""
    for entry in registry.of_kind("combiner").values():
        options, _ = entry.component.options.parse({})
        if entry.component.averages and options is not None:
            return Block(
                kind=entry.kind,
                use=entry.name,
                options=options,
                package=entry.plugin.package,
                version=entry.plugin.version,
            )
    return None


def _figure(story: Story) -> float | None:
    return story.end.validation if story.end else None


def _trials(study: Study) -> str:
    count = len(study.stories)
    return f"{count} trial{'s' if count != 1 else ''}"
