"""Where a sweep begins when no recipe is named: the plainest that is shipped and fits the task."""

from __future__ import annotations

from collections.abc import Iterator

from emobench.api.component import DatasetComponent
from emobench.api.errors import EmobenchError, UsageError
from emobench.data.tasks import Task, find_task
from emobench.recipes.identity import canonical
from emobench.recipes.load import load_recipes, shipped_recipes
from emobench.recipes.model import Recipe
from emobench.recipes.text import parse_mapping
from emobench.registry import Registry


def starting_recipe(task: Task, *, registry: Registry) -> str:
    """The name of the plainest shipped recipe whose own task is of the same kind of input.

    One for the task itself goes first, then one for the same targets, then one for its dataset.
    The plainest has the fewest components and extends no other.
    """
    wanted = modalities(task, registry)
    fit = []
    for name, recipe, own in _shipped(registry):
        if wanted & modalities(own, registry):
            strangeness = (
                own.name != task.name,
                own.targets != task.targets,
                own.dataset.use != task.dataset.use,
            )
            fit.append((strangeness, _length(name, recipe), name))
    if not fit:
        kinds = " or ".join(sorted(wanted)) or "the input of this dataset"
        raise UsageError(
            f"no recipe that is shipped and installed reads {kinds}, as task {task.name} needs; "
            "name a recipe to begin with: emobench sweep RECIPE"
        )
    return min(fit)[-1]


def _shipped(registry: Registry) -> Iterator[tuple[str, Recipe, Task]]:
    """The shipped recipes whose plugins are installed, with their own tasks."""
    for name in shipped_recipes():
        try:
            (recipe,) = load_recipes([name], registry=registry)
            if isinstance(recipe, Recipe) and recipe.task:
                yield name, recipe, find_task(recipe.task, registry=registry)
        except EmobenchError:
            continue


def modalities(task: Task, registry: Registry) -> set[str]:
    """The kinds of input that a task's dataset has."""
    component = registry.get("dataset", task.dataset.use).component
    return set(component.modalities) if isinstance(component, DatasetComponent) else set()


def _length(name: str, recipe: Recipe) -> tuple[int, bool, int]:
    """How much a recipe holds: components, whether it rests on another, and all its options."""
    root = parse_mapping(shipped_recipes()[name]).mapping()
    return len(recipe.blocks()), "extends" in root.entries, len(canonical(recipe.method()))
