"""How long a sweep may take, from what like runs cost; nothing is said where none are known.

Loads neither numpy nor torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from random import Random
from statistics import median

from emobench.data.tasks import Task
from emobench.recipes.identity import canonical
from emobench.runs.record import FINAL_STATES, Record
from emobench.sweeps.recipe_space import SearchSpace
from emobench.sweeps.rungs import Rungs
from emobench.sweeps.space import mean_of

OVERHEAD_S = 0.3
"""What a trial costs a warm worker beside preparing data and training."""

MEMBERS = 5
"""Members of the ensemble in the finale; `greedy.SIZE`, which would load numpy."""

STARTING_S = 15.0
"""About what Ray takes to start on one machine: once for the trials, again for the finale.

Measured between 10 and 22 seconds on two cores.
"""

CLOSING_S = 10.0
"""About what the choice of the ensemble, what mattered and the pictures take, on two cores."""

UNKNOWN = "nothing is known of the time yet: no run of these components on this task is stored"


@dataclass(frozen=True, kw_only=True)
class FinaleEstimate:
    """The most trainings of a finale, their epochs, and seconds where anything is known."""

    trainings: int
    epochs: int
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Seconds that a sweep's trials may take, None where nothing is known; and on what that rests.

    Beside them the finale, what Ray takes to start where it is started on this machine, and what
    is neither.
    """

    seconds: float | None
    basis: str
    epochs: int
    finale: FinaleEstimate
    starting_s: float
    closing_s: float = CLOSING_S


def estimate(
    space: SearchSpace,
    *,
    task: Task,
    records: Iterable[Record],
    rungs: Rungs,
    trials: int,
    concurrent: int = 1,
    final_seeds: int = 0,
) -> Estimate:
    """What this many trials and the finale may take, `concurrent` at once, stopped at these rungs.

    It rests on runs of the very recipe on the task or, where there are none, on runs of its
    frontend and backbone with whatever options.
    """
    whole = _epochs(space)
    epochs = trained_epochs(rungs, trials=trials, epochs=whole)
    trainings = final_trainings(trials=trials, seeds=final_seeds)
    finale = FinaleEstimate(trainings=trainings, epochs=trainings * whole)
    starting = STARTING_S * (2 if trainings else 1)
    like, basis = _like(space, task=task, records=records)
    if not like:
        return Estimate(
            seconds=None, basis=UNKNOWN, epochs=sum(epochs), finale=finale, starting_s=starting
        )
    each = median(record.costs.train_s / record.costs.epochs for record in like)
    # The dearest run is the one that found nothing prepared; those after it, and warm workers, do.
    preparing = max(record.costs.data_s for record in like)
    once, always = (0.0, preparing) if _prepares_anew(space) else (preparing, 0.0)
    lasting = [always + OVERHEAD_S + each * count for count in epochs]
    places = max(1, concurrent)
    spread = max(sum(lasting) / places, max(lasting, default=0.0))
    rounds = math.ceil(trainings / places)
    return Estimate(
        seconds=once + spread,
        basis=f"{basis}, {each:.2g} s an epoch (median of {len(like)})",
        epochs=sum(epochs),
        finale=replace(finale, seconds=rounds * (always + OVERHEAD_S + each * whole)),
        starting_s=starting,
    )


def final_trainings(*, trials: int, seeds: int) -> int:
    """The most that a finale trains: the winner, the recipe as it stands, an ensemble's members.

    Of two trials or fewer, one member at least is among those that are trained alone anyway.
    """
    alone = min(2, trials)
    return seeds * (alone + MEMBERS - (1 if trials <= 2 else 0))


def trained_epochs(rungs: Rungs, *, trials: int, epochs: int) -> list[int]:
    """How many epochs each trial is trained where their figures are as good as chance.

    The first, which is the recipe as it stands, is never stopped.
    """
    fresh, random = deepcopy(rungs), Random("epochs of trials")
    found = [epochs] * min(1, trials)
    for trial in range(1, trials):
        value, trained = random.random(), epochs
        for rung in fresh.of(trial):
            if rung < epochs and not fresh.goes_on(trial, epoch=rung, value=value):
                trained = rung
                break
        found.append(trained)
    return found


def _epochs(space: SearchSpace) -> int:
    """The epochs of a trial that is not stopped; where they are searched, their mean."""
    search = space.train.ranges.get("epochs")
    if search is None:
        kept = space.train.keep.get("epochs", space.recipe.train.epochs)
        return int(kept)
    return math.ceil(mean_of(search))


def _like(
    space: SearchSpace, *, task: Task, records: Iterable[Record]
) -> tuple[Sequence[Record], str]:
    """The runs that tell most of what a trial costs, and what they are in words."""
    timed = [
        record
        for record in records
        if record.task.name == task.name
        and not record.members
        and record.state in FINAL_STATES
        and record.costs.epochs > 0
        and record.costs.train_s > 0
    ]
    recipe = space.recipe
    wanted = canonical({**recipe.method(), "train": {"batch_size": recipe.train.batch_size}})
    same = [record for record in timed if _without_length(record) == wanted]
    if same:
        return same, f"runs of {recipe.name} on {task.name}"
    uses = (recipe.frontend.use, recipe.backbone.use)
    related = [
        record for record in timed if (_use(record, "frontend"), _use(record, "backbone")) == uses
    ]
    return related, f"runs of {uses[0]} and {uses[1]} on {task.name}, with other options"


def _without_length(record: Record) -> str:
    """The record's method with nothing of `train` but what an epoch's time depends on."""
    left_out = ("schema", "summary", "task", "train")
    method = {key: value for key, value in record.recipe.items() if key not in left_out}
    size = record.recipe.get("train", {}).get("batch_size")
    return canonical({**method, "train": {"batch_size": size}})


def _use(record: Record, section: str) -> str:
    return str((record.recipe.get(section) or {}).get("use", ""))


def _prepares_anew(space: SearchSpace) -> bool:
    """Whether trials differ in what is prepared from the data, so that each prepares its own."""
    frontend = next(section for section in space.sections if section.name == "frontend")
    return (frontend.open and len(frontend.choices) > 1) or any(
        choice.space.ranges for choice in frontend.choices
    )
