"""From probabilities and truth to the figures of a target: `score` picks them by its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emobench.scoring import classification as of_classes
from emobench.scoring import multilabel as of_labels
from emobench.scoring import regression as of_numbers
from emobench.scoring.catalogue import METRICS, Metric, check_metric
from emobench.scoring.classification import (
    ClassFigures,
    accuracy,
    confusion_matrix,
    expected_calibration_error,
    f1,
    kl_divergence,
    log_loss,
    macro_f1,
    macro_precision,
    macro_recall,
    per_class,
    precision,
    recall,
    uar,
    weighted_f1,
    weighted_precision,
    weighted_recall,
)
from emobench.scoring.multilabel import (
    average_precision,
    label_f1,
    macro_label_f1,
    mean_average_precision,
    micro_label_f1,
)
from emobench.scoring.regression import ccc, mae, pearson, rmse

if TYPE_CHECKING:
    from emobench.api import Target

__all__ = [
    "METRICS",
    "ClassFigures",
    "Graded",
    "Metric",
    "NotFiniteError",
    "accuracy",
    "average_precision",
    "ccc",
    "check",
    "check_metric",
    "confusion_matrix",
    "expected_calibration_error",
    "f1",
    "grade",
    "kl_divergence",
    "label_f1",
    "log_loss",
    "macro_f1",
    "macro_label_f1",
    "macro_precision",
    "macro_recall",
    "mae",
    "mean_average_precision",
    "micro_label_f1",
    "pearson",
    "per_class",
    "precision",
    "probabilities",
    "recall",
    "rmse",
    "score",
    "true_classes",
    "uar",
    "weighted_f1",
    "weighted_precision",
    "weighted_recall",
]

SUM_TOLERANCE = 1e-3
RANGE_TOLERANCE = 1e-6

Floats = NDArray[np.float64]


class NotFiniteError(ValueError):
    """A model that gives NaN or infinity: the mark of a run that diverged."""


def probabilities(target: Target, logits: ArrayLike) -> Floats:
    """What a head's logits say: softmax, sigmoid for several labels, themselves for a number."""
    values = np.asarray(logits, dtype=np.float64)
    if target.kind == "number":
        return values
    if target.kind == "labels":
        small = np.exp(-np.abs(values))
        return np.where(values >= 0, 1.0, small) / (1.0 + small)
    # An infinite logit gives NaN here, which `score` then reports in words.
    with np.errstate(invalid="ignore"):
        powers = np.exp(values - values.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class Graded:
    """Every figure of the target's kind, by name, and the table of one that has classes."""

    figures: dict[str, float]
    table: of_classes.Table | None = None


def score(target: Target, probabilities: ArrayLike, truth: ArrayLike) -> dict[str, float]:
    """Every figure of the target's kind, by name; `grade` says what it takes and raises."""
    return grade(target, probabilities, truth).figures


def grade(target: Target, probabilities: ArrayLike, truth: ArrayLike) -> Graded:
    """Every figure of the target's kind, with what they were counted from.

    `truth` is class ids `(items,)`, 0/1 labels or distributions `(items, classes)`, or numbers
    `(items,)`; a label given as a share is there above one half. Of tied classes the first is
    predicted. Raises NotFiniteError on NaN or infinity and ValueError on figures that are no
    probabilities.
    """
    predicted, expected = check(target, probabilities, truth)
    if target.kind == "number":
        numbers = _score_numbers(predicted.reshape(-1), expected.astype(np.float64).reshape(-1))
        return Graded(figures=numbers)
    if target.kind == "labels":
        present = of_labels.claimed_labels(expected.astype(np.float64))
        return Graded(figures=_score_labels(target, predicted, present))
    graded = _grade_classes(predicted, true_classes(target, truth=expected))
    if target.kind == "distribution":
        shares = _shares(target, expected)
        graded.figures["kl"] = of_classes.kl_divergence(shares, probabilities=predicted)
    return graded


def check(
    target: Target, probabilities: ArrayLike, truth: ArrayLike
) -> tuple[Floats, NDArray[np.generic]]:
    """Both as arrays, once they can be scored; raises what `grade` says where they cannot."""
    predicted = _checked(target, np.asarray(probabilities, dtype=np.float64))
    expected = np.asarray(truth)
    if len(expected) != len(predicted):
        raise ValueError(
            f"target '{target.name}': {len(predicted)} predictions for {len(expected)} true values"
        )
    if target.kind == "number":
        _finite_truth(target, expected)
    elif target.kind == "labels":
        _shaped_truth(target, expected)
    else:
        if target.kind == "distribution":
            _shares(target, expected)
        ids = true_classes(target, truth=expected)
        of_classes.check_ids("true", ids, classes=len(target.classes))
    return predicted, expected


def true_classes(target: Target, *, truth: ArrayLike) -> NDArray[np.int64]:
    """The one true class of each item; of a distribution the most likely, the first of equals."""
    values = np.asarray(truth)
    if target.kind == "distribution":
        values = _shaped_truth(target, values).argmax(axis=1)
    if values.ndim != 1:
        raise ValueError(
            f"target '{target.name}': class ids must be (items,), got shape {values.shape}"
        )
    return values.astype(np.int64)


def _grade_classes(predicted: Floats, ids: NDArray[np.int64]) -> Graded:
    claimed = predicted.argmax(axis=1)
    confidence = predicted[np.arange(len(claimed)), claimed]
    table = of_classes.Table(of_classes.confusion_matrix(ids, claimed, classes=predicted.shape[1]))
    figures = {
        "accuracy": table.accuracy,
        "uar": table.uar,
        "macro_f1": table.macro_f1,
        "weighted_f1": table.weighted_f1,
        "log_loss": of_classes.log_loss(ids, probabilities=predicted),
        "ece": of_classes.calibration_gap(confidence, right=claimed == ids),
    }
    return Graded(figures=figures, table=table)


def _score_labels(target: Target, predicted: Floats, truth: NDArray[np.bool_]) -> dict[str, float]:
    claimed = of_labels.claimed_labels(predicted)
    by_label = of_labels.label_f1(truth, claimed=claimed)
    return {
        "map": of_labels.mean_average_precision(truth, probabilities=predicted),
        "macro_f1": of_labels.macro_label_f1(truth, claimed=claimed),
        "micro_f1": of_labels.micro_label_f1(truth, claimed=claimed),
        **{f"f1_{name}": float(f) for name, f in zip(target.classes, by_label, strict=True)},
    }


def _score_numbers(predicted: Floats, truth: Floats) -> dict[str, float]:
    return {
        "ccc": of_numbers.ccc(truth, predicted=predicted),
        "pearson": of_numbers.pearson(truth, predicted=predicted),
        "mae": of_numbers.mae(truth, predicted=predicted),
        "rmse": of_numbers.rmse(truth, predicted=predicted),
    }


def _checked(target: Target, values: Floats) -> Floats:
    is_table = values.ndim == 2 and values.shape[1] == target.width
    if not is_table and not (target.kind == "number" and values.ndim == 1):
        raise ValueError(
            f"target '{target.name}': predictions must be (items, {target.width}), "
            f"got shape {values.shape}"
        )
    if len(values) == 0:
        raise ValueError(f"target '{target.name}': there are no items to score")
    finite = np.isfinite(values)
    if not finite.all():
        broken = ~finite.reshape(len(values), -1).all(axis=1)
        raise NotFiniteError(
            f"target '{target.name}': the predictions of {broken.sum()} of {len(values)} items "
            f"are not finite (first: item {int(broken.argmax())}); the training has diverged"
        )
    if target.kind != "number":
        _check_shares(target, values)
    return values


def _check_shares(target: Target, values: Floats) -> None:
    low, high = values.min(), values.max()
    if low < -RANGE_TOLERANCE or high > 1 + RANGE_TOLERANCE:
        raise ValueError(
            f"target '{target.name}': probabilities must lie between 0 and 1, "
            f"these run from {low:.3g} to {high:.3g}"
        )
    sums = values.sum(axis=1)
    if target.kind != "labels" and np.abs(sums - 1).max() > SUM_TOLERANCE:
        furthest = int(np.abs(sums - 1).argmax())
        raise ValueError(
            f"target '{target.name}': an item's probabilities must sum to 1, "
            f"those of item {furthest} sum to {sums[furthest]:.3g}"
        )


def _shaped_truth(target: Target, truth: NDArray[np.generic]) -> Floats:
    if truth.ndim != 2 or truth.shape[1] != len(target.classes):
        raise ValueError(
            f"target '{target.name}': the truth must be (items, {len(target.classes)}), "
            f"got shape {truth.shape}"
        )
    return _finite_truth(target, truth)


def _finite_truth(target: Target, truth: NDArray[np.generic]) -> Floats:
    values = truth.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"target '{target.name}': the truth holds values that are not finite")
    return values


def _shares(target: Target, truth: NDArray[np.generic]) -> Floats:
    """Distributions from votes: each row divided by its sum."""
    votes = _shaped_truth(target, truth)
    sums = votes.sum(axis=1, keepdims=True)
    if votes.min() < 0 or sums.min() <= 0:
        raise ValueError(
            f"target '{target.name}': a true distribution needs shares of 0 or more, "
            "not all of them 0"
        )
    return np.asarray(votes / sums)
