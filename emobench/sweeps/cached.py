"""The trials' stored predictions on validation, side by side: what an ensemble is chosen by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emobench.api import Target
from emobench.api.errors import DataError
from emobench.runs.folder import read_predictions
from emobench.runs.opening import COMBINED_KINDS
from emobench.runs.publishing import local_predictions
from emobench.runs.store import RunStore
from emobench.scoring.catalogue import METRICS
from emobench.scoring.metrics import score
from emobench.sweeps.greedy import Floats, Merit, select
from emobench.sweeps.study import Story, Study

CANDIDATES = 50
"""An ensemble is chosen from so many of the best trials: the others would only cost time."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cached:
    """What the best trials predicted on the same validation items, of the task's first target.

    `members` are `(stories, items, classes)`, the best trial first. `not_combined` says why
    predictions of this task cannot be combined, where they cannot.
    """

    stories: tuple[Story, ...]
    target: Target
    metric: str
    members: Floats
    truth: np.ndarray
    not_combined: str

    def select(self, *, seed: int) -> tuple[int, ...]:
        """How often each trial takes part in the ensemble."""
        return select(self.members, merit=self._merit, seed=seed)

    def figure(self, counts: Sequence[int]) -> float:
        """The task's metric of the members' mean, each as often as it takes part."""
        together = np.average(self.members, axis=0, weights=counts)
        return score(self.target, together, self.truth)[self.metric]

    def _merit(self, probabilities: Floats) -> Merit:
        """The task's metric; of equals the smaller log loss."""
        figures = score(self.target, probabilities, self.truth)
        sign = 1 if METRICS[self.metric].higher_is_better else -1
        return sign * figures[self.metric], -figures["log_loss"]


def read_cached(study: Study, *, trials: Path) -> Cached | None:
    """The predictions of the best trials that are scored; None where there is none to be read.

    Trials that were given other validation items than the best one are left out.
    """
    ranked = sorted(
        (story for story in study.stories if study.figure(story) is not None),
        key=lambda story: -(study.figure(story) or 0.0),
    )
    found: list[tuple[Story, Mapping[str, np.ndarray]]] = []
    for story in ranked[:CANDIDATES]:
        stored = _stored(story, trials)
        same = not found or _same_items(stored, found[0][1])
        if stored and same:
            found.append((story, stored))
    if not found:
        return None
    best, stored = found[0]
    targets = _targets(best, trials)
    first = targets[0]
    others = [target for target in targets if target.kind not in COMBINED_KINDS]
    told = f"target '{others[0].name}' is of kind {others[0].kind}" if others else ""
    kinds = " or ".join(COMBINED_KINDS)
    return Cached(
        stories=tuple(story for story, _ in found),
        target=first,
        metric=study.task.metric,
        members=np.stack([each[f"validation/{first.name}/after"] for _, each in found]),
        truth=stored[f"validation/{first.name}/truth"],
        not_combined=f"{told}, and combiners take targets of kind {kinds}" if told else "",
    )


def _stored(story: Story, trials: Path) -> Mapping[str, np.ndarray]:
    """The trial's predictions; empty where they cannot be read."""
    if story.end is None or story.end.run_id is None:
        return {}
    try:
        return read_predictions(RunStore(trials).run_dir(story.end.run_id))
    except DataError:
        return {}


def _same_items(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    key = "validation/items"
    return key in one and np.array_equal(one[key], other[key])


def _targets(story: Story, trials: Path) -> tuple[Target, ...]:
    """The task's targets, as the trial's record describes them."""
    assert story.end is not None
    assert story.end.run_id is not None
    store = RunStore(trials)
    record = store.get(story.end.run_id)
    stored = record and local_predictions(record, folder=store.run_dir(story.end.run_id))
    if not stored:
        raise DataError(
            f"run {story.end.run_id} has predictions, but no record that tells of them; delete "
            f"its folder below '{trials}' and give the same command again"
        )
    return tuple(one.target for one in stored.targets)
