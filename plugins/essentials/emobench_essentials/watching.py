"""Watching one figure of the history: which one, whether it rose, whether that is good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from emobench.api import UsageError, unknown_name
from emobench_essentials.options import Direction

LOSS_TERM = "train_loss."
"""How the loop begins the names of the loss's single terms."""

LOWER_IS_BETTER = ("loss", "error", "mae", "mse", "rmse", "ece", "kl", "brier")


def lower_is_better(metric: str, *, direction: Direction = "auto") -> bool:
    """Whether less of it is good; told by the last word of the name when `direction` is auto.

    Figures of targets beyond the first are spelled `validation_arousal.mae`.
    """
    if direction != "auto":
        return direction == "lower"
    return metric.startswith(LOSS_TERM) or re.split(r"[._]", metric)[-1] in LOWER_IS_BETTER


class Watch:
    """Remembers the best value of a metric and for how many epochs it has not been beaten."""

    def __init__(self, metric: str, *, direction: Direction, min_delta: float) -> None:
        self.metric = metric
        self.lower = lower_is_better(metric, direction=direction)
        self.min_delta = min_delta
        self.best: float | None = None
        self.waited = 0

    def see(self, metrics: Mapping[str, float], *, user: str) -> None:
        """Take in an epoch's figures; NaN counts as no improvement."""
        if self.metric not in metrics:
            raise UsageError(f"{user}: {unknown_name('metric', self.metric, metrics)}")
        value = float(metrics[self.metric])
        if self._improves(value):
            self.best, self.waited = value, 0
        else:
            self.waited += 1

    def _improves(self, value: float) -> bool:
        if value != value:
            return False
        if self.best is None:
            return True
        if self.lower:
            return value < self.best - self.min_delta
        return value > self.best + self.min_delta

    def state_dict(self) -> dict[str, Any]:
        """Best value, when there is one, and epochs waited."""
        known = {} if self.best is None else {"best": self.best}
        return {**known, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up such a state."""
        self.best = state.get("best")
        self.waited = state["waited"]
