"""What a user sees while a sweep is at work: a live table, or plain lines in a log. On stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self, TextIO

from emobench.cli.sweep_tally import Tally, end_line
from emobench.sweeps.journal import read_events
from emobench.sweeps.rows import rows_of
from emobench.sweeps.trial import OVER, Report, Trial, TrialEnd
from emobench.sweeps.watcher import Watcher

if TYPE_CHECKING:
    from emobench.sweeps.sweep import Sweep


def choose_watcher(sweep: Sweep, *, plain: bool, stream: TextIO | None = None) -> Lines:
    """A live table where the stream is a terminal and it is wanted, plain lines otherwise."""
    target = stream or sys.stderr
    tally = Tally(
        rows_of(read_events(sweep.folder.journal)),
        trials=sweep.call.trials,
        metric=sweep.task.metric,
        sign=sweep.sign,
    )
    if plain or not target.isatty():
        return Lines(tally, stream=target)
    from emobench.cli.sweep_live import Live

    return Live(tally, stream=target, name=sweep.folder.name)


class Lines(Watcher):
    """One plain line a trial that is over, flushed at once. Use with `with`."""

    def __init__(self, tally: Tally, *, stream: TextIO) -> None:
        self.tally, self.stream = tally, stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        return None

    def say(self, message: str) -> None:
        """Show one line."""
        print(message, file=self.stream, flush=True)

    def began(self, trial: Trial) -> None:
        """Count it."""
        self.tally.began(trial)

    def heard(self, trial: Trial, report: Report) -> None:
        """Count it."""
        self.tally.heard(trial, report)

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        """Tell how a trial ended, and where the sweep stands; why one goes on was said."""
        self.tally.ended(trial, end)
        if end.state not in OVER:
            return
        line = end_line(trial.index, end, metric=self.tally.metric)
        self.say(f"[{self.tally.counts()}] {line}")
