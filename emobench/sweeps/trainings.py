"""The finale's trainings, given to the engine that runs trials: several at once, wherever it is.

They are trained in the sweep's folder, where only one process works, and moved to the other runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.runs.files import explained
from emobench.runs.opening import stored_record
from emobench.runs.plan import Plan
from emobench.runs.record import FINAL_STATES
from emobench.sweeps.sweep import Sweep
from emobench.sweeps.trial import OVER, Report, Trial, TrialEnd
from emobench.sweeps.watcher import Watcher

if TYPE_CHECKING:
    from emobench.sweeps.finale import Programme

WORTH_IT = 3
"""Fewer trainings than this are sooner done here than an engine is started."""


class Trainings:
    """A source of trials: each plan once, to its end, whatever others show."""

    def __init__(self, plans: Sequence[Plan], *, first: int) -> None:
        self._left = [
            Trial(index=first + place, recipe=plan.recipe, plan=plan, values={}, origin="finale")
            for place, plan in enumerate(plans)
        ]
        self._under_way: dict[int, Trial] = {}
        self.run_ids: list[str] = []

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
        elif end.run_id is not None:
            self.run_ids.append(end.run_id)


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


def train(programme: Programme, *, sweep: Sweep, first: int, watcher: Watcher) -> None:
    """Train what is not stored yet; numbers of trainings begin at `first`, after the trials'."""
    settings = replace(sweep.call.settings, fresh=False)
    plans = [
        plan for plan in programme.trainings() if not _is_stored(plan, sweep, runs=settings.runs)
    ]
    if len(plans) < WORTH_IT:
        return
    watcher.say(f"finale: {len(plans)} trainings with seeds that no trial had")
    from emobench.sweeps.tune import run_on_ray

    trainings = Trainings(plans, first=first)
    resources = replace(sweep.call.resources(), cost=None, end_collapsing=False)
    run_on_ray(
        trainings,
        trials=first + len(plans),
        settings=replace(settings, runs=sweep.folder.path, plots=False),
        resources=resources,
        watcher=_Teller(watcher, total=len(plans)),
    )
    _fetch(trainings.run_ids, url=resources.storage, runs=sweep.folder.path)
    for run_id in trainings.run_ids:
        _move(sweep.folder.path / run_id, settings.runs / run_id)


def _is_stored(plan: Plan, sweep: Sweep, *, runs: Path) -> bool:
    settings = replace(sweep.call.settings, runs=runs)
    record = stored_record(plan, settings=settings, registry=sweep.registry)
    return record is not None and record.state in FINAL_STATES


def _fetch(run_ids: Sequence[str], *, url: str | None, runs: Path) -> None:
    if url is not None:
        from emobench.sweeps.storage import Storage

        storage = Storage(url=url)
        for run_id in run_ids:
            storage.fetch(run_id, runs=runs)


def _move(source: Path, target: Path) -> None:
    """Put a run where boards look; one that was begun there before goes on there."""
    with explained(target.parent):
        if source.is_dir() and not target.exists():
            source.rename(target)
