"""A sweep as its pictures and its page show it: all trials, with validation figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from emobench.scoring.catalogue import METRICS
from emobench.sweeps.pareto import pareto
from emobench.sweeps.ranges import Placed, Range, trace
from emobench.sweeps.study import Story, Study
from emobench.sweeps.trial import SCORED, TrialState

ShownState = TrialState | Literal["under way"]

METHOD_FAULTS: frozenset[ShownState] = frozenset(
    {"diverged", "out_of_memory", "timed_out", "failed"}
)
"""States without a figure that say something of the values tried: they are the worst there is."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One trial; `validation` is its figure if it was trained to its end, `reports` by epoch."""

    index: int
    state: ShownState
    validation: float | None
    reports: Mapping[int, float]
    values: Mapping[str, Any]
    placed: Mapping[str, Placed]
    origin: str
    reason: str = ""
    run_id: str | None = None
    epochs: int = 0
    seconds: float = 0.0
    cost: float | None = None

    @property
    def figure(self) -> float | None:
        """The figure, or the last that was heard of a trial that was stopped or goes on."""
        if self.validation is not None or not self.reports:
            return self.validation
        return self.reports[max(self.reports)]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What there is to show of a sweep."""

    name: str
    task: str
    metric: str
    trials: tuple[Shown, ...]
    best: int | None
    objectives: int = 1

    @property
    def sign(self) -> int:
        """1 where a higher figure is better, else -1."""
        return 1 if METRICS[self.metric].higher_is_better else -1

    @cached_property
    def ranges(self) -> Mapping[str, Range]:
        """The range of every key that some trial had, as first seen."""
        found: dict[str, Range] = {}
        for trial in self.trials:
            for key, placed in trial.placed.items():
                found.setdefault(key, placed.range)
        return found

    @cached_property
    def front(self) -> tuple[int, ...]:
        """The trials that no other beats in figure and cost, from the cheapest on."""
        points = {
            trial.index: (self.sign * trial.validation, trial.cost)
            for trial in self.trials
            if trial.validation is not None and trial.cost is not None
        }
        return tuple(pareto(points))

    @cached_property
    def order(self) -> tuple[Shown, ...]:
        """The trials from the best to the worst; the last are those of which nothing is known.

        Those trained to their end by figure, then those stopped, the furthest first, then those
        that failed by their own fault.
        """
        return tuple(sorted(self.trials, key=self._rank))

    def _rank(self, trial: Shown) -> tuple[float, ...]:
        if trial.validation is not None:
            return (0, -self.sign * trial.validation, trial.index)
        if trial.state == "stopped" and trial.figure is not None:
            return (1, -max(trial.reports), -self.sign * trial.figure, trial.index)
        return (2 if trial.state in METHOD_FAULTS else 3, trial.index)


def overview(study: Study, *, name: str, objectives: int = 1) -> Overview:
    """All that a study knows, to be shown."""
    best = study.best()
    return Overview(
        name=name,
        task=study.task.name,
        metric=study.task.metric,
        trials=tuple(_shown(story, study) for story in study.stories),
        best=best.trial.index if best else None,
        objectives=objectives,
    )


def _shown(story: Story, study: Study) -> Shown:
    end, trial = story.end, story.trial
    reports = {each.epoch: each.validation for each in story.reports}
    known = {epoch: value for epoch, value in reports.items() if value is not None}
    common: dict[str, Any] = {
        "index": trial.index,
        "reports": known,
        "values": trial.values,
        "placed": trace(study.space.build, trial.values),
        "origin": trial.origin,
    }
    if end is None:
        seconds = story.reports[-1].seconds if story.reports else 0.0
        return Shown(
            **common, state="under way", validation=None, epochs=story.epoch, seconds=seconds
        )
    return Shown(
        **common,
        state=end.state,
        validation=end.validation if end.state in SCORED else None,
        reason="" if end.state == "collapsed" else end.reason,
        run_id=end.run_id,
        epochs=end.epochs,
        seconds=end.seconds,
        cost=end.cost,
    )
