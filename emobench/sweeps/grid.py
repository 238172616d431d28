"""Grid search: every combination of a space's choices, ranges split into a few levels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from emobench.api.errors import PluginError
from emobench.sweeps.ranges import Build, Numbers, label, trace
from emobench.sweeps.searcher import Exhausted, Reports
from emobench.sweeps.suggest import Conflict, Known, Suggest, Values
from emobench.sweeps.trial import TrialEnd

if TYPE_CHECKING:
    from emobench.sweeps.recipe_space import SearchSpace
    from emobench.sweeps.sections import Section
    from emobench.sweeps.space import OptionSpace

LEVELS = 3
"""Into how many values a range is split: its two ends, and the middle."""


def combinations(build: Build, *, levels: int = LEVELS) -> Iterator[Values]:
    """All values that go together, the last key's changing quickest; what does not count is left.

    Keys are asked for in the space's own order: those that only count with a choice have their
    values below that choice alone.
    """
    path: list[int] | None = []
    while path is not None:
        walk = _Walk(path, levels=levels)
        try:
            build(walk)
        except Conflict:
            pass
        else:
            yield walk.values
        path = walk.next_path()


def most_combinations(space: SearchSpace, *, levels: int = LEVELS) -> int:
    """How many combinations there are, with those that will be left as they do not go together."""
    return math.prod(
        [_of_options(space.train, levels), *(_of_section(each, levels) for each in space.sections)]
    )


def _of_section(section: Section, levels: int) -> int:
    ways = [_of_options(choice.space, levels) for choice in section.choices]
    if not section.open:
        return math.prod(ways)
    if not section.listed:
        return sum(ways) + section.optional
    out = [not choice.settled for choice in section.choices]
    return math.prod(count + may_be for count, may_be in zip(ways, out, strict=True))


def _of_options(space: OptionSpace, levels: int) -> int:
    walk = _Walk([], levels=levels)
    # All ranges are asked for before the options may refuse their first levels.
    with suppress(Conflict, PluginError):
        space.build(walk)
    return walk.width


class GridSearch:
    """Every combination once, in the same order each time; values tried before are passed over."""

    def __init__(self, build: Build, *, levels: int = LEVELS) -> None:
        self._build = build
        self._combinations = combinations(build, levels=levels)
        self._taken: set[str] = set()

    def ask(self, trial: int, *, attempt: int) -> Suggest:
        """The next combination; raises Exhausted when there is none left."""
        for values in self._combinations:
            if _spelling(values) not in self._taken:
                return Known(values)
        raise Exhausted

    def refuse(self, trial: int) -> None:
        """It is passed already."""

    def take(self, trial: int, values: Values) -> None:
        """Pass over these values, if they lie on the grid."""
        placed = trace(self._build, values)
        if all(each.exact for each in placed.values()):
            self._taken.add(_spelling({key: each.value for key, each in placed.items()}))

    def tell(self, trial: int, end: TrialEnd, *, figure: float | None, reports: Reports) -> None:
        """Nothing to learn."""


class _Walk:
    """Answers each question with the level that a path names, and with the first beyond its end."""

    def __init__(self, path: Sequence[int], *, levels: int) -> None:
        self._path, self._levels = path, levels
        self._steps: list[tuple[int, int]] = []
        self.values: dict[str, Any] = {}

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        return self._pick(key, choices)

    def whole(self, key: str, low: int, high: int, *, log: bool) -> int:
        levels = Numbers(low=low, high=high, log=log, whole=True).levels(self._levels)
        return int(self._pick(key, levels))

    def real(self, key: str, low: float, high: float, *, log: bool) -> float:
        return float(self._pick(key, Numbers(low=low, high=high, log=log).levels(self._levels)))

    def _pick(self, key: str, levels: Sequence[Any]) -> Any:
        depth = len(self._steps)
        place = self._path[depth] if depth < len(self._path) else 0
        self._steps.append((place, len(levels)))
        self.values[key] = levels[place]
        return levels[place]

    @property
    def width(self) -> int:
        """How many answers there are to all that was asked."""
        return math.prod(count for _, count in self._steps)

    def next_path(self) -> list[int] | None:
        """The path after this one; None after the last."""
        for depth in range(len(self._steps) - 1, -1, -1):
            place, count = self._steps[depth]
            if place + 1 < count:
                return [*(step for step, _ in self._steps[:depth]), place + 1]
        return None


def _spelling(values: Values) -> str:
    return "\n".join(f"{key} {label(values[key])}" for key in sorted(values))
