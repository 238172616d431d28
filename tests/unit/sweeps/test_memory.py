"""Half the micro-batch, updates of the same size, and when that cannot be had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emobench.api import Component, Field, Options
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import Plugin, Registry, load_registry
from emobench.sweeps.memory import portions, reduced


class Split(Options):
    times: int = Field(2, ge=1, le=8, description="micro-batches an update")


@pytest.fixture
def splitting(registry: Registry) -> Registry:
    component = Component(
        name="gather", target="a:B", summary="made up", options=Split, splits_updates="times"
    )
    registry.add("technique", component, Plugin(package="acme", version="2.0", module="acme"))
    return registry


def test_half_the_items_come_twice_to_an_update(recipe: Recipe, splitting: Registry) -> None:
    smaller = reduced(recipe, registry=splitting)
    assert smaller is not None
    assert smaller.train.batch_size == 4
    assert [(block.use, block.package) for block in smaller.techniques] == [
        ("gather", "acme"),
        ("mixup", "acme"),
    ]
    assert smaller.techniques[0].options == Split(times=2)
    assert portions(smaller, registry=splitting) == "batch 8 as 2 x 4"


def test_nothing_else_of_the_recipe_changes(recipe: Recipe, splitting: Registry) -> None:
    smaller = reduced(recipe, registry=splitting)
    assert smaller is not None
    back = replace(smaller, train=recipe.train, techniques=smaller.techniques[1:])
    assert back == recipe


def test_a_recipe_that_splits_its_updates_splits_them_twice_as_often(
    recipe: Recipe, splitting: Registry
) -> None:
    once = reduced(recipe, registry=splitting)
    assert once is not None
    twice = reduced(once, registry=splitting)
    assert twice is not None
    assert [block.use for block in twice.techniques] == ["gather", "mixup"]
    assert portions(twice, registry=splitting) == "batch 8 as 4 x 2"


def test_of_an_odd_batch_the_larger_half_is_kept(recipe: Recipe, splitting: Registry) -> None:
    odd = replace(recipe, train=recipe.train.replace(batch_size=7))
    smaller = reduced(odd, registry=splitting)
    assert smaller is not None
    assert smaller.train.batch_size == 4


def test_a_single_item_cannot_be_halved(recipe: Recipe, splitting: Registry) -> None:
    single = replace(recipe, train=recipe.train.replace(batch_size=1))
    assert reduced(single, registry=splitting) is None


def test_where_no_technique_splits_updates_there_is_no_smaller_recipe(
    recipe: Recipe, registry: Registry
) -> None:
    assert reduced(recipe, registry=registry) is None
    assert portions(recipe, registry=registry) == ""


def test_a_technique_that_can_split_no_further_leaves_the_recipe_alone(
    recipe: Recipe, splitting: Registry
) -> None:
    found: Recipe | None = recipe
    for _ in range(3):
        assert found is not None
        found = replace(found, train=found.train.replace(batch_size=64))
        found = reduced(found, registry=splitting)
    assert found is not None
    assert portions(found, registry=splitting) == "batch 256 as 8 x 32"
    assert reduced(found, registry=splitting) is None


def test_of_the_installed_techniques_one_splits_updates() -> None:
    registry = load_registry()
    recipe = load_recipe("baseline", registry=registry)
    smaller = reduced(recipe, registry=registry)
    assert smaller is not None
    size = recipe.train.batch_size
    assert portions(smaller, registry=registry) == f"batch {size} as 2 x {size // 2}"
