"""Makes the sections of a space from a recipe, what it says of its sweep, and what is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emobench.api.options import Options, Search
from emobench.recipes.model import (
    LIST_SECTIONS,
    NO_COMPONENT,
    REQUIRED_SECTIONS,
    SINGLE_SECTIONS,
    Block,
    Recipe,
    SweepBlock,
    TrainOptions,
)
from emobench.recipes.sweep import SECTIONS
from emobench.registry import CORE_PACKAGE, Registered, Registry
from emobench.sweeps.sections import Choice, Section
from emobench.sweeps.space import OptionSpace, plain_value, searched_ranges

TRAIN = "train"
BUDGET = "epochs"
"""What a trial may cost; searched only where a recipe asks for it, as more is always better."""


@dataclass(kw_only=True)
class SpaceMaker:
    """Makes one section after the other; `notes` say what was left out, and why."""

    recipe: Recipe
    registry: Registry
    fixed: frozenset[str]
    notes: list[str] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)

    @property
    def said(self) -> SweepBlock:
        """What the recipe says of its own sweep."""
        return self.recipe.sweep or SweepBlock()

    def section(self, name: str, *, opened: bool) -> Section:
        """A section with the recipe's own components and, where opened, others."""
        own = self._own(name, opened=opened)
        wanted = self.said.components.get(name)
        others = self._others(name, own, wanted=wanted) if opened else []
        optional = name in SINGLE_SECTIONS and name not in REQUIRED_SECTIONS
        nothing = wanted is None or NO_COMPONENT in wanted or not own
        return Section(
            name=name,
            choices=(*own, *others),
            open=opened,
            optional=optional and nothing,
        )

    def train(self) -> OptionSpace:
        """How long a recipe trains and in what portions."""
        declared = searched_ranges(TrainOptions)
        del declared[BUDGET]
        return self._options(
            TRAIN,
            options=TrainOptions,
            keep=self.recipe.train.dump(),
            ranges={**declared, **self._said_of(TRAIN)},
            owner=TRAIN,
            package=CORE_PACKAGE,
        )

    def unused(self) -> list[str]:
        """What the recipe says of its sweep and nothing in the space answers to."""
        return [
            f"sweep: '{key}' has no effect, as this sweep never has that component"
            for key in self.said.ranges
            if key not in self._used
        ]

    def _own(self, section: str, *, opened: bool) -> list[Choice]:
        """What the recipe itself has there."""
        held = getattr(self.recipe, section)
        blocks: list[Block] = list(held) if section in LIST_SECTIONS else list(filter(None, [held]))
        keys = block_keys(section, [block.use for block in blocks])
        wanted = self.said.components.get(section)
        choices = []
        for index, (key, block) in enumerate(zip(keys, blocks, strict=True)):
            options, whole = type(block.options), f"{section}.{block.use}"
            ranges = {
                **searched_ranges(options),
                **self._said_of(whole),
                **self._said_of(f"{section}.{index}"),
            }
            space = self._options(
                whole if opened and section in SINGLE_SECTIONS else key,
                options=options,
                keep=block.options.dump(),
                ranges=_without(ranges, _below(key, self.fixed)),
                owner=f"{block.kind} '{block.use}' of plugin {block.package} {block.version}",
                package=block.package,
            )
            choices.append(
                Choice(
                    kind=block.kind,
                    use=block.use,
                    space=space,
                    version=block.version,
                    settled=wanted is not None and block.use not in wanted,
                )
            )
        return choices

    def _others(
        self, section: str, own: Sequence[Choice], *, wanted: Sequence[str] | None
    ) -> list[Choice]:
        """Everything else of that kind that is installed and can do with its defaults and a draw.

        With `wanted`, of these names alone.
        """
        taken = {choice.use for choice in own}
        found = []
        for name, entry in self.registry.of_kind(SECTIONS[section]).items():
            key = f"{section}.{name}"
            removed = section in LIST_SECTIONS and key in self.fixed
            if name in taken or removed or (wanted is not None and name not in wanted):
                continue
            choice = self._other(key, entry)
            if choice is not None:
                found.append(choice)
        return found

    def _other(self, key: str, entry: Registered) -> Choice | None:
        options = entry.component.options
        space = self._options(
            key,
            options=options,
            keep={},
            ranges={**searched_ranges(options), **self._said_of(key)},
            owner=f"{entry.kind} '{entry.name}' of {entry.plugin}",
            package=entry.plugin.package,
        )
        given = {*space.keep, *space.ranges}
        missing = [
            each.name for each in options.fields() if each.required and each.name not in given
        ]
        if missing:
            self.notes.append(
                f"{entry.kind} '{entry.name}' is left out: its option '{missing[0]}' has no default"
            )
            return None
        return Choice(kind=entry.kind, use=entry.name, space=space, version=entry.plugin.version)

    def _options(
        self,
        key: str,
        *,
        options: type[Options],
        keep: Mapping[str, Any],
        ranges: Mapping[str, Search],
        owner: str,
        package: str,
    ) -> OptionSpace:
        """The options below a key; those with one choice are kept at it."""
        searched = _without(ranges, _below(key, self.fixed))
        pins = {
            name: plain_value(search.choices[0])
            for name, search in searched.items()
            if len(search.choices) == 1
        }
        return OptionSpace(
            key=key,
            options=options,
            keep={**keep, **pins},
            ranges=_without(searched, frozenset(pins)),
            owner=owner,
            package=package,
            pins=frozenset(pins),
        )

    def _said_of(self, owner: str) -> dict[str, Search]:
        """The ranges that the recipe gives the options of `train` or of a component."""
        keys = [key for key in self.said.ranges if key.rpartition(".")[0] == owner]
        self._used.update(keys)
        return {key.rpartition(".")[2]: self.said.ranges[key] for key in keys}


def block_keys(section: str, names: Sequence[str]) -> list[str]:
    """A key for each block; by index where a list names a component twice."""
    if section not in LIST_SECTIONS:
        return [section for _ in names]
    return [
        f"{section}.{name if names.count(name) == 1 else index}" for index, name in enumerate(names)
    ]


def _below(key: str, fixed: frozenset[str]) -> frozenset[str]:
    """Names of the options of one block that are fixed."""
    return frozenset(name.removeprefix(f"{key}.") for name in fixed if name.startswith(f"{key}."))


def _without(ranges: Mapping[str, Search], names: frozenset[str]) -> dict[str, Search]:
    return {name: search for name, search in ranges.items() if name not in names}
