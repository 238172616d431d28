"""Trials that end themselves: every trial gets the technique once, whatever was drawn."""

from __future__ import annotations

from pathlib import Path

from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.sweeps.stopping import STOP_COLLAPSING, ending_collapses

ROOT = Path(__file__).parents[3]


def test_the_technique_stands_last_and_once() -> None:
    registry = load_registry()
    recipe = load_recipe(ROOT / "recipes/enhanced.yaml", registry=registry)
    ending = ending_collapses(ending_collapses(recipe, registry=registry), registry=registry)
    assert [block.use for block in ending.techniques] == [
        *(block.use for block in recipe.techniques),
        STOP_COLLAPSING,
    ]
