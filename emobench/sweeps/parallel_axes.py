"""Where an option's values lie on an upright axis, and which of them are marked. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from emobench.sweeps.ranges import Choices, Range, label

MOST_MARKS = 5


@dataclass(frozen=True, kw_only=True)
class Along:
    """An axis from 0 to 1; `marks` are places on it, with their words."""

    marks: tuple[tuple[float, str], ...]
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    choices: Choices | None = None

    def place(self, value: Any) -> float:
        """Where a value lies; between two choices never."""
        if self.choices is None:
            return self.share(value)
        place = self.choices.place(value)
        return math.nan if place is None else _middle(place, self.choices)

    def share(self, value: float) -> float:
        """Where a number lies."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return 0.5 if high == low else (value - low) / (high - low)


def axis_of(range_: Range) -> Along:
    """The axis of an option's range."""
    if isinstance(range_, Choices):
        marks = [
            (_middle(place, range_), label(value)) for place, value in enumerate(range_.values)
        ]
        return Along(marks=tuple(marks), choices=range_)
    bare = Along(marks=(), low=range_.low, high=range_.high, log=range_.log)
    values = dict.fromkeys(f"{value:.2g}" for value in range_.levels(MOST_MARKS))
    if range_.whole:
        values = dict.fromkeys(f"{value:g}" for value in range_.levels(MOST_MARKS))
    marks = [(bare.share(float(words)), words) for words in values]
    inside = tuple((min(max(place, 0.0), 1.0), words) for place, words in marks)
    return Along(marks=inside, low=range_.low, high=range_.high, log=range_.log)


def _middle(place: int, choices: Choices) -> float:
    return (place + 0.5) / len(choices.values)
