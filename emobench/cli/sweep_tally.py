"""Where a sweep stands while it is at work: counts, the best so far, time left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emobench.boards.words import figure, title
from emobench.cli.progress import clock
from emobench.sweeps.rows import TrialRow
from emobench.sweeps.trial import OVER, SCORED, Report, Trial, TrialEnd


@dataclass(frozen=True, kw_only=True)
class Leader:
    """The best trial so far and its figure on validation."""

    trial: int
    validation: float


class Tally:
    """Counts what is heard; begins with what an earlier call left."""

    def __init__(self, rows: Iterable[TrialRow], *, trials: int, metric: str, sign: int) -> None:
        self.trials, self.metric = trials, metric
        self.states: Counter[str] = Counter()
        self.running: dict[int, tuple[Trial, Report | None]] = {}
        self.leader: Leader | None = None
        self._sign, self._ended_here = sign, 0
        self._started: float | None = None
        for row in rows:
            if row.state is not None:
                self.states[row.state] += 1
                self._compare(row.trial, row.validation if row.scored else None)

    @property
    def over(self) -> int:
        """How many trials are over."""
        return self.states.total()

    def began(self, trial: Trial, *, now: float | None = None) -> None:
        """A trial is at work. Time is counted from the first: what runs them has to start, too."""
        if self._started is None:
            self._started = time.monotonic() if now is None else now
        self.running[trial.index] = (trial, None)

    def heard(self, trial: Trial, report: Report) -> None:
        """A trial is through an epoch."""
        self.running[trial.index] = (trial, report)

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        """A trial is over, or was interrupted and is not."""
        self.running.pop(trial.index, None)
        if end.state not in OVER:
            return
        self.states[end.state] += 1
        self._ended_here += 1
        self._compare(trial.index, end.validation if end.state in SCORED else None)

    def _compare(self, trial: int, validation: float | None) -> None:
        if validation is None:
            return
        known = self.leader
        if known is None or self._sign * validation > self._sign * known.validation:
            self.leader = Leader(trial=trial, validation=validation)

    def seconds_left(self, now: float | None = None) -> float | None:
        """From the trials that ended in this call; None before the first has."""
        if not self._ended_here or self._started is None:
            return None
        elapsed = (time.monotonic() if now is None else now) - self._started
        return elapsed / self._ended_here * max(0, self.trials - self.over)

    def counts(self, now: float | None = None) -> str:
        """`12/50 trials, 2 running, 8 ok, 3 stopped, 1 failed, 2:10 left`."""
        parts = [f"{self.over}/{max(self.trials, self.over)} trials"]
        parts += [f"{len(self.running)} running"] if self.running else []
        # A copy: the live table asks from a thread of its own.
        parts += [f"{number} {state}" for state, number in list(self.states.items())]
        left = self.seconds_left(now)
        if left is not None and self.over < self.trials:
            parts.append(f"{clock(left)} left")
        return ", ".join(parts)

    def best(self) -> str:
        """`best so far: trial 7, UAR 61.2% on validation`."""
        if self.leader is None:
            return "best so far: none has a figure yet"
        shown = figure(self.leader.validation, metric=self.metric)
        return f"best so far: trial {self.leader.trial}, {title(self.metric)} {shown} on validation"


def end_line(trial: int, end: TrialEnd, *, metric: str) -> str:
    """How a trial ended, in a line."""
    line = f"trial {trial}: {end.state}"
    if end.validation is not None:
        line += f", validation {title(metric)} {figure(end.validation, metric=metric)}"
    if end.reduced:
        line += f" ({end.reduced})"
    return f"{line}: {end.reason.splitlines()[0]}" if end.reason else line


def values_words(values: Mapping[str, Any]) -> str:
    """A trial's values in one line, numbers to three digits; the journal has them whole."""
    return "  ".join(f"{key}={_word(value)}" for key, value in values.items())


def _word(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_word, value))}]"
    return "none" if value is None else str(value)
