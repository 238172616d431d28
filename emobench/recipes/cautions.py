"""What the installed plugins warn of in a recipe. Their rules are asked one by one; no torch."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from emobench.api.cautions import Caution, Choice, Choices
from emobench.recipes.model import AnyRecipe, Recipe
from emobench.registry import Plugin, Registry


@dataclass(frozen=True, kw_only=True)
class Warned:
    """One warning: of which recipe, by which caution of which plugin, in a sentence."""

    recipe: str
    caution: str
    package: str
    message: str

    def __str__(self) -> str:
        return f"{self.recipe}: {self.message} ({self.caution}, {self.package})"


def choices_of(recipe: Recipe) -> Choices:
    """A recipe as cautions see it."""
    picked = [
        Choice(kind=block.kind, name=block.use, options=block.options) for block in recipe.blocks()
    ]
    return Choices(
        picked=tuple(picked), epochs=recipe.train.epochs, batch_size=recipe.train.batch_size
    )


def cautions_for(recipe: AnyRecipe, *, registry: Registry) -> tuple[Warned, ...]:
    """Every warning that applies to a recipe, or to a member of an ensemble, in plugins' order."""
    trained = (
        [recipe] if isinstance(recipe, Recipe) else [member.recipe for member in recipe.members]
    )
    found = [
        Warned(recipe=each.name, caution=caution.name, package=plugin.package, message=message)
        for each in trained
        for caution, plugin in registry.cautions
        for message in _asked(caution, plugin, choices_of(each))
    ]
    return tuple(dict.fromkeys(found))


def _asked(caution: Caution, plugin: Plugin, choices: Choices) -> Iterator[str]:
    """What the caution says, if anything; one that fails is told of and stops nobody."""
    module, _, name = caution.target.partition(":")
    try:
        message = getattr(importlib.import_module(module), name)(choices)
    except Exception as error:  # noqa: BLE001 - a stranger's rule may raise anything
        yield f"this caution of {plugin} is broken: {type(error).__name__}: {error}"
        return
    if message:
        yield str(message)
