"""What two recipes differ in, change by change, and the recipes that turn each one on or off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emobench.api import Options, UsageError
from emobench.recipes.emit import to_yaml
from emobench.recipes.identity import canonical
from emobench.recipes.model import LIST_SECTIONS, SINGLE_SECTIONS, Block, Recipe
from emobench.runs.record import LOADING_KEYS


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference between two recipes: a block, or a single option of one.

    `section` is the recipe's key; `part` is the option, or the entry of a list (`mixup`, and
    `noise#2` for the second one of a name); empty for a whole block. `order` says that a list's
    common entries stand in another order. `before` and `after` are the values in words.
    """

    section: str
    part: str = ""
    order: bool = False
    before: str
    after: str

    @property
    def name(self) -> str:
        """The change as a table names it: `loss`, `train.epochs`, `techniques.mixup`."""
        if self.order:
            return f"{self.section} (order)"
        return f"{self.section}.{self.part}" if self.part else self.section


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One change turned on alone in the parent, and turned off alone in the child."""

    change: Change
    added: Recipe
    removed: Recipe


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """Two recipes and every change between them, both ways."""

    child: Recipe
    parent: Recipe
    variants: tuple[Variant, ...]

    def recipes(self) -> tuple[Recipe, ...]:
        """Every recipe that has to be run, each once: parent and child first."""
        changed = (each for one in self.variants for each in (one.added, one.removed))
        return tuple(dict.fromkeys((self.parent, self.child, *changed)))


def ablation(child: Recipe, *, against: Recipe, known: Iterable[Recipe] = ()) -> Ablation:
    """Every change between two recipes, alone, both ways.

    A variant that does what a `known` recipe does is that recipe, under its name: its runs are
    found again. Of two changes, each one turned on alone is the other one turned off alone.
    """
    changes = changes_between(child, against=against)
    if not changes:
        raise UsageError(
            f"recipes '{child.name}' and '{against.name}' do the same: there is nothing to take "
            "apart; name another one with --against RECIPE"
        )
    by_method = {canonical(one.method()): one for one in (*known, child, against)}

    def named(recipe: Recipe) -> Recipe:
        return by_method.setdefault(canonical(recipe.method()), recipe)

    added = [
        named(_called(f"{against.name} with", change, with_change(against, change, of=child)))
        for change in changes
    ]
    removed = [
        named(_called(f"{child.name} without", change, with_change(child, change, of=against)))
        for change in changes
    ]
    variants = (
        Variant(change=change, added=on, removed=off)
        for change, on, off in zip(changes, added, removed, strict=True)
    )
    return Ablation(child=child, parent=against, variants=tuple(variants))


def _called(start: str, change: Change, recipe: Recipe) -> Recipe:
    return replace(recipe, name=f"{start} {change.name}")


def changes_between(child: Recipe, *, against: Recipe) -> tuple[Change, ...]:
    """Every difference in what the recipes do, in the order of a recipe's keys.

    A block of another component is one change, and so is each entry of a list. Of one component
    each option is one, unless the options hold only together: then they are one change.
    """
    found: list[Change] = []
    for section in SINGLE_SECTIONS:
        found += _block_changes(section, getattr(child, section), getattr(against, section))
    for section in LIST_SECTIONS:
        found += _list_changes(section, getattr(child, section), getattr(against, section))
    found += _option_changes("train", child.train, against.train)
    return tuple(found)


def with_change(recipe: Recipe, change: Change, *, of: Recipe) -> Recipe:
    """The recipe with this one change as the other recipe has it."""
    theirs = getattr(of, change.section)
    ours = getattr(recipe, change.section)
    if change.section == "train":
        new: Any = _with_option(recipe.train, change.part, of.train)
    elif change.section in LIST_SECTIONS:
        new = _reordered(ours, theirs) if change.order else _with_entry(ours, theirs, change.part)
    elif change.part:
        new = replace(ours, options=_with_option(ours.options, change.part, theirs.options))
    else:
        new = theirs
    return replace(recipe, **{change.section: new})


def _block_changes(section: str, child: Block | None, parent: Block | None) -> list[Change]:
    if child == parent:
        return []
    if child is None or parent is None or child.use != parent.use:
        return [Change(section=section, before=_block_words(parent), after=_block_words(child))]
    changes = _option_changes(section, child.options, parent.options)
    if all(_holds_alone(change.part, child.options, parent.options) for change in changes):
        return changes
    return [Change(section=section, before=_block_words(parent), after=_block_words(child))]


def _option_changes(section: str, child: Options, parent: Options) -> list[Change]:
    before, after = parent.dump(), child.dump()
    return [
        Change(section=section, part=key, before=_words(before[key]), after=_words(after[key]))
        for key in after
        if canonical(before[key]) != canonical(after[key])
        and not (section == "train" and key in LOADING_KEYS)
    ]


def _holds_alone(option: str, child: Options, parent: Options) -> bool:
    """Whether the component takes this option of the one among all others of the other."""
    return all(
        type(ours).parse({**ours.dump(), option: theirs.dump()[option]})[0] is not None
        for ours, theirs in ((child, parent), (parent, child))
    )


def _with_option(ours: Options, option: str, theirs: Options) -> Options:
    return ours.replace(**{option: getattr(theirs, option)})


def _list_changes(section: str, child: Sequence[Block], parent: Sequence[Block]) -> list[Change]:
    before, after = _entries(parent), _entries(child)
    changes = [
        Change(
            section=section,
            part=key,
            before=_block_words(before.get(key)),
            after=_block_words(after.get(key)),
        )
        for key in {**after, **before}
        if before.get(key) != after.get(key)
    ]
    common = [key for key in after if key in before]
    if common != [key for key in before if key in after]:
        orders = (", ".join(before), ", ".join(after))
        changes.append(Change(section=section, order=True, before=orders[0], after=orders[1]))
    return changes


def _entries(blocks: Sequence[Block]) -> dict[str, Block]:
    """A list's blocks by name; the second one of a name is `name#2`."""
    found: dict[str, Block] = {}
    for block in blocks:
        number = 1 + sum(key.partition("#")[0] == block.use for key in found)
        found[block.use if number == 1 else f"{block.use}#{number}"] = block
    return found


