"""What plugins warn of in a recipe reaches the user once, and a broken rule stops nobody."""

from __future__ import annotations

from pathlib import Path

from emobench.api import Caution, Choices
from emobench.recipes.cautions import cautions_for
from emobench.recipes.load import load_recipes
from emobench.registry import Plugin, Registry, load_registry

ROOT = Path(__file__).parents[3]
PLUGIN = Plugin(package="acme", version="1", module="acme", api=2)


def speak(choices: Choices) -> str | None:
    return f"{choices.epochs} epochs are few" if choices.epochs < 99 else None


def fail(choices: Choices) -> str | None:
    raise ValueError("no such option")


def registry(name: str) -> Registry:
    installed = load_registry()
    caution = Caution(name=name, target=f"{__name__}:{name}", summary="Made up.")
    return Registry(components=installed.components, cautions=[(caution, PLUGIN)])


def told(recipe: str, name: str) -> list[str]:
    chosen = registry(name)
    (loaded,) = load_recipes([ROOT / "recipes" / recipe], registry=chosen)
    return [str(each) for each in cautions_for(loaded, registry=chosen)]


def test_a_warning_names_recipe_caution_and_package() -> None:
    assert told("baseline.yaml", "speak") == ["baseline: 30 epochs are few (speak, acme)"]


def test_a_broken_caution_is_told_and_the_recipe_is_still_good() -> None:
    assert told("baseline.yaml", "fail") == [
        "baseline: this caution of plugin acme 1 is broken: ValueError: no such option (fail, acme)"
    ]


def test_members_of_an_ensemble_are_looked_at_each_once() -> None:
    names = [line.partition(":")[0] for line in told("ensemble.yaml", "speak")]
    assert names == ["enhanced", "members/cnn", "members/lstm", "members/cnn-lstm"]
