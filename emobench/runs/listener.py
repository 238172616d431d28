"""What an observer of a run may hear. The command line listens; so may a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """Where training stands after a micro-batch; figures are running means of the epoch."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float | None
    learning_rate: float


class Listener:
    """Hears nothing; override what is wanted."""

    def began(self, run_id: str) -> None:
        """The run of that id has its folder."""

    def stage(self, name: str, detail: str = "") -> None:
        """A part of the run begins: "data", "audit", "train", "score"."""

    def progress(self, done: int, total: int) -> None:
        """Progress within the data stage, in items."""

    def step(self, report: StepReport) -> None:
        """A micro-batch is done (called a few times a second at most)."""

    def epoch(self, epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        """An epoch is over; `epoch` counts from 1."""

    def warn(self, message: str) -> None:
        """Something the user should know and the run survives."""
