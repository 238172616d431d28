"""What a sweep may change in a recipe: its components' options and, where opened, components.

The ranges are those that options declare with `Search`. Loads neither torch nor numpy.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from emobench.api.errors import UsageError, unknown_name
from emobench.recipes.identity import identity
from emobench.recipes.model import (
    EVERY_KIND,
    LIST_SECTIONS,
    SINGLE_SECTIONS,
    Recipe,
    SweepBlock,
    TrainOptions,
)
from emobench.recipes.sweep import SECTIONS
from emobench.registry import Registry
from emobench.sweeps.making import SpaceMaker, block_keys
from emobench.sweeps.sections import Section
from emobench.sweeps.space import Dimension, OptionSpace
from emobench.sweeps.suggest import Conflict, Suggest

Pair = tuple[tuple[str, str], tuple[str, str]]
"""Two components that cannot go together, each by its section and its name."""


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """All that a sweep may change in one recipe. `notes` say what was left out of it, and why.

    No recipe of the space has both components of a pair in `apart`.
    """

    recipe: Recipe
    sections: tuple[Section, ...]
    train: OptionSpace
    notes: tuple[str, ...] = ()
    apart: tuple[Pair, ...] = ()

    def build(self, suggest: Suggest) -> Recipe:
        """A recipe of this space, of the values that are suggested; a Conflict asks for others.

        Each range is asked for by a key of its own, and only where the recipe needs its value.
        """
        blocks: dict[str, Any] = {section.name: section.build(suggest) for section in self.sections}
        train = cast(TrainOptions, self.train.build(suggest))
        if train.copies and not blocks["augmentations"]:
            train = self._without_copies(train)
        recipe = replace(self.recipe, **blocks, train=train)
        self._refuse_misfits(recipe)
        return recipe

    def _refuse_misfits(self, recipe: Recipe) -> None:
        for pair in self.apart:
            if all(use in used(recipe, section) for section, use in pair):
                (_, first), (_, second) = pair
                raise Conflict(f"'{first}' and '{second}' cannot go together")

    def _without_copies(self, train: TrainOptions) -> TrainOptions:
        """Without augmentations every copy would equal its item, which no recipe may ask for."""
        if "copies" in self.train.ranges:
            raise Conflict("train.copies needs augmentations, and none is in")
        return train.replace(copies=0)

    def values(self, recipe: Recipe) -> dict[str, Any]:
        """What a recipe has wherever a sweep may change it: plain values by the keys of `build`.

        They may lie outside the ranges. A Conflict where the recipe has a component that the space
        does not hold.
        """
        found = {key: value for part in self.sections for key, value in part.values(recipe)}
        return {**found, **dict(self.train.values(recipe.train))}

    def describe(self) -> tuple[Dimension, ...]:
        """Every dimension, in the order of a recipe's keys."""
        blocks = [row for section in self.sections for row in section.describe()]
        return (*blocks, *self.train.describe())

    def pinned(self) -> tuple[Dimension, ...]:
        """What has one value in every trial but the recipe as it stands; no dimension."""
        blocks = [row for section in self.sections for row in section.pinned()]
        return (*blocks, *self.train.pinned())


def used(recipe: Recipe, section: str) -> tuple[str, ...]:
    """The names of the components in a section of a recipe."""
    held = getattr(recipe, section)
    blocks = held if isinstance(held, tuple) else tuple(filter(None, [held]))
    return tuple(block.use for block in blocks)


def as_trial(base: Recipe, drawn: Recipe) -> Recipe:
    """The drawn recipe, named after its base and its own content: the same draw, the same run."""
    digest = identity(method=drawn.method())[:8]
    return replace(drawn, name=f"{base.name}-trial-{digest}")


def space_of(
    recipe: Recipe,
    *,
    registry: Registry,
    open_kinds: Sequence[str] = (),
    fixed: Collection[str] = (),
) -> SearchSpace:
    """The space of a recipe: every searched option of every block, and of `train`.

    Each kind in `open_kinds` (`loss`, `techniques`, or `all`) is chosen too, among all that is
    installed. The recipe's own `sweep` opens, pins, narrows and adds. Keys in `fixed`
    (`optimizer.lr`, `techniques.mixup.alpha`) stay as the recipe has them, whatever else is said.
    """
    maker = SpaceMaker(recipe=recipe, registry=registry, fixed=frozenset(fixed))
    opened = _opened(open_kinds, recipe=recipe, fixed=fixed)
    sections = tuple(maker.section(name, opened=name in opened) for name in SECTIONS)
    train = maker.train()
    return SearchSpace(
        recipe=replace(recipe, sweep=None),
        sections=sections,
        train=train,
        notes=(*maker.notes, *maker.unused()),
    )


def _opened(open_kinds: Sequence[str], *, recipe: Recipe, fixed: Collection[str]) -> frozenset[str]:
    """The sections whose components are chosen too; one that `--set` fixes is none of them."""
    named = {_section_name(kind) for kind in open_kinds if kind != EVERY_KIND}
    settled = {name for name in SINGLE_SECTIONS if {name, f"{name}.use"} & set(fixed)}
    for name in sorted(named & settled):
        raise UsageError(
            f"--set fixes the {name} and --open {name} would choose it; leave one of them out"
        )
    block = recipe.sweep or SweepBlock()
    wanted = {*named, *block.open, *block.components}
    every = {*SECTIONS} if EVERY_KIND in {*open_kinds, *block.open} else set()
    return frozenset((wanted | every) & set(SECTIONS) - settled)


def fixed_keys(overrides: Sequence[str], *, recipe: Recipe) -> frozenset[str]:
    """The keys that `--set KEY=VALUE` fixes: what a user sets by name, a sweep leaves alone."""
    found = set()
    for text in overrides:
        section, *steps = (step.strip() for step in text.partition("=")[0].split("."))
        listed = section in LIST_SECTIONS
        if listed and steps and steps[0].isdigit():
            keys = block_keys(section, [block.use for block in getattr(recipe, section)])
            steps[0] = dict(enumerate(keys)).get(int(steps[0]), "").partition(".")[2]
        found.add(".".join([section, *steps[: 2 if listed else 1]]))
    return frozenset(found)


def _section_name(kind: str) -> str:
    """The section that a kind, or the key of a recipe, stands for."""
    for name, of in SECTIONS.items():
        if kind in (name, of):
            return name
    raise UsageError(unknown_name("kind to open", kind, [EVERY_KIND, *SECTIONS]))
