"""The `sweep` key of a recipe: what a sweep of it opens, pins, narrows and adds.

Read like the rest of a recipe, with every fault at its place. No part of the method.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emobench.api.component import Kind
from emobench.api.errors import Fault, unknown_name
from emobench.api.options import Field, OptionField, Options, Search
from emobench.recipes.model import (
    EVERY_KIND,
    LIST_SECTIONS,
    NO_COMPONENT,
    OPEN_KEY,
    REQUIRED_SECTIONS,
    SINGLE_SECTIONS,
    UNTOUCHED_TRAIN_OPTIONS,
    Block,
    SweepBlock,
    TrainOptions,
)
from emobench.recipes.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, locate, plain
from emobench.registry import Registry

SECTIONS: Mapping[str, Kind] = {**SINGLE_SECTIONS, **LIST_SECTIONS}
TRAIN = "train"
EXAMPLE = "a value, a list of values, or a range such as {low: 1e-4, high: 1e-2, log: true}"
SweepBlocks = Mapping[str, tuple[Block, ...]]
"""The recipe's own blocks by section, those that are right."""


class RangeOptions(Options):
    """A range of numbers, both ends included."""

    low: float = Field(description="the lower end")
    high: float = Field(description="the upper end")
    log: bool | None = Field(
        None,
        description="whether it is searched by its logarithm; by default as the option's own range",
    )

    def conflicts(self) -> list[str]:
        """Ends in order, and a logarithm that exists."""
        if self.low >= self.high:
            return [f"low must lie below high, got {self.low:g} and {self.high:g}"]
        if self.log and self.low <= 0:
            return [f"low must be greater than 0 where log is true, got {self.low:g}"]
        return []


def read_sweep(
    node: Node | None, *, blocks: SweepBlocks, registry: Registry, complete: bool
) -> tuple[SweepBlock | None, list[Fault]]:
    """What stands under `sweep`, or None; and every fault.

    `complete=False` says that the recipe's own blocks are not all known.
    """
    if node is None:
        return None, []
    if not isinstance(node, MappingNode):
        message = f"'sweep' must be a mapping of keys, such as optimizer.lr, to {EXAMPLE}"
        return None, [node.place.fault(message)]
    reader = _Reader(blocks=blocks, registry=registry, complete=complete)
    for key, entry in node.entries.items():
        if not (isinstance(entry.node, ScalarNode) and entry.node.value is None):
            reader.read(key, entry)
    if reader.faults:
        return None, reader.faults
    return SweepBlock(
        open=tuple(reader.open), components=reader.components, ranges=reader.ranges
    ), []


@dataclass(kw_only=True)
class _Reader:
    """Reads one key after the other; what is wrong goes to `faults`."""

    blocks: SweepBlocks
    registry: Registry
    complete: bool
    open: list[str] = field(default_factory=list)
    components: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: dict[str, Search] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def read(self, key: str, entry: Entry) -> None:
        section, *steps = (step.strip() for step in key.split("."))
        if key == OPEN_KEY:
            self.open += self._opened(entry.node)
        elif section in SECTIONS and not steps:
            self.components[section] = self._named(section, entry.node)
        elif section in SECTIONS or (section == TRAIN and steps):
            self._range_of(key, entry)
        else:
            known = (OPEN_KEY, *SECTIONS, f"{TRAIN}.epochs")
            self.faults.append(entry.key_place.fault(unknown_name("key of sweep", key, known)))

    def _opened(self, node: Node) -> Iterator[str]:
        for item in _items(node):
            name = plain(item)
            ways = {EVERY_KIND: "", **SECTIONS}
            of = [one for one, kind in ways.items() if name in (one, kind)]
            if of:
                yield of[0]
            else:
                message = unknown_name("kind to open", str(name), ways)
                self.faults.append(item.place.fault(message))

    def _named(self, section: str, node: Node) -> tuple[str, ...]:
        """The components that a section is narrowed to."""
        kind, names = SECTIONS[section], []
        may_be_none = section in SINGLE_SECTIONS and section not in REQUIRED_SECTIONS
        for item in _items(node):
            name = plain(item)
            if isinstance(name, str) and (kind, name) in self.registry.components:
                names.append(name)
            elif name == NO_COMPONENT and may_be_none:
                names.append(NO_COMPONENT)
            elif isinstance(name, str):
                self.faults.append(item.place.fault(self.registry.unknown(kind, name)))
            else:
                message = f"expected the name of a {kind}, one of those that are to be tried"
                self.faults.append(item.place.fault(message))
        if not _items(node):
            self.faults.append(node.place.fault(f"name a {kind} at least"))
        return tuple(dict.fromkeys(names))

    def _range_of(self, key: str, entry: Entry) -> None:
        found = self._options(key, entry)
        if found is None:
            return
        owner, options, name = found
        known = {option.name: option for option in options.fields()}
        if owner == TRAIN:
            known = {
                name: option
                for name, option in known.items()
                if name not in UNTOUCHED_TRAIN_OPTIONS
            }
        if name not in known:
            message = f"{owner}: {unknown_name('option', name, known)}"
            hint = self._hint(key, name)
            self.faults.append(entry.key_place.fault(message + hint))
            return
        search, faults = _search(entry.node, options=options, option=known[name], key=key)
        self.faults += faults
        if search is not None:
            self.ranges[f"{owner}.{name}"] = search

    def _options(self, key: str, entry: Entry) -> tuple[str, type[Options], str] | None:
        """Whose option a key names: `train` or `loss.focal`, its options, and the option."""
        section, *steps = (step.strip() for step in key.split("."))
        if section == TRAIN:
            return (TRAIN, TrainOptions, ".".join(steps))
        kind, own = SECTIONS[section], self.blocks.get(section, ())
        indexed = section in LIST_SECTIONS and len(steps) == 2 and steps[0].isdigit()
        lacking = ""
        if indexed and int(steps[0]) < len(own):
            return f"{section}.{int(steps[0])}", type(own[int(steps[0])].options), steps[1]
        if indexed:
            lacking = f"the recipe has {len(own)} {section}; there is no entry {steps[0]}"
        elif len(steps) == 2:
            component = self.registry.components.get((kind, steps[0]))
            if component is not None:
                return f"{section}.{steps[0]}", component.component.options, steps[1]
            self.faults.append(entry.key_place.fault(self.registry.unknown(kind, steps[0])))
        elif len(steps) == 1 and section in SINGLE_SECTIONS:
            if own:
                return f"{section}.{own[0].use}", type(own[0].options), steps[0]
            lacking = f"the recipe has no '{section}'; name the {kind}: {section}.NAME.{steps[0]}"
        else:
            message = f"write the key as {section}.NAME.OPTION, with the name of a {kind}"
            self.faults.append(entry.key_place.fault(message))
        if lacking and self.complete:
            self.faults.append(entry.key_place.fault(lacking))
        return None

    def _hint(self, key: str, option: str) -> str:
        """Which component the key may mean, where the recipe's own has no such option."""
        section, *steps = key.split(".")
        if len(steps) != 1 or section not in SINGLE_SECTIONS:
            return ""
        for name, entry in self.registry.of_kind(SINGLE_SECTIONS[section]).items():
            if option in {each.name for each in entry.fields()}:
                return f"; for that of '{name}' write {section}.{name}.{option}"
        return ""


