"""Plain values to YAML that `text` reads back as the same values, for stored and shown recipes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from emobench.recipes.text import resolve

_PLAIN_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_YAML_1_1_WORDS = frozenset(("y", "n", "yes", "no", "on", "off"))
"""Quoted as a courtesy to readers of the older rules, who would take them for truth values."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


DEEP = 3
"""A list's entry that nests so deep takes several lines, as a member of an ensemble does."""


def to_yaml(value: Mapping[str, Any]) -> str:
    """A mapping as YAML: one key a line, what is nested in one line each unless it is deep."""
    return "".join(f"{line}\n" for line in _lines(value)) or "{}\n"


def _lines(value: Mapping[str, Any], *, unfold: bool = False) -> Iterator[str]:
    """The lines of a mapping; `unfold` gives a mapping of mappings lines of its own."""
    for key, item in value.items():
        if isinstance(item, list | tuple) and item and isinstance(item[0], Mapping):
            yield f"{_scalar(key)}:"
            for entry in item:
                yield from _entry_lines(entry)
        elif unfold and isinstance(item, Mapping) and _depth(item) > 1:
            yield f"{_scalar(key)}:"
            yield from (f"  {line}" for line in _lines(item))
        else:
            yield f"{_scalar(key)}: {_flow(item)}"


def _entry_lines(entry: Any) -> Iterator[str]:
    if isinstance(entry, Mapping) and _depth(entry) >= DEEP:
        for number, line in enumerate(_lines(entry, unfold=True)):
            yield f"  {'  ' if number else '- '}{line}"
    else:
        yield f"  - {_flow(entry)}"


def _depth(value: Any) -> int:
    """How many mappings lie within one another."""
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    return max(map(_depth, value), default=0) if isinstance(value, list | tuple) else 0


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else (".inf" if value > 0 else "-.inf")
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    plain = _PLAIN_WORD.fullmatch(text) and resolve(text) == text
    if plain and text.lower() not in _YAML_1_1_WORDS:
        return text
    return '"' + "".join(_ESCAPES.get(letter) or _printable(letter) for letter in text) + '"'


def _printable(letter: str) -> str:
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"
