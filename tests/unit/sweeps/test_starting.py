"""The recipe that a sweep begins with where none is named."""

from __future__ import annotations

import pytest

from emobench.api.errors import UsageError
from emobench.data.tasks import find_task
from emobench.recipes.load import shipped_recipes
from emobench.registry import load_registry
from emobench.sweeps import starting
from emobench.sweeps.starting import starting_recipe


@pytest.mark.parametrize(
    ("task", "recipe"),
    [
        ("synthetic-speech/speakers", "baseline"),
        ("emodb/speakers", "baseline"),
        ("synthetic-face/subjects", "faces/plain"),
        ("synthetic-au/subjects", "aus/before"),
        ("synthetic-units/subjects", "aus/before"),
        ("synthetic-units/generated-before", "aus/generated-before"),
        ("ravdess-au/actors", "aus/before"),
    ],
)
def test_it_is_the_plainest_that_is_shipped_for_such_input_and_targets(
    task: str, recipe: str
) -> None:
    registry = load_registry()
    assert starting_recipe(find_task(task, registry=registry), registry=registry) == recipe


def test_a_kind_of_input_without_a_shipped_recipe_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = {name: text for name, text in shipped_recipes().items() if name != "faces/plain"}
    monkeypatch.setattr(starting, "shipped_recipes", lambda: without)
    registry = load_registry()
    task = find_task("synthetic-face/subjects", registry=registry)
    with pytest.raises(UsageError) as caught:
        starting_recipe(task, registry=registry)
    assert str(caught.value) == (
        "no recipe that is shipped and installed reads image, as task synthetic-face/subjects "
        "needs; name a recipe to begin with: emobench sweep RECIPE"
    )
