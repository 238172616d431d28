"""The ranges that a space asks values of, found by building a recipe of known values. No Optuna."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from emobench.sweeps.suggest import Conflict, Suggest, Values, place_of

Build = Callable[[Suggest], object]
"""Asks for one value a key, as `SearchSpace.build` does; a Conflict where they do not go."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """One of several plain values."""

    values: tuple[Any, ...]

    def place(self, value: Any) -> int | None:
        """Which of them the value is."""
        return place_of(value, self.values)

    @property
    def labels(self) -> tuple[str, ...]:
        """A word for each, no two alike."""
        words = tuple(map(label, self.values))
        return words if len(set(words)) == len(words) else tuple(map(json.dumps, self.values))


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The numbers, or whole numbers, from `low` to `high`, both included."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def levels(self, count: int) -> list[float]:
        """So many numbers evenly spread from end to end; fewer where they would be equal."""
        if count < 2 or self.low == self.high:
            return [self._spread(0.5)] if self.low != self.high else [self.low]
        return sorted({self._spread(step / (count - 1)) for step in range(count)})

    def _spread(self, share: float) -> float:
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        value = low + share * (high - low)
        value = min(max(math.exp(value) if self.log else value, self.low), self.high)
        return round(value) if self.whole else value


Range = Choices | Numbers


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A value in its range: its own if `exact`, else the nearest end of the range."""

    value: Any
    range: Range
    exact: bool = True


def trace(build: Build, values: Values) -> dict[str, Placed]:
    """The range of each value, and the value in it. What the space does not hold is left out."""
    tracer = _Tracer(values)
    # Values from elsewhere may not go together here; those asked for so far have their ranges.
    with suppress(Conflict):
        build(tracer)
    return tracer.found


def label(value: Any) -> str:
    """A plain value in a word or a few."""
    return value if isinstance(value, str) else json.dumps(value)


class _Tracer:
    """Suggests known values where they are known, and goes on with any where they are not."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.found: dict[str, Placed] = {}

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        range_ = Choices(values=tuple(choices))
        place = range_.place(self._values[key]) if key in self._values else None
        if place is None:
            return choices[0]
        self.found[key] = Placed(value=choices[place], range=range_)
        return choices[place]

    def whole(self, key: str, low: int, high: int, *, log: bool) -> int:
        value = self._number(key, Numbers(low=low, high=high, log=log, whole=True))
        return low if value is None else round(value)

    def real(self, key: str, low: float, high: float, *, log: bool) -> float:
        value = self._number(key, Numbers(low=low, high=high, log=log))
        return low if value is None else value

    def _number(self, key: str, range_: Numbers) -> float | None:
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return None
        near = min(max(value, range_.low), range_.high)
        near = round(near) if range_.whole else float(near)
        self.found[key] = Placed(value=near, range=range_, exact=near == value)
        return near
