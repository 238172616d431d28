"""Figures of targets that are a number, such as arousal or valence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ccc(truth: Floats, *, predicted: Floats) -> float:
    """Concordance correlation coefficient (Lin 1989); 0 when either side is constant.

    CCC = 2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))^2), with population moments.
    """
    if _constant(truth) or _constant(predicted):
        return 0.0
    left, right = truth - truth.mean(), predicted - predicted.mean()
    offset = truth.mean() - predicted.mean()
    spread = (left**2).mean() + (right**2).mean() + offset**2
    return float(2 * (left * right).mean() / spread)


def pearson(truth: Floats, *, predicted: Floats) -> float:
    """Pearson's correlation coefficient; 0 when either side is constant."""
    if _constant(truth) or _constant(predicted):
        return 0.0
    left, right = truth - truth.mean(), predicted - predicted.mean()
    return float((left @ right) / (np.linalg.norm(left) * np.linalg.norm(right)))


def mae(truth: Floats, *, predicted: Floats) -> float:
    """Mean absolute error."""
    return float(np.abs(truth - predicted).mean())


def rmse(truth: Floats, *, predicted: Floats) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(((truth - predicted) ** 2).mean()))


def _constant(values: Floats) -> bool:
    return bool(values.min() == values.max())
