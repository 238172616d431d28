"""Axes of charts: where a value lies, and which round values are marked. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (1, 2, 5, 10)
MOST_LOG_MARKS = 7


@dataclass(frozen=True, kw_only=True)
class Axis:
    """From values to places; `ticks` are the values to mark."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where the value lies, at an end of the axis if beyond it."""
        low, high, at = self.low, self.high, value
        if self.logarithmic:
            low, high, at = math.log(low), math.log(high), math.log(max(value, low))
        share = (at - low) / (high - low)
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))


def axis(values: Sequence[float], *, start: float, end: float, marks: int = 6) -> Axis:
    """An axis with round ends that holds all the values."""
    low, high = min(values), max(values)
    step = _step((high - low) / marks if high > low else max(abs(high), 1.0) / marks)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(round(count * step, 10) for count in range(first, last + 1))
    return Axis(low=ticks[0], high=ticks[-1], start=start, end=end, ticks=ticks)


def log_axis(values: Sequence[float], *, marks: Sequence[float], start: float, end: float) -> Axis:
    """A logarithmic axis for values above 0; of the marks, those that lie on it, seven at most."""
    low, high = min(values) / 1.3, max(values) * 1.3
    ticks = [value for value in marks if low <= value <= high]
    while len(ticks) > MOST_LOG_MARKS:
        ticks = ticks[::2]
    return Axis(low=low, high=high, start=start, end=end, ticks=tuple(ticks), logarithmic=True)


def _step(width: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(width))
    return next((step * power for step in STEPS if step * power >= width * 0.999), 10 * power)
