"""Which trials are worth their next epochs: successive halving, asynchronously (ASHA).

A trial that reaches a rung goes on when it is among the best of those that have reached it so
far. Hyperband is the same with several ladders, whose first rungs lie ever higher: it hedges
against trials that start slowly.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

FACTOR = 3
"""One of so many goes on from a rung, and the next rung is so many times as high."""


def ladder(epochs: int, *, first: int, factor: int = FACTOR) -> tuple[int, ...]:
    """The epochs at which trials are compared: `first`, then ever `factor` times, below `epochs`.

    The first rung lies at one epoch or above; a training too short for it has none.
    """
    rungs = []
    rung = max(1, first)
    while rung < epochs:
        rungs.append(rung)
        rung *= factor
    return tuple(rungs)


class _Rung:
    """The trials that reached it, and their figures from the worst to the best."""

    def __init__(self) -> None:
        self.trials: set[int] = set()
        self.figures: list[float] = []


class Rungs:
    """What trials had at each rung of their ladder; higher is better."""

    def __init__(self, ladders: Sequence[Sequence[int]], *, factor: int = FACTOR) -> None:
        self._factor = factor
        self._ladders = [tuple(rungs) for rungs in ladders] or [()]
        self._rungs = [{epoch: _Rung() for epoch in rungs} for rungs in self._ladders]
        self._stopped: set[int] = set()

    def of(self, trial: int) -> tuple[int, ...]:
        """The rungs of a trial's ladder: trials take the ladders in turn."""
        return self._ladders[trial % len(self._ladders)]

    def goes_on(self, trial: int, *, epoch: int, value: float | None) -> bool:
        """Whether the trial is worth going on with after this epoch.

        Fewer than `factor` at a rung are too few to compare: the first `factor` - 1 to reach it go
        on, as does whatever equals the last that would. No figure is the worst there is. What was
        once said of a trial at a rung stays said.
        """
        if trial in self._stopped:
            return False
        reached = [rung for rung in self.of(trial) if rung <= epoch]
        if not reached:
            return True
        rung = self._rungs[trial % len(self._ladders)][reached[-1]]
        if trial in rung.trials:
            return True
        known = value if value is not None and math.isfinite(value) else -math.inf
        rung.trials.add(trial)
        bisect.insort(rung.figures, known)
        count = len(rung.figures)
        last = rung.figures[-max(1, count // self._factor)]
        is_worth = math.isfinite(known) and (count < self._factor or known >= last)
        if not is_worth:
            self._stopped.add(trial)
        return is_worth


def asha(epochs: int, *, first: int | None = None) -> Rungs:
    """One ladder; without `first`, it begins at a ninth of the epochs."""
    start = first if first is not None else math.ceil(epochs / FACTOR**2)
    return Rungs([ladder(epochs, first=start)])


def hyperband(epochs: int) -> Rungs:
    """A ladder from the first epoch, one from the third, ... and one without rungs."""
    starts = []
    first = 1
    while first < epochs:
        starts.append(first)
        first *= FACTOR
    return Rungs([*(ladder(epochs, first=start) for start in starts), ()])


def unstopped() -> Rungs:
    """No rungs: every trial is trained to its end."""
    return Rungs([()])
