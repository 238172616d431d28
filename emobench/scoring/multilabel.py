"""Figures of targets that carry several labels at once; truth is 0/1 `(items, labels)`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.5
"""A label is claimed above it; at exactly one half the model is undecided and claims nothing."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def claimed_labels(probabilities: Floats) -> Flags:
    """Which labels are claimed, `(items, labels)`."""
    return np.asarray(probabilities > THRESHOLD)


def average_precision(truth: Flags, *, probabilities: Floats) -> Floats:
    """By label: AP = sum_n (R_n - R_{n-1}) P_n over distinct thresholds; 0 without positives."""
    items = len(truth)
    order = np.argsort(-probabilities, axis=0, kind="stable")
    ranked = np.take_along_axis(probabilities, order, axis=0)
    hits = np.take_along_axis(truth, order, axis=0)
    last_of_tie = np.vstack([ranked[1:] != ranked[:-1], np.ones_like(hits[:1])])
    rows = np.arange(items)[:, np.newaxis]
    tie_ends = np.minimum.accumulate(np.where(last_of_tie, rows, items - 1)[::-1], axis=0)[::-1]
    found = np.take_along_axis(np.cumsum(hits, axis=0), tie_ends, axis=0)
    total = (hits * found / (tie_ends + 1)).sum(axis=0)
    positives = truth.sum(axis=0)
    means: Floats = np.divide(total, positives, out=np.zeros(truth.shape[1]), where=positives > 0)
    return means


def mean_average_precision(truth: Flags, *, probabilities: Floats) -> float:
    """Mean AP of the labels that occur in the truth; 0 when none does."""
    occurs = truth.any(axis=0)
    if not occurs.any():
        return 0.0
    return float(average_precision(truth, probabilities=probabilities)[occurs].mean())


def label_f1(truth: Flags, *, claimed: Flags) -> Floats:
    """By label: F1 of the claims; 0 for a label that neither occurs nor is claimed."""
    right, involved = _overlap(truth, claimed)
    return np.divide(2 * right, involved, out=np.zeros(len(right)), where=involved > 0)


def macro_label_f1(truth: Flags, *, claimed: Flags) -> float:
    """Mean F1 of the labels that occur or are claimed; 0 when there is none."""
    _, involved = _overlap(truth, claimed)
    if not involved.any():
        return 0.0
    return float(label_f1(truth, claimed=claimed)[involved > 0].mean())


def micro_label_f1(truth: Flags, *, claimed: Flags) -> float:
    """F1 of all (item, label) decisions taken together; 0 when nothing occurs or is claimed."""
    right, involved = _overlap(truth, claimed)
    return float(2 * right.sum() / involved.sum()) if involved.any() else 0.0


def _overlap(truth: Flags, claimed: Flags) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """By label: items both true and claimed, and items true plus items claimed."""
    return (truth & claimed).sum(axis=0), truth.sum(axis=0) + claimed.sum(axis=0)
