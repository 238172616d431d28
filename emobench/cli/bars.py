"""Progress bars for a terminal. The only file that loads rich; imported when bars are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from emobench.boards.words import figure, title
from emobench.cli.progress import Progress, step_figures
from emobench.runs.listener import StepReport

if TYPE_CHECKING:
    from emobench.runs.plan import Plan


class Bars(Progress):
    """A bar for the data and one for the epochs, with live loss, accuracy, rate and time left."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._display = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[figures]}", markup=False),
            TimeRemainingColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self._data: TaskID | None = None
        self._training: TaskID | None = None
        self._validation = ""

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._display.stop()

    def begin_run(self, plan: Plan, *, number: int, total: int) -> None:
        """A run begins: the bars of the one before go."""
        for task in (self._data, self._training):
            if task is not None:
                self._display.remove_task(task)
        self._data = self._training = None
        self._validation = ""
        super().begin_run(plan, number=number, total=total)

    def say(self, line: str) -> None:
        """Show one line above the bars."""
        self._display.console.print(line, markup=False, highlight=False)

    def stage(self, name: str, detail: str = "") -> None:
        """The bars tell the stages."""
        self.worked = True

    def progress(self, done: int, total: int) -> None:
        """Move the bar of the data."""
        if self._data is None:
            self._data = self._display.add_task("data", total=total, figures="")
        self._display.update(self._data, completed=done, figures=f"{done} of {total} items")

    def step(self, report: StepReport) -> None:
        """Move the bar of the epochs within an epoch."""
        done = report.epoch - 1 + report.step / max(1, report.steps)
        parts = [f"epoch {report.epoch}/{report.epochs}", *step_figures(report), self._validation]
        self._move(done, total=report.epochs, figures="  ".join(filter(None, parts)))

    def epoch(self, epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        """Move the bar of the epochs to the end of an epoch."""
        value = metrics.get(f"validation_{self.metric}")
        if value is not None:
            shown = figure(value, metric=self.metric)
            self._validation = f"validation {title(self.metric)} {shown}"
        self._move(epoch, total=epochs, figures=f"epoch {epoch}/{epochs}  {self._validation}")

    def _move(self, done: float, *, total: int, figures: str) -> None:
        if self._training is None:
            self._training = self._display.add_task("train", total=total, figures=figures)
        self._display.update(self._training, completed=done, figures=figures)
