"""What a sweep may change in a recipe: its components' options and, where opened, components.

The ranges are those that options declare with `Search`. Loads neither torch nor numpy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from emobench.api.component import Kind
from emobench.api.errors import UsageError, unknown_name
from emobench.api.options import Options, Search
from emobench.recipes.identity import identity
from emobench.recipes.model import LIST_SECTIONS, SINGLE_SECTIONS, Block, Recipe, TrainOptions
from emobench.registry import CORE_PACKAGE, Registered, Registry
from emobench.sweeps.sections import Choice, Section
from emobench.sweeps.space import Dimension, OptionSpace, searched_ranges
from emobench.sweeps.suggest import Suggest

SECTIONS: Mapping[str, Kind] = {**SINGLE_SECTIONS, **LIST_SECTIONS}
BUDGET = "train.epochs"
"""What a trial may cost; searching it would only find that more is better."""


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """All that a sweep may change in one recipe. `notes` say what was left out of it, and why."""

    recipe: Recipe
    sections: tuple[Section, ...]
    train: OptionSpace
    notes: tuple[str, ...] = ()

    def build(self, suggest: Suggest) -> Recipe:
        """A recipe of this space, of the values that are suggested; a Conflict asks for others.

        Each range is asked for by a key of its own, and only where the recipe needs its value.
        """
        blocks: dict[str, Any] = {section.name: section.build(suggest) for section in self.sections}
        train = cast(TrainOptions, self.train.build(suggest))
        return replace(self.recipe, **blocks, train=train)

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

    Each kind in `open_kinds` (`loss`, `techniques`) is chosen too, among all that is installed.
    Keys in `fixed` (`optimizer.lr`, `techniques.mixup.alpha`) stay as the recipe has them.
    """
    opened = {_section_name(kind) for kind in open_kinds}
    for name in sorted(opened & set(SINGLE_SECTIONS)):
        if {name, f"{name}.use"} & set(fixed):
            raise UsageError(
                f"--set fixes the {name} and --open {name} would choose it; leave one of them out"
            )
    notes: list[str] = []
    sections = []
    for name in SECTIONS:
        choices = _own_choices(name, recipe, fixed, opened=name in opened)
        if name in opened:
            choices += _other_choices(name, choices, registry, fixed, notes)
        sections.append(Section(name=name, choices=tuple(choices), open=name in opened))
    return SearchSpace(
        recipe=recipe,
        sections=tuple(sections),
        train=OptionSpace(
            key="train",
            options=TrainOptions,
            keep=recipe.train.dump(),
            ranges=_ranges(TrainOptions, _fixed_below("train", {*fixed, BUDGET})),
            owner="train",
            package=CORE_PACKAGE,
        ),
        notes=tuple(notes),
    )


def fixed_keys(overrides: Sequence[str], *, recipe: Recipe) -> frozenset[str]:
    """The keys that `--set KEY=VALUE` fixes: what a user sets by name, a sweep leaves alone."""
    found = set()
    for text in overrides:
        section, *steps = (step.strip() for step in text.partition("=")[0].split("."))
        listed = section in LIST_SECTIONS
        if listed and steps and steps[0].isdigit():
            keys = _keys(section, [block.use for block in getattr(recipe, section)])
            steps[0] = dict(enumerate(keys)).get(int(steps[0]), "").partition(".")[2]
        found.add(".".join([section, *steps[: 2 if listed else 1]]))
    return frozenset(found)


def _section_name(kind: str) -> str:
    """The section that a kind, or the key of a recipe, stands for."""
    for name, of in SECTIONS.items():
        if kind in (name, of):
            return name
    raise UsageError(unknown_name("kind to open", kind, SECTIONS))


def _ranges(options: type[Options], fixed: Collection[str]) -> dict[str, Search]:
    """The ranges that are searched: those declared, but for the options that are fixed."""
    declared = searched_ranges(options)
    return {name: search for name, search in declared.items() if name not in fixed}


def _own_choices(
    section: str, recipe: Recipe, fixed: Collection[str], *, opened: bool
) -> list[Choice]:
    """What the recipe itself has there."""
    held = getattr(recipe, section)
    blocks: list[Block] = list(held) if section in LIST_SECTIONS else list(filter(None, [held]))
    keys = _keys(section, [block.use for block in blocks])
    return [
        _choice(
            block,
            key=f"{key}.{block.use}" if opened and section in SINGLE_SECTIONS else key,
            fixed=_fixed_below(key, fixed) | _fixed_below(f"{key}.{block.use}", fixed),
        )
        for key, block in zip(keys, blocks, strict=True)
    ]


def _choice(block: Block, *, key: str, fixed: Collection[str]) -> Choice:
    space = OptionSpace(
        key=key,
        options=type(block.options),
        keep=block.options.dump(),
        ranges=_ranges(type(block.options), fixed),
        owner=f"{block.kind} '{block.use}' of plugin {block.package} {block.version}",
        package=block.package,
    )
    return Choice(kind=block.kind, use=block.use, space=space, version=block.version)


def _other_choices(
    section: str,
    own: Sequence[Choice],
    registry: Registry,
    fixed: Collection[str],
    notes: list[str],
) -> list[Choice]:
    """Everything else of that kind that is installed and can do with its defaults and a draw."""
    taken = {choice.use for choice in own}
    found = []
    for name, entry in registry.of_kind(SECTIONS[section]).items():
        key = f"{section}.{name}"
        removed = section in LIST_SECTIONS and key in fixed
        if name in taken or removed:
            continue
        missing = _needed(entry)
        if missing:
            notes.append(
                f"{entry.kind} '{name}' is left out: its option '{missing[0]}' has no default"
            )
            continue
        options = entry.component.options
        space = OptionSpace(
            key=key,
            options=options,
            keep={},
            ranges=_ranges(options, _fixed_below(key, fixed)),
            owner=f"{entry.kind} '{name}' of {entry.plugin}",
            package=entry.plugin.package,
        )
        found.append(Choice(kind=entry.kind, use=name, space=space, version=entry.plugin.version))
    return found


def _needed(entry: Registered) -> list[str]:
    """Options that a recipe must give and that no draw could."""
    fields = entry.component.options.fields()
    return [field.name for field in fields if field.required and field.search is None]


def _keys(section: str, names: Sequence[str]) -> list[str]:
    """A key for each block; by index where a list names a component twice."""
    if section not in LIST_SECTIONS:
        return [section for _ in names]
    return [
        f"{section}.{name if names.count(name) == 1 else index}" for index, name in enumerate(names)
    ]


def _fixed_below(key: str, fixed: Collection[str]) -> frozenset[str]:
    """Names of the options of one block that are fixed."""
    return frozenset(name.removeprefix(f"{key}.") for name in fixed if name.startswith(f"{key}."))
