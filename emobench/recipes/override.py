"""`--set techniques.mixup.alpha=0.2`, and `set` of an ensemble's member: one value changed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from emobench.api.errors import Fault, unknown_name
from emobench.recipes.merge import as_block, block_name, merge_block
from emobench.recipes.model import BLOCK_SECTIONS, LIST_SECTIONS, TRAINING_KEYS
from emobench.recipes.nodes import (
    Entry,
    ListNode,
    MappingNode,
    Node,
    Place,
    ScalarNode,
    plain,
    shorten,
)
from emobench.recipes.text import parse_value

MAX_STEPS = 12
SETTABLE = ("summary", "task", *TRAINING_KEYS, "combiner")


@dataclass(frozen=True)
class Override:
    """A key's path, the value it gets, and where that was written."""

    steps: tuple[str, ...]
    value: Node
    place: Place

    @property
    def trains(self) -> bool:
        """Whether the key belongs to a recipe that trains; an ensemble hands it to its members."""
        return self.steps[0] in TRAINING_KEYS


class _RefusedError(Exception):
    """The override points nowhere; says what the recipe has or lacks."""


def parse_overrides(texts: Sequence[str], *, faults: list[Fault]) -> list[Override]:
    """What `--set KEY=VALUE` gives, each of `texts` by itself."""
    return [found for text in texts if (found := _parse(text, faults)) is not None]


def member_overrides(node: MappingNode, *, faults: list[Fault]) -> list[Override]:
    """What `set` of a member gives: a mapping of the same keys, with dots, to values."""
    found = []
    for key, entry in node.entries.items():
        steps, place = tuple(step.strip() for step in key.split(".")), entry.key_place
        problem = _wrong_steps(steps, known=TRAINING_KEYS)
        if problem:
            faults.append(place.fault(problem))
        else:
            found.append(Override(steps, entry.node, place))
    return found


def apply_overrides(
    root: MappingNode, overrides: Sequence[Override], *, name: str, faults: list[Fault]
) -> MappingNode:
    """The merged recipe of that name with every override; what picks a component goes first."""
    for override in sorted(overrides, key=lambda item: not _picks_component(item)):
        try:
            root = _set_key(root, override)
        except _RefusedError as refusal:
            faults.append(override.place.fault(f"recipe '{name}' {refusal}"))
    return root


def _picks_component(override: Override) -> bool:
    return len(override.steps) == 1 or override.steps[-1] == "use"


def _parse(text: str, faults: list[Fault]) -> Override | None:
    place = Place(f"--set {shorten(text)}")
    key, equals, value_text = text.partition("=")
    steps = tuple(step.strip() for step in key.split("."))
    problem = _wrong_steps(steps, known=SETTABLE)
    if not equals or not all(steps):
        problem = "write it as KEY=VALUE, such as train.epochs=3"
    if problem:
        faults.append(place.fault(problem))
        return None
    value, wrong = parse_value(value_text, place=place)
    faults += wrong
    return None if value is None else Override(steps, value, place)


def _wrong_steps(steps: tuple[str, ...], *, known: Sequence[str]) -> str:
    """What is wrong with the path of a key, or nothing."""
    if not all(steps):
        return "write the key as a path with dots, such as train.epochs"
    if len(steps) > MAX_STEPS:
        return f"the key has more than {MAX_STEPS} parts"
    if steps[0] == "members":
        return (
            "members cannot be changed so; a key of a recipe, such as train.epochs, changes every "
            "member, and `set` under a member in the file changes that one"
        )
    return "" if steps[0] in known else unknown_name("key", steps[0], known)


def _set_key(root: MappingNode, override: Override) -> MappingNode:
    section, steps = override.steps[0], override.steps[1:]
    entry = root.entries.get(section)
    node = entry.node if entry else None
    if section in BLOCK_SECTIONS:
        changed = _set_block(node, steps, override)
    elif section in LIST_SECTIONS and steps:
        changed = _set_listed(section, node, steps, override)
    else:
        changed = _set_value(node, steps, override)
    entries = {**root.entries, section: Entry(changed, override.place)}
    return MappingNode(entries, root.place)


def _set_block(node: Node | None, steps: tuple[str, ...], override: Override) -> Node:
    """A block with one option changed, or another component in its place."""
    if not steps:
        return override.value if node is None else merge_block(node, override.value)
    block = as_block(node) if node is not None else None
    if block is None:
        if steps != ("use",):
            raise _RefusedError(
                f"has no '{override.steps[0]}' to change; pick one with "
                f"{override.steps[0]}.use=NAME"
            )
        block = MappingNode({}, override.place)
    if steps == ("use",):
        use = MappingNode({"use": Entry(override.value, override.place)}, override.place)
        return merge_block(block, use)
    return _set_value(block, steps, override)


def _set_listed(
    section: str, node: Node | None, steps: tuple[str, ...], override: Override
) -> Node:
    """A list of blocks with one of them changed, or removed by null."""
    items = node.items if isinstance(node, ListNode) else ()
    index = _find(section, items, override)
    if steps[1:] == () and _is_null(override.value):
        kept = (*items[:index], *items[index + 1 :])
    else:
        changed = _set_block(items[index], steps[1:], override)
        kept = (*items[:index], changed, *items[index + 1 :])
    return ListNode(kept, node.place if node else override.place)


def _find(section: str, items: tuple[Node, ...], override: Override) -> int:
    step = override.steps[1]
    names = [block_name(item) or "" for item in items]
    if names.count(step) == 1:
        return names.index(step)
    if names.count(step) > 1:
        places = ", ".join(str(index) for index, name in enumerate(names) if name == step)
        raise _RefusedError(f"has '{step}' more than once; say which by index: {places}")
    index = _index(step, len(items))
    if index is not None:
        return index
    raise _RefusedError(_lacks(section, [name for name in names if name], override))


def _lacks(section: str, known: list[str], override: Override) -> str:
    """That the recipe has no such entry, and how to add it; a list is always given whole."""
    step, rest = override.steps[1], override.steps[2:]
    message = f"has no {LIST_SECTIONS[section]} '{shorten(step)}'"
    close = difflib.get_close_matches(step, known, n=1)
    if known:
        message += f"; did you mean '{close[0]}'?" if close else f", only {', '.join(known)}"
    if close or step.lstrip("-").isdigit() or (not rest and _is_null(override.value)):
        return message
    option = f", {rest[0]}: {json.dumps(plain(override.value))}" if len(rest) == 1 else ""
    entries = ", ".join([*known, "{use: " + step + option + "}" if option else step])
    whole = "; the whole list replaces the recipe's" if known else ""
    return f"{message}; add it with --set '{section}=[{entries}]'{whole}"


def _index(step: str, length: int) -> int | None:
    small = step.isascii() and step.isdigit() and len(step) <= 6
    return int(step) if small and int(step) < length else None


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


def _set_value(node: Node | None, steps: tuple[str, ...], override: Override) -> Node:
    if not steps:
        return override.value
    step, place = steps[0], override.place
    if isinstance(node, ListNode):
        index = _index(step, len(node.items))
        if index is None:
            message = f"has {len(node.items)} items there; '{shorten(step)}' is no index of them"
            raise _RefusedError(message)
        changed = _set_value(node.items[index], steps[1:], override)
        return ListNode((*node.items[:index], changed, *node.items[index + 1 :]), node.place)
    entries = dict(node.entries) if isinstance(node, MappingNode) else {}
    below = entries.get(step)
    changed = _set_value(below.node if below else None, steps[1:], override)
    entries[step] = Entry(changed, place)
    return MappingNode(entries, node.place if isinstance(node, MappingNode) else place)
