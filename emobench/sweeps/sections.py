"""A section of a recipe as a sweep sees it: its components, and which of them are chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emobench.api.component import Kind
from emobench.recipes.model import LIST_SECTIONS, NO_COMPONENT, Block, Recipe
from emobench.sweeps.space import Dimension, OptionSpace, either
from emobench.sweeps.suggest import Conflict, Suggest

OUT, IN = "out", "in"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A component that a section may hold, with the options that are kept and those searched.

    One that is `settled` stands in an open list always.
    """

    kind: Kind
    use: str
    space: OptionSpace
    version: str
    settled: bool = False

    @property
    def key(self) -> str:
        """Where the keys of its options begin."""
        return self.space.key

    def build(self, suggest: Suggest) -> Block:
        """The component with its searched options as suggested."""
        return Block(
            kind=self.kind,
            use=self.use,
            options=self.space.build(suggest),
            package=self.space.package,
            version=self.version,
        )


@dataclass(frozen=True, kw_only=True)
class Section:
    """A recipe's section: every choice as it stands or, when `open`, some of them.

    `optional`: where one block stands, it may be left out.
    """

    name: str
    choices: tuple[Choice, ...]
    open: bool = False
    optional: bool = False

    @property
    def listed(self) -> bool:
        """Whether the recipe holds a list here: then each choice is in or out by itself."""
        return self.name in LIST_SECTIONS

    @property
    def names(self) -> list[str]:
        """The ways of an open section that holds one block."""
        return [choice.use for choice in self.choices] + [NO_COMPONENT] * self.optional

    def build(self, suggest: Suggest) -> Block | tuple[Block, ...] | None:
        """What stands in this section of a recipe that is made of suggestions."""
        blocks = tuple(choice.build(suggest) for choice in self._picked(suggest))
        if self.listed:
            return blocks
        return blocks[0] if blocks else None

    def _picked(self, suggest: Suggest) -> tuple[Choice, ...]:
        if not self.open:
            return self.choices
        if self.listed:
            return tuple(
                choice
                for choice in self.choices
                if choice.settled or suggest.one_of(choice.key, [OUT, IN]) == IN
            )
        name = suggest.one_of(self.name, self.names)
        return tuple(choice for choice in self.choices if choice.use == name)

    def values(self, recipe: Recipe) -> Iterator[tuple[str, Any]]:
        """Key and plain value of everything here that a sweep may change.

        A Conflict where the recipe has here what this section cannot hold.
        """
        held = getattr(recipe, self.name)
        blocks: tuple[Block, ...] = held if self.listed else tuple(filter(None, [held]))
        pairs = self._pairs(blocks)
        if self.open and not self.listed:
            yield self.name, next((choice.use for choice, _ in pairs), NO_COMPONENT)
        for choice in self.choices:
            block = next((block for of, block in pairs if of is choice), None)
            if self.open and self.listed and not choice.settled:
                yield choice.key, OUT if block is None else IN
            if block is not None:
                yield from choice.space.values(block.options)

    def _pairs(self, blocks: Sequence[Block]) -> list[tuple[Choice, Block]]:
        """Each block with the choice that it is.

        Where several choices are of one component, in the order in which `build` would give them.
        """
        left, pairs, begin = list(self.choices), [], 0
        for block in blocks:
            ways = [choice for choice in left if choice.use == block.use]
            if not ways:
                raise Conflict(f"'{self.name}' cannot be {block.use} in this space")
            following = [way for way in ways if self.choices.index(way) >= begin]
            exact = [way for way in following if way.space.keeps(block.options)]
            choice = [*exact, *following, *ways][0]
            begin = self.choices.index(choice) + 1
            left.remove(choice)
            pairs.append((choice, block))
        always = [choice.use for choice in left if choice.settled or not self.open]
        if always and (self.listed or not self.open):
            raise Conflict(f"'{self.name}' always has {always[0]} in this space")
        if not blocks and self.choices and not (self.listed or self.optional):
            raise Conflict(f"'{self.name}' is never without a component")
        return pairs

    def describe(self) -> Iterator[Dimension]:
        """The section's dimensions: the choice first, then the options of each component."""
        if self.open and not self.listed:
            packages = dict.fromkeys(choice.space.package for choice in self.choices)
            yield Dimension(key=self.name, values=either(self.names), package=", ".join(packages))
        for choice in self.choices:
            if self._may_be_out(choice):
                yield Dimension(
                    key=choice.key, values=either([OUT, IN]), package=choice.space.package
                )
            yield from choice.space.describe(self._when(choice))

    def pinned(self) -> Iterator[Dimension]:
        """The options of its components that have one value in every trial."""
        for choice in self.choices:
            yield from choice.space.pinned(self._when(choice))

    def _may_be_out(self, choice: Choice) -> bool:
        return self.open and self.listed and not choice.settled

    def _when(self, choice: Choice) -> str:
        """When a component's options count, in words; empty in a section as it stands."""
        if self._may_be_out(choice):
            return f"{choice.use} is in"
        return f"{self.name} is {choice.use}" if self.open else ""
