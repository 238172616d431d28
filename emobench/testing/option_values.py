"""Other values that an option may take, for laws on what changes with an option."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any, Literal

from emobench.api import OptionField, Options


def other_values(options: Options) -> Iterator[tuple[str, Any]]:
    """Each option with values other than its own that validate; texts are left alone."""
    for field in options.fields():
        own = getattr(options, field.name)
        for value in _candidates(field, own):
            _, faults = type(options).parse({**options.dump(), field.name: value})
            if value != own and not faults:
                yield field.name, value


def _candidates(field: OptionField, own: Any) -> list[Any]:
    if typing.get_origin(field.type) is Literal:
        return list(typing.get_args(field.type))
    if isinstance(own, bool):
        return [not own]
    if isinstance(own, int):
        return [own + 1, own // 2]
    if isinstance(own, float):
        return [own / 2, own + 0.25]
    return []
