"""What a recipe has otherwise than its parent, and the recipe with some of it undone. No torch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emobench.api.errors import UsageError
from emobench.recipes.emit import to_yaml
from emobench.recipes.model import LIST_SECTIONS, SINGLE_SECTIONS, Block, Recipe, TrainOptions
from emobench.runs.record import LOADING_KEYS

TRAIN = "train"
MOST_WORDS = 60


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that can be undone by itself.

    `entry` is the component within a list; without `options` the whole of section or entry is
    meant. `mine` and `theirs` are the two values in words.
    """

    section: str
    entry: str = ""
    options: tuple[str, ...] = ()
    mine: str = ""
    theirs: str = ""

    @property
    def key(self) -> str:
        """How a user would name it: `loss.alpha`, `techniques.mixup`."""
        return ".".join(filter(None, [self.section, self.entry, "+".join(self.options)]))

    def __str__(self) -> str:
        return f"{self.key} ({self.mine}, the parent has {self.theirs})"


def differences_of(child: Recipe, parent: Recipe) -> tuple[Difference, ...]:
    """Every difference, in the order of a recipe's keys; what loads data faster is none."""
    found: list[Difference] = []
    for section in SINGLE_SECTIONS:
        found += _block(section, "", getattr(child, section), getattr(parent, section))
    for section in LIST_SECTIONS:
        found += _listed(section, getattr(child, section), getattr(parent, section))
    mine, theirs = child.train.dump(), parent.train.dump()
    found += [
        Difference(
            section=TRAIN, options=(name,), mine=_word(mine[name]), theirs=_word(theirs[name])
        )
        for name in mine
        if mine[name] != theirs[name] and name not in LOADING_KEYS
    ]
    return tuple(found)


def undo(child: Recipe, parent: Recipe, undone: Collection[Difference]) -> Recipe:
    """The child with these differences taken from its parent; a UsageError where they clash."""
    changes: dict[str, Any] = {}
    for section in dict.fromkeys(each.section for each in undone):
        own = [each for each in undone if each.section == section]
        mine, theirs = getattr(child, section), getattr(parent, section)
        if section == TRAIN:
            names = [name for each in own for name in each.options]
            changes[section] = _train(child.train, parent.train, names)
        elif section in LIST_SECTIONS:
            changes[section] = _undone_list(mine, theirs, own)
        else:
            changes[section] = _undone_block(mine, theirs, own)
    return replace(child, **changes)


def _block(
    section: str, entry: str, mine: Block | None, theirs: Block | None
) -> Iterator[Difference]:
    """The differences of one block: its component, or option by option."""
    if mine is None or theirs is None or mine.use != theirs.use:
        if mine is not theirs:
            yield Difference(
                section=section, entry=entry, mine=_block_word(mine), theirs=_block_word(theirs)
            )
        return
    own, other = mine.options.dump(), theirs.options.dump()
    names = [name for name in own if own[name] != other.get(name)]
    if not all(_parses(mine, {**own, name: other.get(name)}) for name in names):
        yield _options_differ(section, entry, own, other, names)
        return
    for name in names:
        yield _options_differ(section, entry, own, other, [name])


def _options_differ(
    section: str, entry: str, own: dict[str, Any], other: dict[str, Any], names: Sequence[str]
) -> Difference:
    return Difference(
        section=section,
        entry=entry,
        options=tuple(names),
        mine=", ".join(_word(own[name]) for name in names),
        theirs=", ".join(_word(other.get(name)) for name in names),
    )


def _listed(section: str, mine: Sequence[Block], theirs: Sequence[Block]) -> Iterator[Difference]:
    """Entry by entry where each component stands once, else the list as a whole."""
    own, other = {block.use: block for block in mine}, {block.use: block for block in theirs}
    if len(own) < len(mine) or len(other) < len(theirs):
        if tuple(mine) != tuple(theirs):
            yield Difference(section=section, mine=_names(mine), theirs=_names(theirs))
        return
    for use in dict.fromkeys((*own, *other)):
        yield from _block(section, use, own.get(use), other.get(use))


def _undone_list(
    mine: Sequence[Block], theirs: Sequence[Block], undone: Sequence[Difference]
) -> tuple[Block, ...]:
    if any(not each.entry for each in undone):
        return tuple(theirs)
    own, other = {block.use: block for block in mine}, {block.use: block for block in theirs}
    for use in dict.fromkeys(each.entry for each in undone):
        changed = _undone_block(
            own.get(use), other.get(use), [each for each in undone if each.entry == use]
        )
        if changed is None:
            del own[use]
        else:
            own[use] = changed
    if set(own.values()) == set(theirs):
        return tuple(theirs)
    return tuple(own.values())


def _undone_block(
    mine: Block | None, theirs: Block | None, undone: Sequence[Difference]
) -> Block | None:
    if mine is None or theirs is None or any(not each.options for each in undone):
        return theirs
    other = theirs.options.dump()
    names = [name for each in undone for name in each.options]
    values = {**mine.options.dump(), **{name: other[name] for name in names}}
    options, faults = type(mine.options).parse(values)
    if options is None:
        raise UsageError(f"{mine.use}: {'; '.join(fault.message for fault in faults)}")
    return replace(mine, options=options)


def _train(mine: TrainOptions, theirs: TrainOptions, names: Sequence[str]) -> TrainOptions:
    other = theirs.dump()
    options, faults = TrainOptions.parse({**mine.dump(), **{name: other[name] for name in names}})
    if options is None:
        raise UsageError(f"train: {'; '.join(fault.message for fault in faults)}")
    return options


def _parses(block: Block, values: dict[str, Any]) -> bool:
    return not type(block.options).parse(values)[1]


def _names(blocks: Sequence[Block]) -> str:
    return ", ".join(block.use for block in blocks) or "none"


def _block_word(block: Block | None) -> str:
    return block.use if block else "none"


def _word(value: Any) -> str:
    text = to_yaml({"v": value}).removeprefix("v: ").strip()
    return text if len(text) <= MOST_WORDS else text[: MOST_WORDS - 1] + "…"
