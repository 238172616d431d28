"""What a sweep may change in a recipe: its components' options and, where opened, components.

The ranges are those that options declare with `Search`. Loads neither torch nor numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from emobench.api.component import Kind
from emobench.api.errors import PluginError, UsageError, unknown_name
from emobench.api.options import Options, Search
from emobench.recipes.identity import identity
from emobench.recipes.model import (
    LIST_SECTIONS,
    REQUIRED_SECTIONS,
    SINGLE_SECTIONS,
    Block,
    Recipe,
    TrainOptions,
)
from emobench.registry import CORE_PACKAGE, Registered, Registry
from emobench.sweeps.space import draw_options, searched_fields

SECTIONS: Mapping[str, Kind] = {**SINGLE_SECTIONS, **LIST_SECTIONS}
BUDGET = "train.epochs"
"""What a trial may cost; searching it would only find that more is better."""

Streams = Callable[[str], Random]
"""Random numbers by key: what one key draws does not depend on which others there are."""


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One thing that a sweep may change: its key, its values, when it counts, whose it is."""

    key: str
    values: str
    package: str
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A component that a draw may pick, with the options that it keeps and those it searches."""

    key: str
    kind: Kind
    use: str
    options: type[Options]
    keep: Mapping[str, Any]
    fixed: frozenset[str]
    package: str
    version: str

    def searched(self) -> Iterator[tuple[str, Search]]:
        """Name and range of every option that is drawn."""
        return _searched(self.options, self.fixed)

    def draw(self, random: Random) -> Block:
        """The component with its searched options drawn."""
        values = draw_options(self.options, random, keep=self.keep, fixed=self.fixed)
        options, faults = self.options.parse(values)
        if options is None:
            words = "; ".join(fault.message for fault in faults)
            raise PluginError(
                f"{self.kind} '{self.use}' of plugin {self.package} {self.version} refuses what "
                f"was drawn from its own ranges: {words}; fix the option with --set"
            )
        return Block(
            kind=self.kind,
            use=self.use,
            options=options,
            package=self.package,
            version=self.version,
        )


@dataclass(frozen=True, kw_only=True)
class Section:
    """A recipe's section: every choice as it stands or, when `open`, some of them."""

    name: str
    choices: tuple[Choice, ...]
    open: bool = False

    @property
    def listed(self) -> bool:
        """Whether the recipe holds a list here: then each choice is in or out by itself."""
        return self.name in LIST_SECTIONS

    @property
    def optional(self) -> bool:
        """Whether a draw may leave a single block out."""
        return self.name not in REQUIRED_SECTIONS

    def draw(self, streams: Streams) -> Block | tuple[Block, ...] | None:
        """What stands in this section of a drawn recipe."""
        blocks = tuple(choice.draw(streams(choice.key)) for choice in self._picked(streams))
        if self.listed:
            return blocks
        return blocks[0] if blocks else None

    def _picked(self, streams: Streams) -> tuple[Choice, ...]:
        if not self.open:
            return self.choices
        if self.listed:
            return tuple(
                choice for choice in self.choices if streams(f"{choice.key} in").random() < 0.5
            )
        ways = [(choice,) for choice in self.choices]
        return streams(f"{self.name} is").choice([*ways, ()] if self.optional else ways)

    def describe(self) -> Iterator[Dimension]:
        """The section's dimensions: the choice first, then the options of each component."""
        if self.open and not self.listed:
            names = [choice.use for choice in self.choices] + ["none"] * self.optional
            packages = dict.fromkeys(choice.package for choice in self.choices)
            yield Dimension(key=self.name, values=_either(names), package=", ".join(packages))
        for choice in self.choices:
            when = ""
            if self.open and self.listed:
                yield Dimension(key=choice.key, values="in or out", package=choice.package)
                when = f"{choice.use} is in"
            elif self.open:
                when = f"{self.name} is {choice.use}"
            for name, search in choice.searched():
                yield Dimension(
                    key=f"{choice.key}.{name}",
                    values=range_words(search),
                    package=choice.package,
                    when=when,
                )

    def values(self, blocks: Sequence[Block]) -> Iterator[tuple[str, Any]]:
        """Key and plain value of everything here that a sweep may change."""
        if self.open:
            names = [block.use for block in blocks]
            yield self.name, names if self.listed else next(iter(names), None)
        choices = list(self.choices)
        for block in blocks:
            choice = next(choice for choice in choices if choice.use == block.use)
            choices.remove(choice)
            plain = block.options.dump()
            yield from ((f"{choice.key}.{name}", plain[name]) for name, _ in choice.searched())


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """All that a sweep may change in one recipe. `notes` say what was left out of it, and why."""

    recipe: Recipe
    sections: tuple[Section, ...]
    fixed_train: frozenset[str]
    notes: tuple[str, ...] = ()

    def draw(self, random: Random) -> Recipe:
        """A recipe of this space; its name says that it is a trial."""
        base = random.getrandbits(64)

        def streams(key: str) -> Random:
            return Random(f"{base} {key}")

        blocks: dict[str, Any] = {section.name: section.draw(streams) for section in self.sections}
        train = draw_options(
            TrainOptions,
            streams("train"),
            keep=self.recipe.train.dump(),
            fixed=self.fixed_train,
        )
        return as_trial(self.recipe, replace(self.recipe, **blocks, train=TrainOptions(**train)))

    def describe(self) -> tuple[Dimension, ...]:
        """Every dimension, in the order of a recipe's keys."""
        blocks = [row for section in self.sections for row in section.describe()]
        train = [
            Dimension(key=f"train.{name}", values=range_words(search), package=CORE_PACKAGE)
            for name, search in _searched(TrainOptions, self.fixed_train)
        ]
        return (*blocks, *train)

    def values(self, recipe: Recipe) -> dict[str, Any]:
        """What a recipe of this space has where a sweep may change it: plain values by key."""
        found: dict[str, Any] = {}
        for section in self.sections:
            held = getattr(recipe, section.name)
            blocks = held if section.listed else tuple(filter(None, [held]))
            found.update(section.values(blocks))
        train = recipe.train.dump()
        for name, _ in _searched(TrainOptions, self.fixed_train):
            found[f"train.{name}"] = train[name]
        return found


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
        choices = _own_choices(name, recipe, fixed)
        if name in opened:
            choices += _other_choices(name, choices, registry, fixed, notes)
        sections.append(Section(name=name, choices=tuple(choices), open=name in opened))
    return SearchSpace(
        recipe=recipe,
        sections=tuple(sections),
        fixed_train=_fixed_below("train", {*fixed, BUDGET}),
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


def range_words(search: Search) -> str:
    """A range as a table shows it."""
    if search.choices:
        return _either([_word(choice) for choice in search.choices])
    return f"{search.low} to {search.high}{', log' if search.log else ''}"


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def _word(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_word, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _section_name(kind: str) -> str:
    """The section that a kind, or the key of a recipe, stands for."""
    for name, of in SECTIONS.items():
        if kind in (name, of):
            return name
    raise UsageError(unknown_name("kind to open", kind, SECTIONS))


def _searched(options: type[Options], fixed: frozenset[str]) -> Iterator[tuple[str, Search]]:
    for field in searched_fields(options):
        if field.name not in fixed and field.search is not None:
            yield field.name, field.search


def _own_choices(section: str, recipe: Recipe, fixed: Collection[str]) -> list[Choice]:
    """What the recipe itself has there."""
    held = getattr(recipe, section)
    blocks: list[Block] = list(held) if section in LIST_SECTIONS else list(filter(None, [held]))
    keys = _keys(section, [block.use for block in blocks])
    return [
        Choice(
            key=key,
            kind=block.kind,
            use=block.use,
            options=type(block.options),
            keep=block.options.dump(),
            fixed=_fixed_below(key, fixed),
            package=block.package,
            version=block.version,
        )
        for key, block in zip(keys, blocks, strict=True)
    ]


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
        key = f"{section}.{name}" if section in LIST_SECTIONS else section
        removed = section in LIST_SECTIONS and key in fixed
        if name in taken or removed:
            continue
        missing = _needed(entry)
        if missing:
            notes.append(
                f"{entry.kind} '{name}' is left out: its option '{missing[0]}' has no default"
            )
            continue
        found.append(
            Choice(
                key=key,
                kind=entry.kind,
                use=name,
                options=entry.component.options,
                keep={},
                fixed=_fixed_below(key, fixed),
                package=entry.plugin.package,
                version=entry.plugin.version,
            )
        )
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
