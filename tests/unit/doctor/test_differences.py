"""What differs from a parent, and the recipe with some of it undone."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from emobench.doctor.differences import differences_of, undo
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import load_registry

ROOT = Path(__file__).parents[3]
PARENT = """\
schema: 1
frontend: {use: values}
backbone: {use: dense, hidden: [16], dropout: 0.1}
head: {use: mlp, hidden: [8, 4], dropout: [0.2, 0.1]}
loss: {use: cross_entropy}
optimizer: {use: adamw, lr: 0.01}
techniques: [{use: mixup, alpha: 0.2}, {use: gradient_clipping}]
train: {epochs: 2, checkpoint_every: 1}
"""
CHILD = """\
schema: 1
extends: parent.yaml
backbone: {dropout: 0.5}
head: {hidden: [8], dropout: [0.2]}
loss: {use: focal}
sampler: {use: weighted}
techniques: [{use: gradient_clipping}, {use: weight_penalty}]
train: {epochs: 3, checkpoint_every: 2}
"""


@pytest.fixture
def recipes(tmp_path: Path) -> tuple[Recipe, Recipe]:
    (tmp_path / "parent.yaml").write_text(PARENT)
    (tmp_path / "child.yaml").write_text(CHILD)
    registry = load_registry()
    return (
        load_recipe(tmp_path / "child.yaml", registry=registry),
        load_recipe(tmp_path / "parent.yaml", registry=registry),
    )


def test_each_option_component_and_list_entry_is_a_difference(
    recipes: tuple[Recipe, Recipe],
) -> None:
    assert [each.key for each in differences_of(*recipes)] == [
        "backbone.dropout",
        "head.hidden+dropout",
        "loss",
        "sampler",
        "techniques.weight_penalty",
        "techniques.mixup",
        "train.epochs",
    ]


def test_a_difference_says_both_values(recipes: tuple[Recipe, Recipe]) -> None:
    first, *_ = differences_of(*recipes)
    assert str(first) == "backbone.dropout (0.5, the parent has 0.1)"


def test_undoing_all_gives_the_parents_method(recipes: tuple[Recipe, Recipe]) -> None:
    child, parent = recipes
    assert undo(child, parent, differences_of(child, parent)).method() == parent.method()


def test_undoing_nothing_changes_nothing(recipes: tuple[Recipe, Recipe]) -> None:
    child, parent = recipes
    assert undo(child, parent, ()) == child


def test_what_is_undone_is_gone_and_the_rest_stays(recipes: tuple[Recipe, Recipe]) -> None:
    child, parent = recipes
    every = differences_of(child, parent)
    for undone in combinations(every, 2):
        left = differences_of(undo(child, parent, undone), parent)
        assert {each.key for each in left} == {each.key for each in every if each not in undone}


def test_advanced_differs_from_enhanced_by_what_its_file_says() -> None:
    registry = load_registry()
    child = load_recipe(ROOT / "recipes/advanced.yaml", registry=registry)
    parent = load_recipe(ROOT / "recipes/enhanced.yaml", registry=registry)
    keys = [each.key for each in differences_of(child, parent)]
    assert {"loss", "scheduler", "optimizer.lr", "techniques.weight_penalty"} <= set(keys)
    assert "backbone.norm_momentum" in keys
