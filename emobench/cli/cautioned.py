"""Warns of known causes of failure that a recipe holds, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from emobench.recipes.model import AnyRecipe
    from emobench.registry import Registry


def warn_of_causes(recipes: Iterable[AnyRecipe], *, registry: Registry) -> None:
    """Say on stderr, one line each and none twice, what the plugins warn of in these recipes."""
    from emobench.recipes.cautions import cautions_for

    told = [warned for recipe in recipes for warned in cautions_for(recipe, registry=registry)]
    for line in dict.fromkeys(map(str, told)):
        click.echo(f"caution: {line}", err=True)
