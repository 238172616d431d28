"""Every recipe in the repository is valid, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))


def test_the_recipes_that_the_readme_names_are_there() -> None:
    names = {path.relative_to(ROOT / "recipes").as_posix() for path in RECIPES}
    assert {"baseline.yaml", "enhanced.yaml"} <= names


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_is_valid_and_its_task_exists(path: Path) -> None:
    registry = load_registry()
    recipe = load_recipe(str(path), registry=registry)
    assert recipe.task is not None
    assert find_task(recipe.task, registry=registry).name == recipe.task


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_says_what_it_is(path: Path) -> None:
    assert load_recipe(str(path), registry=load_registry()).summary
