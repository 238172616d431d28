"""Metrics from totals: what one item adds to them, and each metric's formula on weighted sums.

Every formula takes totals `(weightings, statistics)`, so that one matrix product serves them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emobench.scoring import classification as of_classes
from emobench.scoring.metrics import true_classes
from emobench.scoring.multilabel import claimed_labels

if TYPE_CHECKING:
    from emobench.api import Target, TargetKind

NOTHING = 1e-12
"""Share of the raw moment below which a variance is the rounding of a constant."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A metric of weighted sums: which statistics it needs, and what it makes of their totals."""

    needs: tuple[str, ...]
    apply: Callable[[Mapping[str, Floats]], Floats]


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What every group adds: `sums` `(groups, statistics)`; `columns` says where each one lies."""

    sums: Floats
    columns: Mapping[str, slice]


def group_statistics(
    target: Target, *, probabilities: ArrayLike, truth: ArrayLike, starts: NDArray[np.int64]
) -> Statistics:
    """What every group adds to the totals; both arrays are as `metrics.score` takes them.

    The items stand group by group, and `starts` says where each group begins.
    """
    predicted = np.asarray(probabilities, dtype=np.float64)
    expected = np.asarray(truth)
    if target.kind == "number":
        items = _of_numbers(predicted.reshape(-1), expected.reshape(-1).astype(np.float64))
        parts = _by_group(items, starts)
    elif target.kind == "labels":
        claimed, present = claimed_labels(predicted), claimed_labels(expected.astype(np.float64))
        parts = _by_group(_of_labels(claimed, present), starts)
    else:
        parts = _of_classes(predicted, true_classes(target, truth=expected), starts=starts)
        if target.kind == "distribution":
            divergence = _divergence(predicted, expected.astype(np.float64))
            parts |= _by_group({"kl": divergence}, starts)
    columns, start = {}, 0
    for name, part in parts.items():
        columns[name] = slice(start, start + part.shape[1])
        start += part.shape[1]
    return Statistics(sums=np.hstack(list(parts.values())), columns=columns)


def _by_group(parts: Mapping[str, Floats], starts: NDArray[np.int64]) -> dict[str, Floats]:
    """What the items of each group add up to."""
    return {name: np.add.reduceat(part, starts, axis=0) for name, part in parts.items()}


def formula_of(metric: str, *, kind: TargetKind) -> Formula | None:
    """How to get the metric from totals; None where it needs the order of all items."""
    families = {"number": OF_NUMBERS, "labels": OF_LABELS}
    return families.get(kind, OF_CLASSES).get(metric)


def _of_classes(
    predicted: Floats, ids: NDArray[np.int64], *, starts: NDArray[np.int64]
) -> dict[str, Floats]:
    """By group: counts by class, the loss, and the gap of each calibration bin."""
    classes, bins = predicted.shape[1], of_classes.CALIBRATION_BINS
    places, claimed = np.arange(len(ids)), predicted.argmax(axis=1)
    right, confidence = claimed == ids, predicted[places, claimed]
    chosen = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1).astype(np.int64)
    of_truth = np.clip(predicted[places, ids], of_classes.SMALLEST, 1.0)
    owners = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(ids)))

    def added(columns: NDArray[np.int64], weights: Floats | None, *, width: int) -> Floats:
        sums = np.bincount(owners * width + columns, weights, minlength=len(starts) * width)
        return sums.reshape(len(starts), width).astype(np.float64, copy=False)

    return {
        "hits": added(ids, right.astype(np.float64), width=classes),
        "supports": added(ids, None, width=classes),
        "claims": added(claimed, None, width=classes),
        "loss": added(np.zeros_like(ids), -np.log(of_truth), width=1),
        "gaps": added(chosen, right - confidence, width=bins),
    }


def _divergence(predicted: Floats, votes: Floats) -> Floats:
    shares = votes / votes.sum(axis=1, keepdims=True)
    kept = np.clip(predicted, of_classes.SMALLEST, 1.0)
    logs = np.log(np.where(shares > 0, shares, 1.0)) - np.log(kept)
    return np.asarray((shares * logs).sum(axis=1, keepdims=True))


def _of_labels(claimed: NDArray[np.bool_], truth: NDArray[np.bool_]) -> dict[str, Floats]:
    involved = claimed.astype(np.float64) + truth
    return {"hits": (claimed & truth).astype(np.float64), "involved": involved}


def _of_numbers(predicted: Floats, truth: Floats) -> dict[str, Floats]:
    """Moments about a value of the middle, so that a constant has a spread of exactly 0."""
    left, right = truth - _middle(truth), predicted - _middle(predicted)
    errors = predicted - truth
    parts = {
        "items": np.ones_like(left),
        "truth": left,
        "predicted": right,
        "truth_squared": left**2,
        "predicted_squared": right**2,
        "product": left * right,
        "error": errors,
        "absolute_error": np.abs(errors),
        "squared_error": errors**2,
    }
    return {name: part[:, np.newaxis] for name, part in parts.items()}


def _middle(values: Floats) -> float:
    return float(np.sort(values)[len(values) // 2])


def _items(totals: Mapping[str, Floats]) -> Floats:
    return np.asarray(totals["supports"].sum(axis=1))


def _accuracy(totals: Mapping[str, Floats]) -> Floats:
    return np.asarray(totals["hits"].sum(axis=1) / _items(totals))


def _uar(totals: Mapping[str, Floats]) -> Floats:
    return _mean_share(totals["hits"], totals["supports"])


def _macro_f1(totals: Mapping[str, Floats]) -> Floats:
    return _mean_share(2 * totals["hits"], totals["supports"] + totals["claims"])


def _weighted_f1(totals: Mapping[str, Floats]) -> Floats:
    by_class = _share(2 * totals["hits"], totals["supports"] + totals["claims"])
    return np.asarray((by_class * totals["supports"]).sum(axis=1) / _items(totals))


def _log_loss(totals: Mapping[str, Floats]) -> Floats:
    return np.asarray(totals["loss"][:, 0] / _items(totals))


def _ece(totals: Mapping[str, Floats]) -> Floats:
    return np.asarray(np.abs(totals["gaps"]).sum(axis=1) / _items(totals))


def _kl(totals: Mapping[str, Floats]) -> Floats:
    return np.asarray(totals["kl"][:, 0] / _items(totals))


def _macro_label_f1(totals: Mapping[str, Floats]) -> Floats:
    return _mean_share(2 * totals["hits"], totals["involved"])


def _micro_label_f1(totals: Mapping[str, Floats]) -> Floats:
    hits = totals["hits"].sum(axis=1, keepdims=True)
    return _share(2 * hits, totals["involved"].sum(axis=1, keepdims=True))[:, 0]


def _mean_error(totals: Mapping[str, Floats]) -> Floats:
    return np.asarray((totals["absolute_error"] / totals["items"])[:, 0])


def _root_mean_squared_error(totals: Mapping[str, Floats]) -> Floats:
    return np.asarray(np.sqrt(totals["squared_error"] / totals["items"])[:, 0])


def _ccc(totals: Mapping[str, Floats]) -> Floats:
    left, right, product = _moments(totals)
    offset = totals["error"] / totals["items"]
    return _share(2 * product, np.where(product == 0, 1.0, left + right + offset**2))[:, 0]


def _pearson(totals: Mapping[str, Floats]) -> Floats:
    left, right, product = _moments(totals)
    return _share(product, np.sqrt(left * right))[:, 0]


def _moments(totals: Mapping[str, Floats]) -> tuple[Floats, Floats, Floats]:
    """Variances of truth and predictions and their covariance; all 0 where either is constant."""
    items = totals["items"]
    left, right = _variance(totals, "truth"), _variance(totals, "predicted")
    product = totals["product"] / items - (totals["truth"] / items) * (totals["predicted"] / items)
    varies = (left > 0) & (right > 0)
    return left * varies, right * varies, product * varies


def _variance(totals: Mapping[str, Floats], name: str) -> Floats:
    raw = totals[f"{name}_squared"] / totals["items"]
    variance = raw - (totals[name] / totals["items"]) ** 2
    return np.where(variance > NOTHING * raw, variance, 0.0)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _mean_share(part: Floats, whole: Floats) -> Floats:
    """Mean share of the classes or labels that occur; 0 when none does."""
    there = (whole > 0).sum(axis=1)
    return np.asarray(_share(part, whole).sum(axis=1) / np.maximum(there, 1))


OF_CLASSES = {
    "accuracy": Formula(needs=("hits", "supports"), apply=_accuracy),
    "uar": Formula(needs=("hits", "supports"), apply=_uar),
    "macro_f1": Formula(needs=("hits", "supports", "claims"), apply=_macro_f1),
    "weighted_f1": Formula(needs=("hits", "supports", "claims"), apply=_weighted_f1),
    "log_loss": Formula(needs=("loss", "supports"), apply=_log_loss),
    "ece": Formula(needs=("gaps", "supports"), apply=_ece),
    "kl": Formula(needs=("kl", "supports"), apply=_kl),
}
OF_LABELS = {
    "macro_f1": Formula(needs=("hits", "involved"), apply=_macro_label_f1),
    "micro_f1": Formula(needs=("hits", "involved"), apply=_micro_label_f1),
}
_MOMENTS = ("items", "truth", "predicted", "truth_squared", "predicted_squared", "product")
OF_NUMBERS = {
    "ccc": Formula(needs=(*_MOMENTS, "error"), apply=_ccc),
    "pearson": Formula(needs=_MOMENTS, apply=_pearson),
    "mae": Formula(needs=("items", "absolute_error"), apply=_mean_error),
    "rmse": Formula(needs=("items", "squared_error"), apply=_root_mean_squared_error),
}
