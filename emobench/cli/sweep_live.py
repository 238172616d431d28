"""The live table of a sweep on a terminal. Loads rich; imported when the table is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.table import Table
from rich.text import Text

from emobench.boards.words import figure, title
from emobench.cli.sweep_progress import Lines
from emobench.cli.sweep_tally import Tally, end_line, values_words
from emobench.sweeps.trial import OVER, SCORED, Trial, TrialEnd

MOST_SHOWN = 16
"""Rows of trials under way; more would push the rest off the screen."""


class Live(Lines):
    """Counts, the best so far and every trial under way, drawn anew twice a second."""

    def __init__(self, tally: Tally, *, stream: TextIO, name: str) -> None:
        super().__init__(tally, stream=stream)
        self._name = name
        self._console = Console(file=stream)
        self._live = RichLive(
            get_renderable=self.picture,
            console=self._console,
            refresh_per_second=2,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._live.stop()

    def say(self, message: str) -> None:
        """Show one line above the table."""
        self._console.print(message, markup=False, highlight=False)

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        """Count it; what went wrong is told above the table, with its reason."""
        self.tally.ended(trial, end)
        if end.state in OVER - SCORED - {"stopped"}:
            self.say(end_line(trial.index, end, metric=self.tally.metric))

    def picture(self) -> RenderableType:
        """What is drawn, from above."""
        return Group(*self._parts())

    def _parts(self) -> Iterable[RenderableType]:
        yield Text(f"sweep {self._name}: {self.tally.counts()}", overflow="ellipsis", no_wrap=True)
        yield Text(self.tally.best(), overflow="ellipsis", no_wrap=True)
        running = list(self.tally.running.values())
        if not running:
            return
        table = Table(box=None, pad_edge=False, expand=True)
        table.add_column("trial", justify="right")
        table.add_column("epoch", justify="right")
        table.add_column(title(self.tally.metric), justify="right")
        table.add_column("values", no_wrap=True, overflow="ellipsis", ratio=1)
        for trial, report in running[:MOST_SHOWN]:
            table.add_row(
                str(trial.index),
                f"{report.epoch}/{report.epochs}" if report else "–",
                figure(report.validation if report else None, metric=self.tally.metric),
                Text("as it stands" if trial.index == 0 else values_words(trial.values)),
            )
        yield table
        if len(running) > MOST_SHOWN:
            yield Text(f"and {len(running) - MOST_SHOWN} more")
