"""The `weighted_vote` combiner: a mixture of the members, its weights of least log loss."""

from __future__ import annotations

import numpy as np

from emobench.api import Context, NoOptions
from emobench_essentials.judging import (
    SMALLEST,
    best_member,
    log_loss,
    log_objective,
    refuse_other_kinds,
    shares_of,
)

BARRIERS = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
STEPS = 50
DONE = 1e-16
"""A Newton decrement below which a barrier's minimum is reached."""

NOTHING = 1e-8
"""Weights below this are what the last barrier leaves of 0."""


def mixture_weights(members: np.ndarray, *, shares: np.ndarray) -> np.ndarray:
    """Weights of least log loss of `sum_m w_m p_m`, not negative and summing to one.

    It is a convex problem. As log loss gains log(a) when all weights grow by a, the minimum of
    loss + sum(w) has sum(w) = 1 of itself; what is left, w >= 0, is an interior-point method's.
    """
    items, classes = np.nonzero(shares)
    mass = shares[items, classes] / len(shares)
    given = np.clip(members[:, items, classes].T.astype(np.float64), SMALLEST, 1.0)
    weights = np.full(len(members), 1.0 / len(members))
    for barrier in BARRIERS:
        weights = _newton(weights, given=given, mass=mass, barrier=barrier)
    weights = np.where(weights < NOTHING, 0.0, weights)
    rescaled: np.ndarray = weights / weights.sum()
    return rescaled


def _newton(
    weights: np.ndarray, *, given: np.ndarray, mass: np.ndarray, barrier: float
) -> np.ndarray:
    """The minimum of loss + sum(w) - barrier * sum(log w), from weights inside the bounds."""

    def value(at: np.ndarray) -> float:
        return float(at.sum() - mass @ np.log(given @ at) - barrier * np.log(at).sum())

    for _ in range(STEPS):
        mixed = given @ weights
        slope = 1.0 - given.T @ (mass / mixed) - barrier / weights
        bend = (given * (mass / mixed**2)[:, None]).T @ given + np.diag(barrier / weights**2)
        step = np.linalg.solve(bend, -slope)
        decrement = float(-slope @ step)
        if not decrement > DONE:
            break
        length = min(1.0, 0.99 / max(float((-step / weights).max()), SMALLEST))
        here = value(weights)
        while length > SMALLEST and value(weights + length * step) > (
            here - 1e-4 * length * decrement
        ):
            length /= 2
        if length <= SMALLEST:
            break
        weights = weights + length * step
    return weights


class WeightedVote:
    """The members' weighted mean; a member that only does harm gets weight 0."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        refuse_other_kinds(context, combiner="weighted_vote")
        self.objective = log_objective(context)
        self.weights: np.ndarray | None = None

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        """Find the weights; without validation items all members count alike."""
        self.weights = None
        if not len(targets):
            return
        shares = shares_of(targets, classes=members.shape[2])
        best, alone = best_member(members, shares=shares)
        weights = mixture_weights(members, shares=shares)
        mixed = np.average(members, axis=0, weights=weights)
        better = log_loss(mixed, shares=shares) <= alone
        self.weights = weights if better else np.eye(len(members))[best]

    def apply(self, members: np.ndarray) -> np.ndarray:
        """Probabilities `(items, classes)`."""
        averaged: np.ndarray = np.average(members, axis=0, weights=self.weights)
        return averaged
