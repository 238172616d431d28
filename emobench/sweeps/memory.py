"""A recipe that did not fit into memory, with half the micro-batch and updates of the same size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emobench.recipes.model import Block, Recipe
from emobench.registry import Registered, Registry
from emobench.sweeps.trial import TrialEnd


def reduced(recipe: Recipe, *, registry: Registry) -> Recipe | None:
    """The recipe with half the micro-batch, and twice as many of them to an update.

    None where one item is a micro-batch already, or no installed technique splits updates. What
    is counted within a micro-batch, such as batch norm's figures, sees fewer items than before.
    """
    size = recipe.train.batch_size
    techniques = _doubled(recipe.techniques, registry)
    if size == 1 or techniques is None:
        return None
    train = recipe.train.replace(batch_size=(size + 1) // 2)
    return replace(recipe, train=train, techniques=techniques)


def as_trained(recipe: Recipe, *, end: TrialEnd | None, registry: Registry) -> Recipe:
    """The recipe as its trial trained it: one that did not fit into memory in smaller parts."""
    was_reduced = end is not None and bool(end.reduced)
    smaller = reduced(recipe, registry=registry) if was_reduced else None
    return smaller or recipe


def portions(recipe: Recipe, *, registry: Registry) -> str:
    """How an update's items are split, in words: `batch 64 as 2 x 32`; empty where they are not."""
    splits = 1
    for block in recipe.techniques:
        splits *= _splits(block, registry)
    size = recipe.train.batch_size
    return f"batch {splits * size} as {splits} x {size}" if splits > 1 else ""


def _doubled(techniques: tuple[Block, ...], registry: Registry) -> tuple[Block, ...] | None:
    """The techniques, with updates of twice as many micro-batches; None where that cannot be."""
    for place, block in enumerate(techniques):
        option = _option(block, registry)
        if option:
            doubled = _with(block, option, 2 * _splits(block, registry))
            if doubled is None:
                return None
            return (*techniques[:place], doubled, *techniques[place + 1 :])
    entry = _splitter(registry)
    added = _block(entry) if entry else None
    # First, as it makes gradients true before others look at them.
    return (added, *techniques) if added else None


def _splitter(registry: Registry) -> Registered | None:
    """The installed technique that splits updates; of several the first by name."""
    entries = registry.of_kind("technique").values()
    return next((entry for entry in entries if entry.component.splits_updates), None)


def _block(entry: Registered) -> Block | None:
    options, _ = entry.component.options.parse({entry.component.splits_updates: 2})
    if options is None:
        return None
    return Block(
        kind=entry.kind,
        use=entry.name,
        options=options,
        package=entry.plugin.package,
        version=entry.plugin.version,
    )


def _with(block: Block, option: str, value: int) -> Block | None:
    options, _ = type(block.options).parse({**block.options.dump(), option: value})
    return replace(block, options=options) if options is not None else None


def _option(block: Block, registry: Registry) -> str:
    return registry.get(block.kind, block.use).component.splits_updates


def _splits(block: Block, registry: Registry) -> int:
    """How many micro-batches a block makes one update of; 1 for one that does not."""
    option = _option(block, registry)
    value: Any = getattr(block.options, option) if option else 1
    return int(value)
