"""The technique that ends a collapsing training early. When it may: `emobench.scoring.falling`."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from emobench.api import Context, Evaluation, RunState, event
from emobench.scoring.falling import StopCollapsingOptions, hopeless


class StopCollapsing:
    """Watches what validation items are taken for, and ends the run when nothing else will come."""

    def __init__(self, options: StopCollapsingOptions, context: Context) -> None:
        self.options = options
        self.rows: list[dict[str, float]] = []
        self._predicted: dict[str, float] = {}

    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        """Count the classes that are predicted."""
        evaluation = yield
        target = run.task.targets[0]
        if target.kind in ("class", "distribution") and not run.finished:
            logits = evaluation.logits[target.name]
            counts = np.bincount(logits.argmax(axis=1), minlength=len(target.classes))
            shares = (counts / max(1, len(logits))).tolist()
            named = zip(target.classes, shares, strict=True)
            self._predicted = {f"predicted.{name}": float(share) for name, share in named}
        return evaluation

    @event
    def epoch_end(self, run: RunState, metrics: Mapping[str, float]) -> None:
        """End the run where it is hopeless; a target without classes never is."""
        kept = {key: float(value) for key, value in metrics.items() if _read(key)}
        self.rows = [*self.rows[-self.options.patience :], {**kept, **self._predicted}]
        reason = hopeless(self.rows, options=self.options)
        if reason:
            run.stop(reason)

    def state_dict(self) -> dict[str, Any]:
        """The epochs that are watched."""
        return {"rows": [dict(row) for row in self.rows]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with them."""
        self.rows = [dict(row) for row in state["rows"]]


def _read(key: str) -> bool:
    return key in ("train_accuracy", "learning_rate") or key.startswith("train_loss")
