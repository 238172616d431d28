"""Every recipe in the repository is valid, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipes
from emobench.recipes.model import AnyRecipe, EnsembleRecipe
from emobench.registry import load_registry

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))
OF_THE_SPEECH_GUIDE = {"baseline", "enhanced", "advanced", "optimized", "ensemble"}


def load(path: Path) -> AnyRecipe:
    (recipe,) = load_recipes([path], registry=load_registry())
    return recipe


def test_the_top_holds_the_systems_of_the_speech_guide_and_no_more() -> None:
    assert {path.stem for path in RECIPES if path.parent.name == "recipes"} == OF_THE_SPEECH_GUIDE


def test_no_recipe_is_overlooked() -> None:
    counts = dict.fromkeys(("recipes", "aus", "faces", "members", "speech"), 0)
    for path in RECIPES:
        counts[path.parent.name] += 1
    assert counts == {"recipes": 5, "aus": 14, "faces": 1, "members": 3, "speech": 5}


def test_the_ensemble_is_made_as_the_guide_says() -> None:
    ensemble = load(ROOT / "recipes/ensemble.yaml")
    assert isinstance(ensemble, EnsembleRecipe)
    backbones = [
        member.recipe.backbone.use for member in ensemble.members for _ in range(member.copies)
    ]
    assert backbones == ["cnn1d", "cnn1d", "lstm", "lstm", "cnn_lstm"]
    assert ensemble.combiner.use == "soft_vote"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_is_valid_and_its_task_exists(path: Path) -> None:
    recipe = load(path)
    assert recipe.task is not None
    assert find_task(recipe.task, registry=load_registry()).name == recipe.task


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_says_what_it_is(path: Path) -> None:
    assert load(path).summary