def _items(node: Node) -> tuple[Node, ...]:
    """What a list holds; a bare word stands for a list of it alone."""
    return node.items if isinstance(node, ListNode) else (node,)


def _search(
    node: Node, *, options: type[Options], option: OptionField, key: str
) -> tuple[Search | None, list[Fault]]:
    """The range or choices that a key is given; a single value is the one choice."""
    if isinstance(node, MappingNode):
        return _numbers(node, options=options, option=option, key=key)
    if isinstance(node, ListNode) and not node.items:
        return None, [node.place.fault(f"{key}: the list is empty; write {EXAMPLE}")]
    faults = []
    for item in _items(node):
        faults += [
            item.place.fault(f"{key}: {words}")
            for words in _value_faults(plain(item), options=options, option=option)
        ]
    if faults and isinstance(node, ListNode) and _fits(plain(node), options, option):
        return None, [
            node.place.fault(
                f"{key}: a list gives the values to choose from, each a {option.type_name}; to pin "
                f"it to {plain(node)} write {[plain(node)]}"
            )
        ]
    if faults:
        return None, faults
    return Search(choices=tuple(plain(item) for item in _items(node))), []


def _numbers(
    node: MappingNode, *, options: type[Options], option: OptionField, key: str
) -> tuple[Search | None, list[Fault]]:
    found, wrong = RangeOptions.parse(plain(node))
    if wrong or found is None:
        return None, [
            locate(node, fault.path, at_key=fault.at_key).fault(
                ".".join(map(str, (key, *(() if fault.at_key else fault.path))))
                + f": {fault.message}"
            )
            for fault in wrong
        ]
    taken = set(typing.get_args(option.type) or (option.type,))
    if not taken & {int, float}:
        message = f"{key}: a range is for numbers, and this takes {option.type_name}; list values"
        return None, [node.place.fault(message)]
    whole = float not in taken
    low, high = (_whole(end) if whole else end for end in (found.low, found.high))
    faults = [
        locate(node, (end,)).fault(f"{key}.{end}: {words}")
        for end, value in (("low", low), ("high", high))
        for words in _value_faults(value, options=options, option=option)
    ]
    declared = bool(option.search and option.search.log) and low > 0
    log = declared if found.log is None else found.log
    return (None, faults) if faults else (Search(low, high, log), [])


def _whole(value: float) -> float:
    return int(value) if math.floor(value) == value else value


def _fits(value: Any, options: type[Options], option: OptionField) -> bool:
    return not _value_faults(value, options=options, option=option)


def _value_faults(value: Any, *, options: type[Options], option: OptionField) -> list[str]:
    """What is wrong with a value of one option, whatever the others are."""
    _, faults = options.parse({option.name: value})
    return [fault.message for fault in faults if fault.path[:1] == (option.name,)]
