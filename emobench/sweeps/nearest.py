"""Values from elsewhere, brought into the ranges of a space."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from emobench.sweeps.suggest import Conflict, Values, place_of


class Nearest:
    """Known values, each at the nearest point of its range; a Conflict where there is none.

    An option that takes a number or a list of them is searched by a number: of a list its mean.
    """

    def __init__(self, values: Values) -> None:
        self._values = values

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        """The value where it is a choice; else the nearest, of numbers or of lists of them."""
        value = self._value(key)
        place = place_of(value, choices)
        if place is not None:
            return choices[place]
        if all(map(_is_number, [value, *choices])):
            return min(choices, key=lambda choice: abs(choice - value))
        if all(map(_is_widths, [value, *choices])):
            return min(choices, key=lambda choice: _apart(choice, value))
        raise Conflict(f"'{key}' is {value!r}, which is none of its choices")

    def whole(self, key: str, low: int, high: int, *, log: bool) -> int:
        """The whole number of the range that is nearest."""
        return min(max(round(self._number(key)), low), high)

    def real(self, key: str, low: float, high: float, *, log: bool) -> float:
        """The number of the range that is nearest."""
        return float(min(max(self._number(key), low), high))

    def _value(self, key: str) -> Any:
        if key not in self._values:
            raise Conflict(f"no value for '{key}'")
        return self._values[key]

    def _number(self, key: str) -> float:
        value = self._value(key)
        if isinstance(value, list) and value and all(map(_is_number, value)):
            return fmean(value)
        if not _is_number(value):
            raise Conflict(f"'{key}' is {value!r}, not a number")
        return float(value)


def _is_widths(value: Any) -> bool:
    """Whether it is a list of numbers above 0, as the widths of layers are."""
    return isinstance(value, list) and all(_is_number(item) and item > 0 for item in value)


def _apart(one: Sequence[float], other: Sequence[float]) -> float:
    """How far two lists of widths lie apart: by their logarithms, and a layer that one lacks."""
    lacking = abs(len(one) - len(other))
    paired = zip(one, other, strict=False)
    return lacking + sum(abs(math.log2(left / right)) for left, right in paired)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
