"""What makes two runs the same run: a stable text of plain values, and its hash. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

PLAIN = (str, bool, int, float)


def canonical(value: Any) -> str:
    """The one JSON text of a plain value: keys sorted, floats by repr, nothing lost.

    A value that JSON cannot hold is a TypeError, as a `str()` of it would not be stable.
    """
    return json.dumps(_checked(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def identity(**parts: Any) -> str:
    """16 hexadecimal characters that change whenever a named part changes."""
    return hashlib.blake2b(canonical(parts).encode("ascii"), digest_size=8).hexdigest()


def _checked(value: Any) -> Any:
    if value is None or isinstance(value, PLAIN):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"keys must be text to be hashed, got {type(key).__name__}")
        return {key: _checked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_checked(item) for item in value]
    raise TypeError(f"only plain values can be hashed, got {type(value).__name__}")
