"""Temperature scaling (Guo et al. 2017), in numpy."""

from __future__ import annotations

import math

import numpy as np

from emobench.api import Context, NoOptions, UsageError

COLDEST, HOTTEST = 0.05, 20.0
GOLDEN = (math.sqrt(5) - 1) / 2
TOLERANCE = 1e-6


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def log_loss(logits: np.ndarray, *, targets: np.ndarray) -> float:
    """Mean of -log p of the label; `targets` are class ids or distributions."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    if targets.ndim == 1:
        return float(-logs[np.arange(len(logs)), targets.astype(np.int64)].mean())
    return float(-(targets * logs).sum(axis=1).mean())


def fit_temperature(logits: np.ndarray, *, targets: np.ndarray) -> float:
    """The temperature of least log loss, by golden-section search over its logarithm.

    The loss is convex in 1 / temperature, so it has one valley. 1 is kept when nothing beats it.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if not len(logits):
        return 1.0

    def loss_at(exponent: float) -> float:
        return log_loss(logits / math.exp(exponent), targets=targets)

    low, high = math.log(COLDEST), math.log(HOTTEST)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    loss_left, loss_right = loss_at(left), loss_at(right)
    while high - low > TOLERANCE:
        if loss_left < loss_right:
            high, right, loss_right = right, left, loss_left
            left = high - GOLDEN * (high - low)
            loss_left = loss_at(left)
        else:
            low, left, loss_left = left, right, loss_right
            right = low + GOLDEN * (high - low)
            loss_right = loss_at(right)
    found = (low + high) / 2
    return math.exp(found) if loss_at(found) < loss_at(0.0) else 1.0


class Temperature:
    """Divides all logits by one number fitted on validation; never moves a prediction."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        target = context.target
        if target is not None and target.kind not in ("class", "distribution"):
            raise UsageError(
                f"postprocessor 'temperature' calibrates classes, but target '{target.name}' is "
                f"of kind '{target.kind}'; leave it out"
            )
        soft = target is not None and target.kind == "distribution"
        self.objective = "kl" if soft else "log_loss"
        self.temperature = 1.0

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Learn from validation logits `(items, classes)`."""
        self.temperature = fit_temperature(logits, targets=targets)

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities `(items, classes)`."""
        return softmax(np.asarray(logits, dtype=np.float64) / self.temperature)
