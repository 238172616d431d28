"""Early stopping. Which epoch's weights are kept is the recipe's `train.select`, not this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emobench.api import Context, RunState, event
from emobench_essentials.options import EarlyStoppingOptions
from emobench_essentials.watching import Watch


class EarlyStopping:
    """Stops the run when the metric has not improved for `patience` epochs."""

    def __init__(self, options: EarlyStoppingOptions, context: Context) -> None:
        self.patience = options.patience
        self.watch = Watch(
            options.metric or f"validation_{context.task.metric}",
            direction=options.better,
            min_delta=options.min_delta,
        )

    @event
    def epoch_end(self, run: RunState, metrics: Mapping[str, float]) -> None:
        """Look at the epoch's figures."""
        self.watch.see(metrics, user="technique 'early_stopping'")
        if self.watch.waited >= self.patience:
            best = "never a number" if self.watch.best is None else f"best {self.watch.best:.4f}"
            run.stop(
                f"early stopping: {self.watch.metric} has not improved for "
                f"{self.patience} epochs ({best})"
            )

    def state_dict(self) -> dict[str, Any]:
        """Best value and epochs waited."""
        return self.watch.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up such a state."""
        self.watch.load_state_dict(state)
