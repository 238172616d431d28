"""Where the values of a trial come from: chance, a search, or values already known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Protocol

Values = Mapping[str, Any]
"""What a trial has wherever a sweep may change it: plain values (as JSON holds them) by key."""


class Conflict(Exception):
    """Values that cannot go together, or that the space does not hold; draw others."""


def place_of(value: Any, choices: Sequence[Any]) -> int | None:
    """Which of the choices the value is; truth values are no numbers."""
    for place, choice in enumerate(choices):
        if choice == value and isinstance(choice, bool) == isinstance(value, bool):
            return place
    return None


class Suggest(Protocol):
    """Gives one value for each key that a space asks for; the same key never twice a trial."""

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        """One of the choices, which are plain values."""
        ...

    def whole(self, key: str, low: int, high: int, *, log: bool) -> int:
        """A whole number of the range, both ends included."""
        ...

    def real(self, key: str, low: float, high: float, *, log: bool) -> float:
        """A number of the range."""
        ...


class Drawn:
    """Values by chance: what one key draws does not depend on which others there are."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def _random(self, key: str) -> Random:
        return Random(f"{self._seed} {key}")

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        """Each with equal chance."""
        return self._random(key).choice(choices)

    def whole(self, key: str, low: int, high: int, *, log: bool) -> int:
        """Uniform, or uniform in the logarithm."""
        if not log:
            return self._random(key).randint(low, high)
        # Half a step beyond both ends: else rounding would give the ends half their share.
        value = round(
            math.exp(self._random(key).uniform(math.log(low - 0.5), math.log(high + 0.5)))
        )
        return min(max(value, low), high)

    def real(self, key: str, low: float, high: float, *, log: bool) -> float:
        """Uniform, or uniform in the logarithm."""
        if not log:
            return self._random(key).uniform(low, high)
        value = math.exp(self._random(key).uniform(math.log(low), math.log(high)))
        return min(max(value, low), high)


class Known:
    """The values of a trial that was made before; a key or value out of the space conflicts."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def _value(self, key: str) -> Any:
        if key not in self._values:
            raise Conflict(f"no value for '{key}'")
        return self._values[key]

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        """The known value, which must be one of the choices."""
        value = self._value(key)
        place = place_of(value, choices)
        if place is None:
            raise Conflict(f"'{key}' is {value!r}, which is none of its choices")
        return choices[place]

    def whole(self, key: str, low: int, high: int, *, log: bool) -> int:
        """The known value, which must lie in the range."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Conflict(f"'{key}' is {value!r}, not a whole number from {low} to {high}")
        return value

    def real(self, key: str, low: float, high: float, *, log: bool) -> float:
        """The known value, which must lie in the range."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Conflict(f"'{key}' is {value!r}, not a number")
        if not low <= value <= high:
            raise Conflict(f"'{key}' is {value:g}, not from {low:g} to {high:g}")
        return float(value)