def _with_entry(ours: Sequence[Block], theirs: Sequence[Block], key: str) -> tuple[Block, ...]:
    """Our list with this entry as theirs has it: replaced, taken out, or put where it belongs."""
    own, other = _entries(ours), _entries(theirs)
    if key not in other:
        return tuple(block for name, block in own.items() if name != key)
    if key in own:
        return tuple(other[key] if name == key else block for name, block in own.items())
    before = list(_until(other, key))
    place = max((place + 1 for place, name in enumerate(own) if name in before), default=0)
    blocks = list(own.values())
    return (*blocks[:place], other[key], *blocks[place:])


def _until(entries: Mapping[str, Block], key: str) -> Iterator[str]:
    for name in entries:
        if name == key:
            return
        yield name


def _reordered(ours: Sequence[Block], theirs: Sequence[Block]) -> tuple[Block, ...]:
    """Our entries, those that both have in the order of theirs, the others at their places."""
    own = _entries(ours)
    common = iter([key for key in _entries(theirs) if key in own])
    shared = set(_entries(theirs))
    return tuple(own[next(common)] if key in shared else own[key] for key in own)


def _block_words(block: Block | None) -> str:
    """The component, with the options that are not as they are by default."""
    if block is None:
        return "none"
    plain = block.options.dump()
    given = {
        field.name: plain[field.name]
        for field in block.options.fields()
        if field.required or getattr(block.options, field.name) != field.default
    }
    return _words({"use": block.use, **given}) if given else block.use


def _words(value: Any) -> str:
    return to_yaml({"value": value}).removeprefix("value:").strip()
