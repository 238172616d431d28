"""The `stacking` combiner: a logistic regression on the members' log-probabilities."""

from __future__ import annotations

import numpy as np

from emobench.api import Context
from emobench_essentials.calibration import softmax
from emobench_essentials.judging import (
    best_member,
    log_loss,
    log_objective,
    refuse_other_kinds,
    shares_of,
)
from emobench_essentials.options import StackingOptions

FAINTEST = 1e-7
"""Members' probabilities are kept this far from 0, or their logarithms would have no bound."""

STEPS = 50
DONE = 1e-18
"""A Newton decrement below which the minimum is reached."""

NEAR = 1e-10
"""A decrement below which the minimum is near enough to choose a strength by: the loss is off by
half of it."""

CERTAIN = 1e-10
"""A decrement below which a full step is sure to lead down."""


def log_features(members: np.ndarray) -> np.ndarray:
    """All members' log-probabilities in a row, and a one: `(items, members * classes + 1)`."""
    logs = np.log(np.clip(members.astype(np.float64), FAINTEST, 1.0))
    rows = logs.transpose(1, 0, 2).reshape(members.shape[1], -1)
    return np.hstack([rows, np.ones((len(rows), 1))])


def fit_softmax(
    rows: np.ndarray,
    *,
    shares: np.ndarray,
    strength: float,
    start: np.ndarray | None = None,
    done: float = DONE,
) -> np.ndarray:
    """Coefficients `(classes, columns)` of least log loss + strength / 2 * their squares' sum.

    Newton's method, each step shortened until it leads down. The penalty makes the problem
    strictly convex, so there is one answer.
    """
    size = (shares.shape[1], rows.shape[1])
    found = np.zeros(size) if start is None else start
    here = _penalised(found, rows=rows, shares=shares, strength=strength)
    for _ in range(STEPS):
        probabilities = softmax(rows @ found.T)
        slope = (probabilities - shares).T @ rows / len(rows) + strength * found
        bend = _curvature(rows, probabilities=probabilities, strength=strength)
        step = -np.linalg.solve(bend, slope.reshape(-1)).reshape(size)
        decrement = float(-(slope * step).sum())
        if decrement < done:
            break
        length = 1.0
        if decrement > CERTAIN:
            there = _penalised(found + step, rows=rows, shares=shares, strength=strength)
            while there > here - 1e-4 * length * decrement and length > DONE:
                length /= 2
                tried = found + length * step
                there = _penalised(tried, rows=rows, shares=shares, strength=strength)
            here = there
        found = found + length * step
    return found


def _penalised(
    found: np.ndarray, *, rows: np.ndarray, shares: np.ndarray, strength: float
) -> float:
    scores = rows @ found.T
    top = scores.max(axis=1)
    sums = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    loss = (sums - (shares * scores).sum(axis=1)).mean()
    return float(loss + strength / 2 * (found**2).sum())


def _curvature(rows: np.ndarray, *, probabilities: np.ndarray, strength: float) -> np.ndarray:
    """Second derivatives, the coefficients in the order of `found.reshape(-1)`."""
    items, columns = rows.shape
    classes = probabilities.shape[1]
    spread = (probabilities[:, :, None] * rows[:, None, :]).reshape(items, -1)
    bend = -spread.T @ spread
    own = np.arange(classes)
    bend.reshape(classes, columns, classes, columns)[own, :, own] += np.matmul(
        probabilities.T[:, None, :] * rows.T, rows
    )
    bend /= items
    bend.reshape(-1)[:: len(bend) + 1] += strength
    return np.asarray(bend)


def deal_folds(classes: np.ndarray, *, folds: int, random: np.random.Generator) -> np.ndarray:
    """A fold for each item `(items,)`, every class spread over all as evenly as can be."""
    order = random.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    dealt = np.empty(len(classes), dtype=np.int64)
    dealt[order] = np.arange(len(classes)) % folds
    return dealt


def choose_strength(
    rows: np.ndarray, *, shares: np.ndarray, strengths: tuple[float, ...], folds: np.ndarray
) -> tuple[float, float]:
    """The strength of least log loss on items left out of fitting, and that loss."""
    strengths = tuple(sorted(strengths, reverse=True))
    judged = np.empty((len(strengths), *shares.shape))
    for fold in range(folds.max() + 1):
        out = folds == fold
        known, truth = rows[~out], shares[~out]
        found = None
        for index, strength in enumerate(strengths):
            found = fit_softmax(known, shares=truth, strength=strength, start=found, done=NEAR)
            judged[index, out] = softmax(rows[out] @ found.T)
    losses = [log_loss(each, shares=shares) for each in judged]
    best = int(np.argmin(losses))
    return strengths[best], losses[best]


class Stacking:
    """Learns whom to believe on which class; the best member where that is no gain."""

    def __init__(self, options: StackingOptions, context: Context) -> None:
        refuse_other_kinds(context, combiner="stacking")
        self.options = options
        self.objective = log_objective(context)
        self.stream = context.stream
        self.coefficients: np.ndarray | None = None
        self.weights: np.ndarray | None = None

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        """Choose the strength, fit; the best member where items left out are no better off."""
        self.coefficients, self.weights = None, None
        if not len(targets):
            return
        shares = shares_of(targets, classes=members.shape[2])
        best, alone = best_member(members, shares=shares)
        self.weights = np.eye(len(members))[best]
        if len(shares) < 2:
            return
        rows = log_features(members)
        folds = deal_folds(
            shares.argmax(axis=1),
            folds=min(self.options.folds, len(shares)),
            random=self.stream.numpy(),
        )
        strength, left_out = choose_strength(
            rows, shares=shares, strengths=self.options.strengths, folds=folds
        )
        found = fit_softmax(rows, shares=shares, strength=strength)
        if max(left_out, log_loss(softmax(rows @ found.T), shares=shares)) < alone:
            self.coefficients = found

    def apply(self, members: np.ndarray) -> np.ndarray:
        """Probabilities `(items, classes)`; without validation items the members' mean."""
        if self.coefficients is not None:
            return softmax(log_features(members) @ self.coefficients.T)
        averaged: np.ndarray = np.average(members, axis=0, weights=self.weights)
        return averaged
