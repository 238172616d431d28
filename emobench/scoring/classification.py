"""Figures of one-class targets: from a confusion matrix, and of the probabilities themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

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
    check_ids("true", true_ids, classes=classes)
    check_ids("predicted", predicted_ids, classes=classes)
    cells = true_ids.astype(np.int64) * classes + predicted_ids.astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def check_ids(name: str, ids: NDArray[Any], *, classes: int) -> None:
    """Refuse class ids that no class has; `name` is what they are called."""
    if ids.size and not (ids.min() >= 0 and ids.max() < classes):
        raise ValueError(
            f"{name} class ids run from {ids.min()} to {ids.max()}, "
            f"but there are {classes} classes (0 to {classes - 1})"
        )


class Table:
    """A confusion matrix with what is counted from it, each once."""

    def __init__(self, confusion: Counts) -> None:
        self.confusion = confusion
        self.hits = np.diagonal(confusion)
        self.supports = confusion.sum(axis=1)
        self.claims = confusion.sum(axis=0)

    @cached_property
    def precision(self) -> Floats:
        """By class: share of its predictions that are right; 0 where it was never predicted."""
        return _share(self.hits, self.claims)

    @cached_property
    def recall(self) -> Floats:
        """By class: share of its items that were found; 0 where it has none."""
        return _share(self.hits, self.supports)

    @cached_property
    def f1(self) -> Floats:
        """By class: harmonic mean of precision and recall; 0 where neither is defined."""
        return _share(2 * self.hits, self.claims + self.supports)

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Which classes occur in the truth or the predictions."""
        return np.asarray((self.claims + self.supports) > 0)

    @property
    def accuracy(self) -> float:
        """Share of items on the diagonal."""
        return float(self.hits.sum() / self.supports.sum())

    @property
    def uar(self) -> float:
        """Unweighted average recall (balanced accuracy) of the classes that occur in the truth."""
        return float(self.recall[self.supports > 0].mean())

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the classes that occur in the truth or the predictions."""
        return float(self.f1[self.seen].mean())

    @property
    def weighted_f1(self) -> float:
        """Mean F1, each class weighted by its items."""
        return self.mean_by_items(self.f1)

    def mean_by_items(self, figures: Floats) -> float:
        """The mean of a figure of the classes, each weighted by its items."""
        return float((figures * self.supports).sum() / self.supports.sum())

    def per_class(self) -> tuple[ClassFigures, ...]:
        """Precision, recall, F1 and support of every class, in the classes' order."""
        columns = (self.precision, self.recall, self.f1, self.supports)
        return tuple(
            ClassFigures(precision=p, recall=r, f1=f, support=n)
            for p, r, f, n in zip(*(column.tolist() for column in columns), strict=True)
        )


def accuracy(confusion: Counts) -> float:
    """Share of items on the diagonal."""
    return Table(confusion).accuracy


def precision(confusion: Counts) -> Floats:
    """By class: share of its predictions that are right; 0 where it was never predicted."""
    return Table(confusion).precision


def recall(confusion: Counts) -> Floats:
    """By class: share of its items that were found; 0 where it has none."""
    return Table(confusion).recall


def f1(confusion: Counts) -> Floats:
    """By class: harmonic mean of precision and recall; 0 where neither is defined."""
    return Table(confusion).f1


def uar(confusion: Counts) -> float:
    """Unweighted average recall (balanced accuracy) of the classes that occur in the truth."""
    return Table(confusion).uar


def macro_precision(confusion: Counts) -> float:
    """Mean precision of the classes that occur in the truth or the predictions."""
    table = Table(confusion)
    return float(table.precision[table.seen].mean())


def macro_recall(confusion: Counts) -> float:
    """Mean recall of the classes that occur in the truth or the predictions."""
    table = Table(confusion)
    return float(table.recall[table.seen].mean())


def macro_f1(confusion: Counts) -> float:
    """Mean F1 of the classes that occur in the truth or the predictions."""
    return Table(confusion).macro_f1


def weighted_precision(confusion: Counts) -> float:
    """Mean precision, each class weighted by its items."""
    table = Table(confusion)
    return table.mean_by_items(table.precision)


def weighted_recall(confusion: Counts) -> float:
    """Mean recall, each class weighted by its items; equals the accuracy."""
    table = Table(confusion)
    return table.mean_by_items(table.recall)


def weighted_f1(confusion: Counts) -> float:
    """Mean F1, each class weighted by its items."""
    return Table(confusion).weighted_f1


def per_class(confusion: Counts) -> tuple[ClassFigures, ...]:
    """Precision, recall, F1 and support of every class, in the classes' order."""
    return Table(confusion).per_class()


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
    claimed = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(claimed)), claimed]
    return calibration_gap(confidence, right=claimed == np.asarray(truth))


def calibration_gap(confidence: Floats, *, right: NDArray[np.bool_]) -> float:
    """The expected calibration error of answers with that confidence that were right, or not."""
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
