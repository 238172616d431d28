"""How many combinations a grid has, against those that it gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emobench.api.options import Search
from emobench.recipes.model import Recipe, SweepBlock
from emobench.registry import Registry
from emobench.sweeps.grid import combinations, most_combinations
from emobench.sweeps.recipe_space import SearchSpace, space_of

FEW = {
    "train.batch_size": Search(choices=(4, 8)),
    "augmentations.0.level": Search(choices=(1,)),
    "augmentations.1.level": Search(choices=(2,)),
    "backbone.dense.hidden": Search(choices=((8,),)),
}
"""What keeps a grid small."""

ORDERED = {
    "techniques.clipping.low": Search(choices=(0, 1)),
    "techniques.clipping.high": Search(choices=(2, 3)),
}
"""Values of which no two conflict."""


def spaced(recipe: Recipe, registry: Registry, said: SweepBlock) -> SearchSpace:
    return space_of(replace(recipe, sweep=said), registry=registry)


@pytest.mark.parametrize(
    "said",
    [
        SweepBlock(),
        SweepBlock(ranges=FEW, open=("loss", "scheduler")),
        SweepBlock(ranges=FEW, components={"optimizer": ("sgd",)}),
        SweepBlock(ranges={**FEW, **ORDERED}, components={"techniques": ("clipping",)}),
        SweepBlock(ranges={**FEW, **ORDERED}, components={"techniques": ("clipping", "mixup")}),
    ],
    ids=["closed", "open", "named", "always in", "in or out"],
)
def test_where_all_go_together_the_count_is_that_of_the_combinations(
    said: SweepBlock, recipe: Recipe, registry: Registry
) -> None:
    space = spaced(recipe, registry, said)
    assert most_combinations(space) == sum(1 for _ in combinations(space.build))


def test_those_that_do_not_go_together_are_counted_too(recipe: Recipe, registry: Registry) -> None:
    said = SweepBlock(ranges=FEW, components={"techniques": ("clipping",)})
    space = spaced(recipe, registry, said)
    alone = spaced(recipe, registry, SweepBlock(ranges=FEW))
    # Out, or in with two options of three levels each, of which three pairs are in order.
    assert most_combinations(space) == 10 * most_combinations(alone)
    assert sum(1 for _ in combinations(space.build)) == 4 * most_combinations(alone)
