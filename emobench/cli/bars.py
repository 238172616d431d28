"""Progress bars for a terminal. The only file that loads rich; imported when bars are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from emobench.boards.words import figure, title
from emobench.cli.progress import PREPARING, Progress, step_figures
from emobench.runs.listener import StepReport

if TYPE_CHECKING:
    from emobench.runs.plan import AnyPlan


class Display(RichProgress):
    """Bars, and below them one line of figures: beside them it would not fit 80 columns."""

    figures = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        """What is drawn, from above."""
        yield self.make_tasks_table(self.tasks)
        if self.figures:
            yield Text(f"      {self.figures}", no_wrap=True, overflow="ellipsis")


class Bars(Progress):
    """A bar for the data and one for the epochs, with live loss, accuracy, rate and time left."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        console = Console(file=stream)
        self._display = Display(
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(5, min(30, console.width - 45))),
            TextColumn("{task.fields[place]}", markup=False),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console,
            transient=True,
        )
        self._data: TaskID | None = None
        self._training: TaskID | None = None
        self._running: list[str] = []
        self._validation = ""

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._display.stop()

    def begin_run(self, plan: AnyPlan, *, number: int, total: int) -> None:
        """A run begins."""
        super().begin_run(plan, number=number, total=total)
        self._display.figures = "starting"

    def begin_training(self) -> None:
        """A training begins: the bars of the one before go."""
        super().begin_training()
        for task in (self._data, self._training):
            if task is not None:
                self._display.remove_task(task)
        self._data = self._training = None
        self._running, self._validation = [], ""

    def say(self, line: str) -> None:
        """Show one line above the bars."""
        self._display.console.print(line, markup=False, highlight=False)

    def stage(self, name: str, detail: str = "") -> None:
        """A part of the run begins; its name stands below the bars until figures do."""
        self.worked = True
        if name in PREPARING:
            self.begin_training()
            self._preparing = name
        self._display.figures = f"{name}: {detail}" if detail else name

    def progress(self, done: int, total: int) -> None:
        """Move the bar of the data."""
        if self._data is None:
            self._data = self._display.add_task(self._preparing, total=total, place="")
        self._display.update(self._data, completed=done, place=f"{done} of {total} items")

    def step(self, report: StepReport) -> None:
        """Move the bar of the epochs within an epoch."""
        done = report.epoch - 1 + report.step / max(1, report.steps)
        self._running = step_figures(report)
        self._move(done, epoch=report.epoch, epochs=report.epochs)

    def epoch(self, epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        """Move the bar of the epochs to the end of an epoch; its last running figures stay."""
        value = metrics.get(f"validation_{self.metric}")
        if value is not None:
            shown = figure(value, metric=self.metric)
            self._validation = f"validation {title(self.metric)} {shown}"
        self._move(epoch, epoch=epoch, epochs=epochs)

    def _move(self, done: float, *, epoch: int, epochs: int) -> None:
        place = f"epoch {epoch}/{epochs}"
        self._display.figures = "  ".join(filter(None, [*self._running, self._validation]))
        if self._training is None:
            self._training = self._display.add_task("train", total=epochs, place=place)
        self._display.update(self._training, completed=done, place=place)
