"""Values and where they were written: what `text` makes of YAML and the other passes read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emobench.api.errors import Fault

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Place:
    """Where something was written; line and column count from 1, 0 where there are none."""

    file: str
    line: int = 0
    column: int = 0

    def fault(self, message: str) -> Fault:
        """A fault at this place."""
        return Fault(message=message, file=self.file, line=self.line, column=self.column)


@dataclass(frozen=True)
class ScalarNode:
    """One text, number, truth value or null."""

    value: Scalar
    place: Place


@dataclass(frozen=True)
class ListNode:
    """Values in order."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class Entry:
    """One value of a mapping and the place of its key."""

    node: Node
    key_place: Place


@dataclass(frozen=True)
class MappingNode:
    """Values by key, in the order written."""

    entries: Mapping[str, Entry]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value under `key`, or None where the key is not given."""
        entry = self.entries.get(key)
        return entry.node if entry else None


Node = ScalarNode | ListNode | MappingNode


def plain(node: Node) -> Any:
    """The value without its places: dicts, lists and scalars."""
    if isinstance(node, MappingNode):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return node.value


def locate(node: Node, path: tuple[str | int, ...], *, at_key: bool = False) -> Place:
    """The place of the value (or key) at `path` below `node`; the deepest one that exists."""
    place = node.place
    for step in path:
        if isinstance(node, MappingNode) and isinstance(step, str) and step in node.entries:
            entry = node.entries[step]
            node, place = entry.node, entry.key_place if at_key else entry.node.place
        elif isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
        else:
            break
    return place


def shorten(text: str) -> str:
    """A user's word for a message: at most 60 characters."""
    return text if len(text) <= 60 else text[:57] + "..."
