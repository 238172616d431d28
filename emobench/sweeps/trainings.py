"""The finale's trainings, given to the engine that runs trials: several at once, wherever it is.

They are trained in the sweep's folder, where only one process works, and moved to the other runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.api.errors import DataError
from emobench.recipes.model import Recipe
from emobench.runs.files import explained
from emobench.runs.opening import open_any
from emobench.runs.plan import Plan
from emobench.runs.record import FINAL_STATES, Record
from emobench.runs.store import RunFolder, RunStore
from emobench.sweeps.memory import as_trained, portions, reduced
from emobench.sweeps.sweep import Sweep
from emobench.sweeps.trial import OVER, SCORED, Report, Trial, TrialEnd
from emobench.sweeps.watcher import Watcher

if TYPE_CHECKING:
    from emobench.sweeps.finale import Programme

WORTH_IT = 3
"""Fewer trainings than this are sooner done here than an engine is started.

Unless one was tried before, or others were: a worker may hang or die and do no harm.
"""

Ends = Mapping[Plan, TrialEnd]
"""How trainings ended that are over, however that was."""


class Trainings:
    """A source of trials: each plan once, to its end, whatever others show."""

    def __init__(self, plans: Sequence[Plan], *, first: int) -> None:
        self._left = [
            Trial(index=first + place, recipe=plan.recipe, plan=plan, values={}, origin="finale")
            for place, plan in enumerate(plans)
        ]
        self._under_way: dict[int, Trial] = {}
        self.ends: dict[Plan, TrialEnd] = {}

    def next_trial(self, *, count: int) -> Trial | None:
        """The next training; None where all are given out."""
        if not self._left:
            return None
        trial = self._left.pop(0)
        self._under_way[trial.index] = trial
        return trial

    def milestones(self, trial: Trial) -> tuple[int, ...]:
        """Nothing is compared on the way."""
        return ()

    def yardstick(self, trial: Trial) -> float | None:
        """Every training may take as long as it does."""
        return None

    def heard(self, index: int, report: Report) -> bool:
        """Every training goes on to its end."""
        return True

    def ended(self, index: int, end: TrialEnd) -> None:
        """One that was interrupted is given out again."""
        trial = self._under_way.pop(index)
        if end.state not in OVER:
            self._left.append(trial)
        else:
            self.ends[trial.plan] = end


class _Teller(Watcher):
    """Tells of trainings by the recipe's name and seed; they are no trials of the search."""

    def __init__(self, inner: Watcher, *, total: int) -> None:
        self._inner, self._total, self._done = inner, total, 0

    def say(self, message: str) -> None:
        """Pass it on."""
        self._inner.say(message)

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        """Tell that one is over, and what went wrong."""
        if end.state in OVER:
            self._done += 1
            name = f"{trial.recipe.name}, seed {trial.plan.seed}, fold {trial.plan.fold}"
            why = f": {end.reason.splitlines()[0]}" if end.reason else ""
            self.say(f"finale: [{self._done}/{self._total}] {name}: {end.state}{why}")


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What the engine made of a programme: it holds recipes as they could be trained."""

    programme: Programme
    ends: Ends


def train(programme: Programme, *, sweep: Sweep, first: int, watcher: Watcher) -> Trained:
    """Train what is not stored yet; numbers of trainings begin at `first`, after the trials'.

    A recipe that did not fit into memory with one seed is trained in smaller parts with all: the
    seeds of one recipe are then all runs of the same method.
    """
    ends: dict[Plan, TrialEnd] = {}
    while True:
        ends |= _train(programme, sweep=sweep, first=first + len(ends), watcher=watcher, done=ends)
        smaller = programme.instead(_smaller(ends, sweep))
        if smaller == programme:
            return Trained(programme=programme, ends=ends)
        programme = smaller


def _train(
    programme: Programme, *, sweep: Sweep, first: int, watcher: Watcher, done: Ends
) -> dict[Plan, TrialEnd]:
    """One round of trainings: all that are neither stored nor done."""
    runs = sweep.call.settings.runs
    asked = [_Asked(plan, sweep) for plan in programme.trainings() if plan not in done]
    left = [one for one in asked if not one.is_final]
    ends = {one.plan: end for one in left if (end := one.known_end()) is not None}
    left = [one for one in left if one.plan not in ends]
    plans = [one.plan for one in left]
    risky = bool(done) or any(one.was_tried for one in left)
    if not plans or (len(plans) < WORTH_IT and not risky):
        return ends
    watcher.say(f"finale: {len(plans)} trainings with seeds that no trial had")
    from emobench.sweeps.engine import run_on_ray

    trainings = Trainings(plans, first=first)
    resources = replace(sweep.call.resources(), cost=None, end_collapsing=False)
    run_on_ray(
        trainings,
        trials=first + len(plans),
        settings=replace(sweep.call.settings, fresh=False, runs=sweep.folder.path, plots=False),
        resources=resources,
        watcher=_Teller(watcher, total=len(plans)),
    )
    run_ids = [end.run_id for end in trainings.ends.values() if end.run_id is not None]
    _fetch(run_ids, url=resources.storage, runs=sweep.folder.path)
    for run_id in run_ids:
        _move(run_id, source=sweep.folder.path, target=runs)
    return ends | trainings.ends


def _smaller(ends: Ends, sweep: Sweep) -> dict[Recipe, Recipe]:
    """The recipes that were trained in smaller parts, and how."""
    return {
        plan.recipe: as_trained(plan.recipe, end=end, registry=sweep.registry)
        for plan, end in ends.items()
        if end.reduced and end.state in SCORED
    }


class _Asked:
    """A training, and what earlier calls left of it: among the runs, and in the sweep's folder."""

    def __init__(self, plan: Plan, sweep: Sweep) -> None:
        self.plan, self._sweep = plan, sweep
        self._runs = RunStore(sweep.call.settings.runs)
        run_id = self._id_of(plan)
        self._stored = self._runs.get(run_id)
        self._tried = RunStore(sweep.folder.path).get(run_id)

    @property
    def is_final(self) -> bool:
        return _is_final(self._stored)

    @property
    def was_tried(self) -> bool:
        """Whether it went wrong before, or was begun by the engine, which then goes on with it."""
        failed = self._stored is not None and self._stored.state != "interrupted"
        return failed or self._tried is not None

    def known_end(self) -> TrialEnd | None:
        """The end of one that was found not to fit, and was trained in smaller parts.

        Where Ray ended its worker for the memory, its record says no more than `interrupted`.
        """
        if self._tried is None or _is_final(self._tried):
            return None
        recipe = reduced(self.plan.recipe, registry=self._sweep.registry)
        if recipe is None:
            return None
        record = self._runs.get(self._id_of(replace(self.plan, recipe=recipe)))
        if record is None or record.state not in SCORED:
            return None
        words = portions(recipe, registry=self._sweep.registry)
        return TrialEnd(state=record.state, run_id=record.id, reduced=words)

    def _id_of(self, plan: Plan) -> str:
        settings, registry = self._sweep.call.settings, self._sweep.registry
        return open_any(plan, settings=settings, registry=registry).run_id


def _is_final(record: Record | None) -> bool:
    return record is not None and record.state in FINAL_STATES


def _fetch(run_ids: Sequence[str], *, url: str | None, runs: Path) -> None:
    if url is not None:
        from emobench.sweeps.storage import Storage, fetch_finished

        storage = Storage(url=url)
        for run_id in run_ids:
            fetch_finished(storage, run_id, runs=runs)


def _move(run_id: str, *, source: Path, target: Path) -> None:
    """Put a run where boards look, in the place of one that has no answer."""
    ours, theirs = source / run_id, target / run_id
    with explained(target):
        if not ours.is_dir():
            return
        if theirs.exists():
            # Held, so that what another process is at work on is never taken from it.
            with RunFolder(theirs, root=target):
                if _is_final(_read(run_id, runs=target)):
                    return
                shutil.rmtree(theirs)
        ours.rename(theirs)


def _read(run_id: str, *, runs: Path) -> Record | None:
    """The record, None where it cannot be read."""
    try:
        return RunStore(runs).get(run_id)
    except DataError:
        return None
