"""What a call asks for, and what makes two runs the same run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from emobench.api import UsageError
from emobench.recipes.model import Recipe
from emobench.registry import load_registry
from emobench.runs.opening import open_plan
from emobench.runs.plan import Plan, Settings, default_task, plan_runs, run_id

FIVE_FOLDS = "synthetic-speech/speakers-5fold"


def test_every_seed_and_fold_of_every_task_is_planned(recipe: Recipe) -> None:
    plans = plan_runs(
        [recipe],
        task_names=[FIVE_FOLDS, "synthetic-speech/speakers"],
        seeds=[0, 7],
        registry=load_registry(),
    )
    found = [(plan.task.name, plan.fold, plan.seed) for plan in plans]
    folds = [(FIVE_FOLDS, fold, seed) for fold in range(5) for seed in (0, 7)]
    assert found == [*folds, *(("synthetic-speech/speakers", 0, seed) for seed in (0, 7))]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"task_names": [FIVE_FOLDS], "fold": 5}, "has folds 0 to 4; there is no fold 5"),
        (
            {"data": Path("x"), "task_names": ["t"]},
            "--data and --task both say what to run on; leave",
        ),
        ({"group": "x"}, "--group belongs to --data"),
    ],
)
def test_calls_that_contradict_themselves_are_refused(
    recipe: Recipe, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        plan_runs([recipe], registry=load_registry(), **arguments)  # type: ignore[arg-type]


def test_a_recipe_without_a_task_is_told_how_to_name_one(recipe: Recipe) -> None:
    with pytest.raises(UsageError, match="recipe 'small' names no task; give one with --task"):
        plan_runs([replace(recipe, task=None)], registry=load_registry())


def test_a_task_file_is_looked_for_beside_the_recipe(recipe: Recipe, tmp_path: Path) -> None:
    assert default_task(recipe) == str(tmp_path / "task.yaml")
    assert default_task(replace(recipe, task="set/offer")) == "set/offer"


def identity_of(plan: Plan, settings: Settings) -> str:
    return open_plan(plan, settings=settings, registry=load_registry()).identity


def with_recipe(**changes: object) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, recipe=replace(plan.recipe, **changes))


def with_training(**changes: object) -> Callable[[Plan], Plan]:
    def change(plan: Plan) -> Plan:
        train = plan.recipe.train.replace(**changes)
        return replace(plan, recipe=replace(plan.recipe, train=train))

    return change


def with_protocol(**changes: object) -> Callable[[Plan], Plan]:
    def change(plan: Plan) -> Plan:
        protocol = plan.task.protocol.replace(**changes)
        return replace(plan, task=replace(plan.task, protocol=protocol))

    return change


def with_items(count: int) -> Callable[[Plan], Plan]:
    def change(plan: Plan) -> Plan:
        block = plan.task.dataset
        options = block.options.replace(items=count)
        return replace(plan, task=replace(plan.task, dataset=replace(block, options=options)))

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: replace(plan, seed=1),
        lambda plan: replace(plan, task=replace(plan.task, version=2)),
        lambda plan: replace(plan, task=replace(plan.task, metric="accuracy")),
        with_training(epochs=3),
        with_training(select="last"),
        with_protocol(seed=5),
        with_items(176),
    ],
    ids=["seed", "version", "metric", "epochs", "select", "protocol", "data"],
)
def test_what_moves_a_score_changes_the_identity(
    plan: Plan, settings: Settings, change: Callable[[Plan], Plan]
) -> None:
    assert identity_of(change(plan), settings) != identity_of(plan, settings)


@pytest.mark.parametrize(
    "change",
    [
        with_recipe(name="other"),
        with_recipe(summary="other words"),
        with_recipe(path="elsewhere/small.yaml"),
        with_training(workers=3),
        with_training(checkpoint_every=5),
    ],
    ids=["name", "summary", "path", "workers", "checkpoints"],
)
def test_what_moves_no_score_leaves_the_identity(
    plan: Plan, settings: Settings, change: Callable[[Plan], Plan]
) -> None:
    assert identity_of(change(plan), settings) == identity_of(plan, settings)


@pytest.mark.parametrize("name", ["_draft", "größe", "..", "a/b", "x" * 300, "感情"])
def test_any_recipe_name_makes_a_folder_name(plan: Plan, name: str) -> None:
    made = run_id(with_recipe(name=name)(plan), "0123456789abcdef")
    assert made.isascii()
    assert made[0].isalnum()
    assert len(made) < 150
    assert "/" not in made
