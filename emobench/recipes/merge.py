"""Recipes laid over one another: `extends`, and `--set` overrides. Knows no component."""

from __future__ import annotations

from emobench.recipes.model import BLOCK_SECTIONS
from emobench.recipes.nodes import Entry, MappingNode, Node, ScalarNode


def as_block(node: Node) -> MappingNode | None:
    """A bare name spelled out as `{use: name}`; None for what can be no block."""
    if isinstance(node, ScalarNode) and isinstance(node.value, str):
        return MappingNode({"use": Entry(node, node.place)}, node.place)
    return node if isinstance(node, MappingNode) else None


def block_name(node: Node) -> str | None:
    """The component a block names, where it names one."""
    block = as_block(node)
    use = block.get("use") if block else None
    return use.value if isinstance(use, ScalarNode) and isinstance(use.value, str) else None


def merge(parent: MappingNode, child: MappingNode) -> MappingNode:
    """A recipe over the one it extends: blocks merge, lists and scalars replace, null removes."""
    entries: dict[str, Entry] = dict(parent.entries)
    for key, entry in child.entries.items():
        below = entries.get(key)
        node = entry.node
        if below is not None and key in BLOCK_SECTIONS:
            node = merge_block(below.node, node)
        elif below is not None:
            node = _merge_values(below.node, node)
        entries[key] = Entry(node, entry.key_place)
    return MappingNode(entries, child.place)


def merge_block(parent: Node, child: Node) -> Node:
    """A block over its parent; one whose `use` changes drops the parent's options."""
    below, above = as_block(parent), as_block(child)
    if below is None or above is None:
        return child
    if above.get("use") is not None and block_name(above) != block_name(below):
        return above
    return _merge_values(below, above)


def _merge_values(parent: Node, child: Node) -> Node:
    if not isinstance(parent, MappingNode) or not isinstance(child, MappingNode):
        return child
    entries: dict[str, Entry] = dict(parent.entries)
    for key, entry in child.entries.items():
        below = entries.get(key)
        node = _merge_values(below.node, entry.node) if below else entry.node
        entries[key] = Entry(node, entry.key_place)
    return MappingNode(entries, child.place)
