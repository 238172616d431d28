"""`emobench check`: validate recipes and say what they would run, without training anything."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from emobench.api import Fault, RecipeError, UsageError
from emobench.cli import flags
from emobench.cli.borrowed import warn_of_borrowed
from emobench.cli.cautioned import warn_of_causes
from emobench.cli.text import print_lines

if TYPE_CHECKING:
    from emobench.data.tasks import Task
    from emobench.recipes.model import AnyRecipe
    from emobench.registry import Registry


@click.command(short_help="Validate recipes and say what they would run.")
@click.argument("recipes", nargs=-1, metavar="RECIPE...")
@click.option("--resolved", is_flag=True, help="Print each recipe with every option written out.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of recipes, for editors.")
@flags.overrides
def check(
    recipes: tuple[str, ...], resolved: bool, schema: bool, overrides: tuple[str, ...]
) -> None:
    """Validate recipes: every fault of every file, or what each would run.

    \b
    Examples:
      emobench check recipes/*.yaml
      emobench check enhanced --resolved
      emobench check mine.yaml --set techniques.mixup.alpha=0.2
      emobench check --schema > recipe.schema.json
    """
    from emobench.recipes.load import load_recipes
    from emobench.registry import load_registry

    registry = load_registry()
    if schema:
        from emobench.recipes.schema import json_schema

        click.echo(json.dumps(json_schema(registry), indent=1))
        return
    if not recipes:
        raise UsageError("name a recipe to check: emobench check RECIPE... (or --schema)")
    loaded = load_recipes(recipes, overrides=overrides, registry=registry)
    tasks = _check_tasks(loaded, registry)
    used = [block for recipe in loaded for block in recipe.blocks()]
    warn_of_borrowed([*used, *(task.dataset for task in tasks)], registry=registry)
    warn_of_causes(loaded, registry=registry)
    if resolved:
        from emobench.recipes.emit import to_yaml

        click.echo("---\n".join(to_yaml(recipe.dump()) for recipe in loaded), nl=False)
        return
    for source, recipe in zip(recipes, loaded, strict=True):
        print_lines(_described(source, recipe))


def _check_tasks(recipes: list[AnyRecipe], registry: Registry) -> list[Task]:
    """The recipes' default tasks, which must exist; their data need not be there."""
    from emobench.data.tasks import find_task
    from emobench.runs.plan import default_task

    tasks: list[Task] = []
    faults: list[Fault] = []
    for recipe in recipes:
        try:
            if recipe.task is not None:
                tasks.append(find_task(default_task(recipe), registry=registry))
        except RecipeError as error:
            faults += error.faults
        except UsageError as error:
            faults.append(Fault(message=f"task: {error}", file=recipe.path))
    if faults:
        raise RecipeError(faults)
    return tasks


def _described(source: str, recipe: AnyRecipe) -> list[str]:
    """That the recipe is valid, and what it would run."""
    parts = {"task": recipe.task or "none: name one with --task", **recipe.outline()}
    width = max(map(len, parts))
    return [
        f"ok  {source}" + (f": {recipe.summary}" if recipe.summary else ""),
        *(f"      {name.ljust(width)}  {words}" for name, words in parts.items()),
    ]
