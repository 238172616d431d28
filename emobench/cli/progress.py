"""What a user sees while runs are at work: bars on a terminal, plain lines in a log. On stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TextIO

from emobench.boards.words import figure, percent, title
from emobench.runs.listener import Listener, StepReport

if TYPE_CHECKING:
    from emobench.runs.plan import AnyPlan

PREPARING = ("data", "copies")
"""Stages that prepare features, item by item."""


def choose_progress(*, plain: bool, stream: TextIO | None = None) -> Progress:
    """Bars where the stream is a terminal and bars are wanted, plain lines otherwise."""
    target = stream or sys.stderr
    if plain or not target.isatty():
        return Progress(target)
    from emobench.cli.bars import Bars

    return Bars(target)


class Progress(Listener):
    """Plain lines, flushed one by one: a log shows where a run stands. Use with `with`."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.worked = False
        self.metric = ""
        self._shown_quarter = 0
        self._preparing = PREPARING[0]
        self._first_epoch: tuple[int, float] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        return None

    def begin_run(self, plan: AnyPlan, *, number: int, total: int) -> None:
        """A run begins; a stored one is answered without any further word."""
        self.worked = False
        self.metric = plan.task.metric
        self.begin_training()
        self.say(f"{f'[{number}/{total}] ' if total > 1 else ''}{plan_name(plan)}")

    def begin_training(self) -> None:
        """Forget how far the training before this one came; an ensemble has several in one run."""
        self._shown_quarter = 0
        self._first_epoch = None
        self._preparing = PREPARING[0]

    def say(self, line: str) -> None:
        """Show one line."""
        print(line, file=self.stream, flush=True)

    def stage(self, name: str, detail: str = "") -> None:
        """A part of the run begins."""
        self.worked = True
        if name in PREPARING:
            self.begin_training()
            self._preparing = name
        self.say(f"{name}: {detail}" if detail else name)

    def progress(self, done: int, total: int) -> None:
        """A line for every quarter of the data."""
        quarter = 4 * done // max(1, total)
        if quarter > self._shown_quarter:
            self._shown_quarter = quarter
            self.say(f"{self._preparing}: {done} of {total} items")

    def epoch(self, epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        """One line for an epoch."""
        parts = [f"epoch {epoch}/{epochs}", *figures(metrics, metric=self.metric)]
        left = self._seconds_left(epoch, epochs)
        if left is not None and epoch < epochs:
            parts.append(f"{clock(left)} left")
        self.say("  ".join(parts))

    def warn(self, message: str) -> None:
        """Show a warning."""
        self.say(f"warning: {message}")

    def _seconds_left(self, epoch: int, epochs: int) -> float | None:
        """From the epochs seen in this process: a resumed run must not count earlier ones."""
        now = time.monotonic()
        if self._first_epoch is None:
            self._first_epoch = (epoch, now)
            return None
        first, started = self._first_epoch
        return (now - started) / (epoch - first) * (epochs - epoch)


def plan_name(plan: AnyPlan) -> str:
    """A run as a sentence names it."""
    name = f"{plan.recipe.name} on {plan.task.name}, seed {plan.seed}"
    return f"{name}, fold {plan.fold}" if plan.task.protocol.fold_count > 1 else name


def figures(metrics: Mapping[str, float], *, metric: str) -> list[str]:
    """An epoch's figures that a person follows, those that there are."""
    loss, accuracy = metrics.get("train_loss"), metrics.get("train_accuracy")
    validation, rate = metrics.get(f"validation_{metric}"), metrics.get("learning_rate")
    shown = {
        "loss": None if loss is None else f"{loss:.4f}",
        "train accuracy": None if accuracy is None else percent(accuracy),
        f"validation {title(metric)}": (
            None if validation is None else figure(validation, metric=metric)
        ),
        "rate": None if rate is None else f"{rate:.2e}",
    }
    return [f"{name} {value}" for name, value in shown.items() if value is not None]


def step_figures(report: StepReport) -> list[str]:
    """The running figures within an epoch."""
    parts = [f"loss {report.loss:.4f}"]
    if report.accuracy is not None:
        parts.append(f"accuracy {percent(report.accuracy)}")
    return [*parts, f"rate {report.learning_rate:.2e}"]


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are some."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
