"""Options that a sweep changes: their ranges, their values, and options made of suggestions.

Loads neither torch nor numpy.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from emobench.api.errors import PluginError
from emobench.api.options import OptionField, Options, Search
from emobench.sweeps.suggest import Conflict, Drawn, Suggest

REDRAWS = 100
"""How often a draw whose options conflict is drawn anew before it is given as it is."""


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One thing that a sweep may change: its key, its values, when it counts, whose it is."""

    key: str
    values: str
    package: str
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class OptionSpace:
    """The options of one block: the ranges of some, and what all others are.

    Keys of values are `key.option`. `owner` says in words whose options they are. `pins` are those
    of `keep` that have one choice.
    """

    key: str
    options: type[Options]
    keep: Mapping[str, Any]
    ranges: Mapping[str, Search]
    owner: str
    package: str
    pins: frozenset[str] = frozenset()

    def build(self, suggest: Suggest) -> Options:
        """The options with every range asked for; a Conflict where they cannot go together."""
        values = dict(self.keep)
        for field in self._ranged():
            search, key = self.ranges[field.name], f"{self.key}.{field.name}"
            values[field.name] = suggest_value(field, search, key=key, suggest=suggest)
        options, faults = self.options.parse(values)
        if options is not None:
            return options
        words = "; ".join(fault.message for fault in faults)
        if any(fault.path for fault in faults):
            raise PluginError(
                f"{self.owner} refuses what was drawn from its own ranges: {words}; fix the "
                "option with --set"
            )
        raise Conflict(f"{self.owner}: {words}")

    def values(self, options: Options) -> Iterator[tuple[str, Any]]:
        """Key and plain value of every option that has a range."""
        plain = options.dump()
        yield from ((f"{self.key}.{field.name}", plain[field.name]) for field in self._ranged())

    def keeps(self, options: Options) -> bool:
        """Whether whatever has no range is in these options as this space keeps it."""
        ranged = {name: value for name, value in options.dump().items() if name in self.ranges}
        kept, _ = self.options.parse({**self.keep, **ranged})
        return kept == options

    def describe(self, when: str = "") -> Iterator[Dimension]:
        """Its dimensions; `when` says in words when they count."""
        for field in self._ranged():
            yield Dimension(
                key=f"{self.key}.{field.name}",
                values=range_words(self.ranges[field.name]),
                package=self.package,
                when=when,
            )

    def pinned(self, when: str = "") -> Iterator[Dimension]:
        """What every trial but the recipe as it stands has at one value, which is no dimension."""
        for field in self.options.fields():
            if field.name in self.pins:
                yield Dimension(
                    key=f"{self.key}.{field.name}",
                    values=_word(self.keep[field.name]),
                    package=self.package,
                    when=when,
                )

    def _ranged(self) -> Iterator[OptionField]:
        return (field for field in self.options.fields() if field.name in self.ranges)


def searched_ranges(options: type[Options]) -> dict[str, Search]:
    """The ranges that options declare themselves, by the option's name."""
    return {field.name: field.search for field in options.fields() if field.search is not None}


def suggest_value(field: OptionField, search: Search, *, key: str, suggest: Suggest) -> Any:
    """A value of the range, plain as JSON holds it.

    A type that also takes a list, such as `float | tuple`, gets a number.
    """
    if search.choices:
        return suggest.one_of(key, [plain_value(choice) for choice in search.choices])
    low, high = _ends(field, search)
    if takes_whole(field):
        return suggest.whole(key, math.ceil(low), math.floor(high), log=search.log)
    return suggest.real(key, float(low), float(high), log=search.log)


def draw_options(
    options: type[Options], seed: str, *, keep: Mapping[str, Any] = {}
) -> dict[str, Any]:
    """Plain values for `options.parse`: every searched option by chance, all others from `keep`.

    Draws that the options refuse as conflicting are drawn anew.
    """
    searched = [field for field in options.fields() if field.search is not None]
    values = dict(keep)
    for attempt in range(REDRAWS):
        drawn = Drawn(f"{seed} {attempt}")
        for field in searched:
            if field.search is not None:
                values[field.name] = suggest_value(
                    field, field.search, key=field.name, suggest=drawn
                )
        _, faults = options.parse(values)
        if not faults or any(fault.path for fault in faults):
            break
    return values


def mean_of(search: Search) -> float:
    """The mean of what is drawn from a range of numbers."""
    if search.choices:
        return fmean(search.choices)
    low, high = float(search.low or 0), float(search.high or 0)
    if search.log and low < high:
        return (high - low) / math.log(high / low)
    return (low + high) / 2


def takes_whole(field: OptionField) -> bool:
    """Whether the option takes whole numbers and no others."""
    taken = typing.get_args(field.type) or (field.type,)
    return int in taken and float not in taken


def plain_value(value: Any) -> Any:
    """A value as JSON holds it: tuples become lists."""
    return [plain_value(item) for item in value] if isinstance(value, tuple | list) else value


def range_words(search: Search) -> str:
    """A range as a table shows it."""
    if search.choices:
        return either([_word(choice) for choice in search.choices])
    return f"{search.low} to {search.high}{', log' if search.log else ''}"


def either(words: Sequence[str]) -> str:
    """Words joined by commas, and by 'or' before the last."""
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def _word(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_word, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ends(field: OptionField, search: Search) -> tuple[float, float]:
    """The range's two ends, or a PluginError for its author."""
    low, high = search.low, search.high
    if low is None or high is None:
        raise PluginError(f"option '{field.name}': Search(...) needs low and high, or choices")
    if low > high:
        raise PluginError(f"option '{field.name}': Search({low}, {high}) has its ends exchanged")
    if takes_whole(field) and math.ceil(low) > math.floor(high):
        raise PluginError(f"option '{field.name}': no whole number in Search({low}, {high})")
    if search.log and low <= 0:
        raise PluginError(
            f"option '{field.name}': Search({low}, {high}, log=True) must begin above 0"
        )
    return low, high
