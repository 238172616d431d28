"""One draw from the `Search` ranges of a component's options. Loads neither torch nor numpy."""

from __future__ import annotations

import math
import typing
from collections.abc import Container, Mapping
from random import Random
from typing import Any

from emobench.api.errors import PluginError
from emobench.api.options import OptionField, Options, Search

REDRAWS = 100
"""How often a draw whose options conflict is drawn anew before it is given as it is."""


def searched_fields(options: type[Options]) -> tuple[OptionField, ...]:
    """The options that say where they are worth searching."""
    return tuple(field for field in options.fields() if field.search is not None)


def draw_options(
    options: type[Options],
    random: Random,
    *,
    keep: Mapping[str, Any] = {},
    fixed: Container[str] = (),
) -> dict[str, Any]:
    """Plain values for `options.parse`: every searched option drawn, all others from `keep`.

    A searched option named in `fixed` is kept too; what is neither drawn nor kept is left to its
    default. Draws that the options refuse as conflicting are drawn anew.
    """
    drawn = [field for field in searched_fields(options) if field.name not in fixed]
    values = dict(keep)
    for _ in range(REDRAWS):
        values = {**keep, **{field.name: draw_value(field, random) for field in drawn}}
        _, faults = options.parse(values)
        conflicting = bool(faults) and not any(fault.path for fault in faults)
        if not conflicting or not drawn:
            break
    return values


def draw_value(field: OptionField, random: Random) -> Any:
    """One value of a searched option.

    Choices are equally likely; a range of numbers is uniform, or uniform in the logarithm. Whole
    numbers take both ends. A type that also takes a list, such as `float | tuple`, gets a number.
    """
    search = field.search
    if search is None:
        raise PluginError(f"option '{field.name}' has no Search(...) range to draw from")
    if search.choices:
        return random.choice(search.choices)
    low, high = _ends(field, search)
    return (
        _whole(low, high, search, random) if _is_whole(field) else _real(low, high, search, random)
    )


def _ends(field: OptionField, search: Search) -> tuple[float, float]:
    """The range's two ends, or a PluginError for its author."""
    low, high = search.low, search.high
    if low is None or high is None:
        raise PluginError(f"option '{field.name}': Search(...) needs low and high, or choices")
    if low > high:
        raise PluginError(f"option '{field.name}': Search({low}, {high}) has its ends exchanged")
    if _is_whole(field) and math.ceil(low) > math.floor(high):
        raise PluginError(f"option '{field.name}': no whole number in Search({low}, {high})")
    if search.log and low <= 0:
        raise PluginError(
            f"option '{field.name}': Search({low}, {high}, log=True) must begin above 0"
        )
    return low, high


def _is_whole(field: OptionField) -> bool:
    """Whether the option takes whole numbers and no others."""
    taken = typing.get_args(field.type) or (field.type,)
    return int in taken and float not in taken


def _whole(low: float, high: float, search: Search, random: Random) -> int:
    first, last = math.ceil(low), math.floor(high)
    if not search.log:
        return random.randint(first, last)
    # Half a step beyond both ends: else rounding would give the ends half their share.
    value = round(math.exp(random.uniform(math.log(first - 0.5), math.log(last + 0.5))))
    return min(max(value, first), last)


def _real(low: float, high: float, search: Search, random: Random) -> float:
    if not search.log:
        return random.uniform(low, high)
    value = math.exp(random.uniform(math.log(low), math.log(high)))
    return min(max(value, low), high)
