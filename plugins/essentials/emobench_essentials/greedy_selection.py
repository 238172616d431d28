"""The `greedy_selection` combiner (Caruana et al. 2004): add the member that helps most, again."""

from __future__ import annotations

import numpy as np

from emobench.api import Context, UsageError
from emobench_essentials.judging import (
    OF_DECISIONS,
    log_objective,
    merit,
    refuse_other_kinds,
    shares_of,
)
from emobench_essentials.options import GreedySelectionOptions

DIGITS = 12
"""Figures that differ beyond these digits differ by rounding alone: they are equal."""


def select(
    members: np.ndarray, *, shares: np.ndarray, metric: str, rounds: int, best_first: int
) -> np.ndarray:
    """How often each member was picked `(members,)`, in the best selection on the way.

    The way begins with the `best_first` best members; then in each of `rounds` one more is picked,
    again or for the first time: the one with which the mean of all picks does best.
    """

    def judged(probabilities: np.ndarray) -> tuple[float, ...]:
        figures = merit(probabilities, shares=shares, metric=metric)
        return tuple(round(figure, DIGITS) for figure in figures)

    alone = [judged(member) for member in members]
    ranked = sorted(range(len(members)), key=lambda each: alone[each], reverse=True)
    way: list[int] = []
    merits: list[tuple[float, ...]] = []
    total = np.zeros(members[0].shape)
    for count in range(1, min(best_first, len(ranked)) + rounds + 1):
        if count <= best_first and count <= len(ranked):
            chosen = ranked[count - 1]
        else:
            tried = [judged((total + member) / count) for member in members]
            chosen = max(ranked, key=lambda each: tried[each])
        way.append(chosen)
        total = total + members[chosen]
        merits.append(judged(total / count))
    length = 1 + merits.index(max(merits))
    return np.bincount(way[:length], minlength=len(members))


class GreedySelection:
    """The mean of the members picked; one that was picked twice counts twice."""

    def __init__(self, options: GreedySelectionOptions, context: Context) -> None:
        refuse_other_kinds(context, combiner="greedy_selection")
        self.options = options
        self.objective: str = options.metric
        if options.metric == "log_loss":
            self.objective = log_objective(context)
        if options.metric == "task":
            self.objective = _of_task(context)
        self.weights: np.ndarray | None = None

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        """Pick; without validation items all members count alike."""
        self.weights = None
        if not len(targets):
            return
        self.weights = select(
            members.astype(np.float64),
            shares=shares_of(targets, classes=members.shape[2]),
            metric=self.objective,
            rounds=self.options.rounds,
            best_first=self.options.best_first,
        )

    def apply(self, members: np.ndarray) -> np.ndarray:
        """Probabilities `(items, classes)`."""
        averaged: np.ndarray = np.average(members, axis=0, weights=self.weights)
        return averaged


def _of_task(context: Context) -> str:
    """The task's own metric; it is that of the first target, so others go by log loss."""
    metric = context.task.metric
    if context.target not in (None, context.task.targets[0]):
        return log_objective(context)
    if metric not in (*OF_DECISIONS, "log_loss", "kl"):
        raise UsageError(
            f"combiner 'greedy_selection' cannot select by the task's metric '{metric}'; "
            f"set `metric` to one of {', '.join((*OF_DECISIONS, 'log_loss'))}"
        )
    return metric
