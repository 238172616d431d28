"""What cannot go together on a task is not in its space; all that is left can be built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from emobench.api.errors import UsageError
from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import load_registry
from emobench.runs.opening import open_plan
from emobench.runs.plan import Plan, Settings
from emobench.sweeps.fitting import LONGEST_ITEM, UNSEEN, fitting
from emobench.sweeps.recipe_space import SearchSpace, space_of, used
from emobench.sweeps.suggest import Conflict, Drawn, Known

Fitted = Callable[..., SearchSpace]
SPEECH, UNITS = "synthetic-speech/speakers", "synthetic-units/generated-before"


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    """The fitting space of a shipped recipe with these kinds open."""

    def make(name: str, task: str, *opened: str) -> SearchSpace:
        registry = load_registry()
        recipe = load_recipe(name, registry=registry)
        space = space_of(recipe, registry=registry, open_kinds=opened or ["all"])
        found = find_task(task, registry=registry)
        return fitting(space, task=found, settings=Settings(), registry=registry)

    return make


@pytest.fixture(scope="module")
def speech(fitted: Fitted) -> SearchSpace:
    return fitted("baseline", SPEECH)


def names(space: SearchSpace, section: str) -> set[str]:
    found = next(one for one in space.sections if one.name == section)
    return {choice.use for choice in found.choices}


def recipes(space: SearchSpace, count: int) -> list[Recipe]:
    def drawn() -> Iterator[Recipe]:
        for seed in range(10_000):
            try:
                yield space.build(Drawn(str(seed)))
            except Conflict:
                continue

    return list(islice(drawn(), count))


def test_only_what_reads_the_tasks_input_is_left(speech: SearchSpace) -> None:
    assert names(speech, "frontend").isdisjoint({"pixels", "values", "unit_features"})
    assert "flip" not in names(speech, "augmentations")
    assert {"logmel", "acoustic392"} <= names(speech, "frontend")
    (told,) = [note for note in speech.notes if "another kind of input" in note]
    assert "frontend 'pixels'" in told
    assert "augmentation 'flip'" in told


def test_only_losses_of_the_targets_kind_are_left(fitted: Fitted) -> None:
    space = fitted("aus/generated-before", UNITS, "loss", "postprocess")
    assert names(space, "loss") == {"binary_cross_entropy"}
    assert names(space, "postprocess") == set()
    assert (
        "loss 'focal' is left out: it takes targets of kind class, distribution, and the task's "
        "are labels"
    ) in space.notes


def test_items_too_long_for_a_search_are_left_out(speech: SearchSpace) -> None:
    assert "waveform" not in names(speech, "frontend")
    assert any(note.startswith("frontend 'waveform' is left out: an item") for note in speech.notes)
    assert LONGEST_ITEM < 48_000


def test_what_reads_nothing_that_a_frontend_gives_is_left_out_with_its_own_words(
    speech: SearchSpace,
) -> None:
    assert "cnn2d" not in names(speech, "backbone")
    assert any("backbone 'cnn2d' needs (channels, height, width)" in note for note in speech.notes)


def test_what_reads_some_frontends_conflicts_with_the_others(speech: SearchSpace) -> None:
    assert (("frontend", "acoustic392"), ("backbone", "conformer")) in speech.apart
    assert (("frontend", "logmel"), ("backbone", "conformer")) not in speech.apart
    both = {("acoustic392", "conformer"), ("acoustic392", "specaugment")}
    for recipe in recipes(speech, 60):
        for reader in (recipe.backbone.use, *used(recipe, "augmentations")):
            assert (recipe.frontend.use, reader) not in both


def test_known_values_of_a_misfit_conflict(fitted: Fitted) -> None:
    space = fitted("baseline", SPEECH, "frontend", "backbone")
    built = next(one for one in recipes(space, 100) if one.backbone.use == "conformer")
    values = {
        **{key: value for key, value in space.values(built).items() if "logmel" not in key},
        "frontend": "acoustic392",
    }
    with pytest.raises(Conflict, match="'acoustic392' and 'conformer' cannot go together"):
        space.build(Known(values))


def test_the_recipes_own_components_stay(fitted: Fitted) -> None:
    space = fitted("aus/generated-before", "synthetic-units/subjects", "loss")
    assert "binary_cross_entropy" in names(space, "loss")


def test_a_closed_space_stays_as_it_is() -> None:
    registry = load_registry()
    space = space_of(load_recipe("baseline", registry=registry), registry=registry)
    task = find_task(SPEECH, registry=registry)
    assert fitting(space, task=task, settings=Settings(), registry=registry) is space


def test_without_the_data_the_space_stays_with_a_note(tmp_path: Path) -> None:
    registry = load_registry()
    recipe = load_recipe("baseline", registry=registry)
    space = space_of(recipe, registry=registry, open_kinds=["loss"])
    task = find_task("emodb/speakers", registry=registry)
    settings = Settings(data_root=str(tmp_path))
    found = fitting(space, task=task, settings=settings, registry=registry)
    assert found == replace(space, notes=(UNSEEN,))


@pytest.mark.parametrize(("name", "task"), [("baseline", SPEECH), ("aus/generated-before", UNITS)])
def test_every_recipe_that_is_left_can_be_built(name: str, task: str, fitted: Fitted) -> None:
    from emobench.api import Context, Stream
    from emobench.runs.inputs import task_facts
    from emobench.training.build import Builder, schedule_for

    registry = load_registry()
    space = fitted(name, task)
    plan = Plan(recipe=space.recipe, task=find_task(task, registry=registry), seed=0, fold=0)
    opened = open_plan(plan, settings=Settings(), registry=registry)
    facts = task_facts(opened, opened.split, None)
    (modality,) = facts.modalities
    item = opened.dataset.load(0)
    for recipe in recipes(space, 12):
        context = Context(
            task=facts,
            stream=Stream(0),
            schedule=schedule_for(1, steps=1),
            modality=modality,
            inputs={modality: item[modality].shape},
        )
        frontend = Builder(recipe=recipe, registry=registry, context=context).component(
            recipe.frontend
        )
        read = replace(context, inputs={modality: frontend.shape()})
        builder = Builder(recipe=recipe, registry=registry, context=read)
        assert set(builder.losses()) == {target.name for target in facts.targets}
        samples, batches = builder.augmentations()
        assert len(samples) + len(batches) == len(recipe.augmentations)
        assert next(builder.model().parameters()) is not None


@pytest.mark.parametrize("kind", ["loss", "frontend"])
def test_a_recipe_that_reads_what_the_task_does_not_offer_is_refused(
    fitted: Fitted, kind: str
) -> None:
    told = "frontend 'unit_features' reads table, but task synthetic-speech/speakers offers audio;"
    with pytest.raises(UsageError, match=told):
        fitted("aus/before", SPEECH, kind)
