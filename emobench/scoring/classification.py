"""Figures of one-class targets: from a confusion matrix, and of the probabilities themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

CALIBRATION_BINS = 15
SMALLEST = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0, so that one confident mistake stays a finite loss."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """How one class fared."""

    precision: float
    recall: float
    f1: float
    support: int


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, *, classes: int) -> Counts:
    """How often class `row` was called class `column`, as counts `(classes, classes)`."""
    true_ids, predicted_ids = np.asarray(truth), np.asarray(predicted)
    if true_ids.shape != predicted_ids.shape or true_ids.ndim != 1:
        raise ValueError(
            f"class ids must be two lists of one length, got {true_ids.shape} "
            f"and {predicted_ids.shape}"
        )
    for name, ids in (("true", true_ids), ("predicted", predicted_ids)):
        if ids.size and not (ids.min() >= 0 and ids.max() < classes):
            raise ValueError(
                f"{name} class ids run from {ids.min()} to {ids.max()}, "
                f"but there are {classes} classes (0 to {classes - 1})"
            )
    cells = true_ids.astype(np.int64) * classes + predicted_ids.astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def accuracy(confusion: Counts) -> float:
    """Share of items on the diagonal."""
    return float(np.trace(confusion) / confusion.sum())


def precision(confusion: Counts) -> Floats:
    """By class: share of its predictions that are right; 0 where it was never predicted."""
    return _share(np.diagonal(confusion), confusion.sum(axis=0))


def recall(confusion: Counts) -> Floats:
    """By class: share of its items that were found; 0 where it has none."""
    return _share(np.diagonal(confusion), confusion.sum(axis=1))


def f1(confusion: Counts) -> Floats:
    """By class: harmonic mean of precision and recall; 0 where neither is defined."""
    return _share(2 * np.diagonal(confusion), confusion.sum(axis=0) + confusion.sum(axis=1))


def uar(confusion: Counts) -> float:
    """Unweighted average recall (balanced accuracy) of the classes that occur in the truth."""
    return float(recall(confusion)[confusion.sum(axis=1) > 0].mean())


def macro_precision(confusion: Counts) -> float:
    """Mean precision of the classes that occur in the truth or the predictions."""
    return float(precision(confusion)[_seen(confusion)].mean())


def macro_recall(confusion: Counts) -> float:
    """Mean recall of the classes that occur in the truth or the predictions."""
    return float(recall(confusion)[_seen(confusion)].mean())


def macro_f1(confusion: Counts) -> float:
    """Mean F1 of the classes that occur in the truth or the predictions."""
    return float(f1(confusion)[_seen(confusion)].mean())


def weighted_precision(confusion: Counts) -> float:
    """Mean precision, each class weighted by its items."""
    return float(np.average(precision(confusion), weights=confusion.sum(axis=1)))


def weighted_recall(confusion: Counts) -> float:
    """Mean recall, each class weighted by its items; equals the accuracy."""
    return float(np.average(recall(confusion), weights=confusion.sum(axis=1)))


def weighted_f1(confusion: Counts) -> float:
    """Mean F1, each class weighted by its items."""
    return float(np.average(f1(confusion), weights=confusion.sum(axis=1)))


def per_class(confusion: Counts) -> tuple[ClassFigures, ...]:
    """Precision, recall, F1 and support of every class, in the classes' order."""
    columns = (precision(confusion), recall(confusion), f1(confusion), confusion.sum(axis=1))
    return tuple(
        ClassFigures(precision=float(p), recall=float(r), f1=float(f), support=int(n))
        for p, r, f, n in zip(*columns, strict=True)
    )


def log_loss(truth: ArrayLike, *, probabilities: Floats) -> float:
    """Mean negative log-probability of the true class, in nats."""
    ids = np.asarray(truth)
    of_truth = probabilities[np.arange(len(ids)), ids]
    return float(-np.log(np.clip(of_truth, SMALLEST, 1.0)).mean())


def expected_calibration_error(truth: ArrayLike, *, probabilities: Floats) -> float:
    """Gap between confidence and accuracy, averaged over items (Guo et al. 2017).

    Items are sorted by the probability of their predicted class into 15 bins of equal width,
    each open below and closed above: ECE = sum_b (n_b / n) |accuracy_b - confidence_b|.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == np.asarray(truth)
    bins = np.clip(np.ceil(confidence * CALIBRATION_BINS) - 1, 0, CALIBRATION_BINS - 1)
    gaps = np.bincount(bins.astype(np.int64), weights=right - confidence)
    return float(np.abs(gaps).sum() / len(confidence))


def kl_divergence(truth: Floats, *, probabilities: Floats) -> float:
    """Mean over items of KL(truth || predicted), in nats; both are `(items, classes)`."""
    kept = np.clip(probabilities, SMALLEST, 1.0)
    logs = np.log(np.where(truth > 0, truth, 1.0)) - np.log(kept)
    return float((truth * logs).sum(axis=1).mean())


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def _seen(confusion: Counts) -> NDArray[np.bool_]:
    return np.asarray((confusion.sum(axis=0) + confusion.sum(axis=1)) > 0)
