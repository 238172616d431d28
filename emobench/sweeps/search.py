"""Random search: trials drawn from a space, run one after another, the best by validation.

A trial is an ordinary run. The test figures of its record are neither shown nor used here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emobench.api.errors import EmobenchError, RunError, UsageError
from emobench.data.tasks import Task
from emobench.recipes.model import Recipe
from emobench.registry import Registry
from emobench.runs.listener import Listener
from emobench.runs.plan import Plan, Settings
from emobench.runs.record import Record, State
from emobench.scoring.catalogue import METRICS
from emobench.sweeps.recipe_space import SearchSpace, as_trial
from emobench.sweeps.space import REDRAWS
from emobench.sweeps.suggest import Conflict, Drawn

FOLD = 0
"""The one fold of a task in folds that trials run on; the others' test items stay unseen."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One recipe to try, and its values wherever the space may change them."""

    index: int
    recipe: Recipe
    plan: Plan
    drawn: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class TrialEnd:
    """How a trial ended; `validation` is the task's metric there, None without a score.

    The reason of a collapse speaks of test items, and so is left to the trial's own record.
    """

    trial: Trial
    state: State
    reason: str = ""
    run_id: str | None = None
    validation: float | None = None


def draw_trials(space: SearchSpace, *, task: Task, count: int, seed: int) -> list[Trial]:
    """The recipe as it stands, then draws; trial i is the same however many there are."""
    trials = []
    for index in range(count):
        if index == 0:
            recipe = as_trial(space.recipe, space.recipe)
        else:
            recipe = as_trial(space.recipe, _drawn(space, seed=f"sweep {seed} trial {index}"))
        plan = Plan(recipe=recipe, task=task, seed=seed, fold=FOLD)
        trials.append(Trial(index=index, recipe=recipe, plan=plan, drawn=space.values(recipe)))
    return trials


def _drawn(space: SearchSpace, *, seed: str) -> Recipe:
    for attempt in range(REDRAWS):
        try:
            return space.build(Drawn(f"{seed} attempt {attempt}"))
        except Conflict as conflict:
            last = conflict
    raise UsageError(f"no draw of the space goes together: {last}")


def run_trials(
    trials: Sequence[Trial],
    *,
    settings: Settings,
    registry: Registry,
    listener: Listener,
    begin: Callable[[Trial], None],
) -> Iterator[TrialEnd]:
    """Run one trial after the other; those that are stored are answered from their records.

    What a drawn recipe is refused for is that trial's end. Where the recipe as it stands is
    refused, or the disk fails, the sweep ends with that error.
    """
    for trial in trials:
        begin(trial)
        try:
            yield _run_trial(trial, settings=settings, registry=registry, listener=listener)
        except RunError:
            raise
        except EmobenchError as error:
            if trial.index == 0:
                raise
            run_id = _run_left_by(trial, settings=settings, registry=registry)
            yield TrialEnd(trial=trial, state="failed", reason=str(error), run_id=run_id)


def _run_left_by(trial: Trial, *, settings: Settings, registry: Registry) -> str | None:
    """The run whose record tells of a trial's error; none where the draw could not even start."""
    from emobench.runs.opening import stored_record

    try:
        record = stored_record(trial.plan, settings=settings, registry=registry)
    except EmobenchError:
        return None
    return record.id if record else None


def _run_trial(
    trial: Trial, *, settings: Settings, registry: Registry, listener: Listener
) -> TrialEnd:
    from emobench.runs.executor import execute

    record = execute(
        trial.plan,
        settings=replace(settings, fresh=False),
        registry=registry,
        listener=listener,
    )
    return TrialEnd(
        trial=trial,
        state=record.state,
        reason="" if record.state == "collapsed" else record.reason,
        run_id=record.id,
        validation=validation_score(record),
    )


def validation_score(record: Record) -> float | None:
    """The task's metric of the first target on validation; None where it is not a number."""
    first = next(iter(record.scores.values()), None)
    value = first.validation.get(record.task.metric) if first else None
    return value if value is not None and math.isfinite(value) else None


def best_trial(ends: Sequence[TrialEnd], *, metric: str) -> TrialEnd | None:
    """The end with the best validation figure; of equals the earliest, None without a figure.

    A collapsed trial counts like any other: its state was judged on the test set.
    """
    sign = 1 if METRICS[metric].higher_is_better else -1
    scored = [end for end in ends if end.validation is not None]
    return max(scored, key=lambda end: sign * (end.validation or 0.0), default=None)
