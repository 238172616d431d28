"""Trials that end themselves once they have collapsed: the core's own technique in their recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from emobench.recipes.model import Block, Recipe
from emobench.registry import Registry
from emobench.sweeps.search import Trial

STOP_COLLAPSING = "stop_collapsing"


def ending_collapses(recipe: Recipe, *, registry: Registry) -> Recipe:
    """The recipe with that technique, at its defaults; one that has it already stays as it is."""
    if any(block.use == STOP_COLLAPSING for block in recipe.techniques):
        return recipe
    entry = registry.get("technique", STOP_COLLAPSING)
    block = Block(
        kind="technique",
        use=entry.name,
        options=entry.component.options(),
        package=entry.plugin.package,
        version=entry.plugin.version,
    )
    return replace(recipe, techniques=(*recipe.techniques, block))


def ending_trials(trials: Sequence[Trial], *, registry: Registry) -> list[Trial]:
    """The trials, each with that technique, also where the techniques themselves were drawn."""
    ending = []
    for trial in trials:
        recipe = ending_collapses(trial.recipe, registry=registry)
        plan = replace(trial.plan, recipe=recipe)
        ending.append(replace(trial, recipe=recipe, plan=plan))
    return ending
