"""How messages about data list names."""

from __future__ import annotations

from collections.abc import Collection

SHOWN = 5


def some(names: Collection[str]) -> str:
    """The first few names in order, for a message."""
    return ", ".join(sorted(names)[:SHOWN]) + (", …" if len(names) > SHOWN else "")
