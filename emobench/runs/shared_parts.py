"""Reads a record's JSON quickly where its parts are those of the records before it.

Records of one task have recipes, stamps and versions in common: such a part is parsed, checked
and written canonically once, and one object serves them all. `published` reads again, with more
care and more to say, what cannot be read here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from emobench.runs.readers import Unreadable, builder, field_readers
from emobench.runs.record import RECORD_SCHEMA, Record

SHARED = frozenset({"recipe", "task", "data", "audit", "provenance"})
"""Fields that many records have alike; only mappings, whose text says itself where it ends."""
SHORT = 12
"""Texts up to this length, such as a state or a seed, are kept whatever they say."""

_decode = json.JSONDecoder().raw_decode
_encoder = json.JSONEncoder(separators=(",", ":"), sort_keys=True, allow_nan=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """One field of a record: its JSON as it stands, what that says, and its canonical JSON."""

    text: str
    value: Any
    canonical: str


class RecordReader:
    """Reads records one after the other; it keeps the parts that many have alike."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Part] = {}
        self._latest: dict[str, Part] = {}

    def read(self, text: str) -> tuple[Record, str]:
        """The record of a JSON without spaces, and its canonical JSON; raises Unreadable."""
        try:
            parts = self._parts(text)
        except (ValueError, RecursionError, IndexError):
            raise Unreadable from None
        record = builder(Record)({name: part.value for name, part in parts.items()})
        if type(record.schema) is not int or not 1 <= record.schema <= RECORD_SCHEMA:
            raise Unreadable
        fields = [f'"{name}":{parts[name].canonical}' for name in sorted(parts)]
        return record, f"{{{','.join(fields)}}}"

    def _parts(self, text: str) -> dict[str, Part]:
        parts: dict[str, Part] = {}
        place, before = 0, "{"
        while text[place] == before and text[place + 1] == '"':
            name, end = _decode(text, place + 1)
            if text[end] != ":" or name in parts or name not in field_readers(Record):
                raise Unreadable
            parts[name] = part = self._part(name, text, end + 1)
            place, before = end + 1 + len(part.text), ","
        if text[place:] != "}":
            raise Unreadable
        return parts

    def _part(self, name: str, text: str, start: int) -> Part:
        latest = self._latest.get(name)
        if latest is not None and text.startswith(latest.text, start):
            return latest
        value, end = _decode(text, start)
        written = text[start:end]
        part = self._known.get((name, written)) or Part(
            text=written,
            value=field_readers(Record)[name](value),
            canonical=canonical(value),
        )
        if name in SHARED and type(value) is dict:
            self._known[name, written] = self._latest[name] = part
        elif len(written) <= SHORT:
            self._known[name, written] = part
        return part


def canonical(value: object) -> str:
    """JSON whatever the order of keys; raises ValueError where JSON has no such value."""
    return _encoder.encode(value)
