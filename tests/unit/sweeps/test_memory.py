"""Half the micro-batch, updates of the same size, and when that cannot be had."""

from __future__ import annotations

import math
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from emobench.api import Batch, Component, Context, Field, Options, event
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import Plugin, Registry, load_registry
from emobench.runs.plan import Plan, Settings, plan_runs
from emobench.runs.store import RunStore
from emobench.sweeps.assignment import Assignment
from emobench.sweeps.memory import portions, reduced
from emobench.sweeps.trial import Trial, TrialEnd
from emobench.sweeps.worker import TrialRun


class Split(Options):
    times: int = Field(2, ge=1, le=8, description="micro-batches an update")


@pytest.fixture
def splitting(registry: Registry) -> Registry:
    component = Component(
        name="gather", target="a:B", summary="made up", options=Split, splits_updates="times"
    )
    registry.add("technique", component, Plugin(package="acme", version="2.0", module="acme"))
    return registry


def test_half_the_items_come_twice_to_an_update(recipe: Recipe, splitting: Registry) -> None:
    smaller = reduced(recipe, registry=splitting)
    assert smaller is not None
    assert smaller.train.batch_size == 4
    assert [(block.use, block.package) for block in smaller.techniques] == [
        ("gather", "acme"),
        ("mixup", "acme"),
    ]
    assert smaller.techniques[0].options == Split(times=2)
    assert portions(smaller, registry=splitting) == "batch 8 as 2 x 4"


def test_nothing_else_of_the_recipe_changes(recipe: Recipe, splitting: Registry) -> None:
    smaller = reduced(recipe, registry=splitting)
    assert smaller is not None
    back = replace(smaller, train=recipe.train, techniques=smaller.techniques[1:])
    assert back == recipe


def test_a_recipe_that_splits_its_updates_splits_them_twice_as_often(
    recipe: Recipe, splitting: Registry
) -> None:
    once = reduced(recipe, registry=splitting)
    assert once is not None
    twice = reduced(once, registry=splitting)
    assert twice is not None
    assert [block.use for block in twice.techniques] == ["gather", "mixup"]
    assert portions(twice, registry=splitting) == "batch 8 as 4 x 2"


def test_of_an_odd_batch_the_larger_half_is_kept(recipe: Recipe, splitting: Registry) -> None:
    odd = replace(recipe, train=recipe.train.replace(batch_size=7))
    smaller = reduced(odd, registry=splitting)
    assert smaller is not None
    assert smaller.train.batch_size == 4


def test_a_single_item_cannot_be_halved(recipe: Recipe, splitting: Registry) -> None:
    single = replace(recipe, train=recipe.train.replace(batch_size=1))
    assert reduced(single, registry=splitting) is None


def test_where_no_technique_splits_updates_there_is_no_smaller_recipe(
    recipe: Recipe, registry: Registry
) -> None:
    assert reduced(recipe, registry=registry) is None
    assert portions(recipe, registry=registry) == ""


def test_a_technique_that_can_split_no_further_leaves_the_recipe_alone(
    recipe: Recipe, splitting: Registry
) -> None:
    found: Recipe | None = recipe
    for _ in range(3):
        assert found is not None
        found = replace(found, train=found.train.replace(batch_size=64))
        found = reduced(found, registry=splitting)
    assert found is not None
    assert portions(found, registry=splitting) == "batch 256 as 8 x 32"
    assert reduced(found, registry=splitting) is None


def test_of_the_installed_techniques_one_splits_updates() -> None:
    registry = load_registry()
    recipe = load_recipe("baseline", registry=registry)
    smaller = reduced(recipe, registry=registry)
    assert smaller is not None
    size = recipe.train.batch_size
    assert portions(smaller, registry=registry) == f"batch {size} as 2 x {size // 2}"


HEAVY = """
schema: 1
task: task.yaml
frontend: values
backbone: {use: dense, hidden: [8]}
head: linear
loss: cross_entropy
optimizer: adam
techniques: [heavy]
train: {epochs: 2, batch_size: SIZE}
"""
TASK = """
name: tiny-table
dataset: {use: synthetic-au, items: 160, identities: 10}
protocol: {use: grouped-holdout}
"""
FITS = 16


class Heavy:
    """A technique with which no more than so many items fit into memory."""

    def __init__(self, options: Options, context: Context) -> None:
        pass

    @event
    def transform_batch(self, batch: Batch) -> None:
        if len(batch.items) > FITS:
            raise MemoryError("no room for so many items")


@pytest.fixture
def heavy(monkeypatch: pytest.MonkeyPatch) -> Registry:
    module = types.ModuleType("acme_heavy")
    module.Heavy = Heavy  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acme_heavy", module)
    registry = load_registry()
    known = Registry(components=dict(registry.components), plugins=list(registry.plugins))
    component = Component(name="heavy", target="acme_heavy:Heavy", summary="made up")
    known.add("technique", component, Plugin(package="acme", version="2.0", module="acme_heavy"))
    return known


def tried(folder: Path, *, size: int, registry: Registry) -> tuple[TrialEnd, RunStore]:
    """How a trial ended with micro-batches of that size, and where its runs lie."""
    (folder / "task.yaml").write_text(TASK)
    (folder / "heavy.yaml").write_text(HEAVY.replace("SIZE", str(size)))
    recipe = load_recipe(str(folder / "heavy.yaml"), registry=registry)
    (plan,) = plan_runs([recipe], registry=registry)
    assert isinstance(plan, Plan)
    assignment = Assignment(
        trial=Trial(index=0, recipe=recipe, plan=plan, values={}),
        milestones=(),
        settings=Settings(runs=folder / "runs", cache=folder / "cache", device="cpu", plots=False),
        halt=folder / "halt",
        patience=600.0,
    )
    run = TrialRun(assignment, registry=registry)
    while (end := run.advance().end) is None:
        pass
    return end, RunStore(folder / "runs")


def test_a_trial_that_does_not_fit_is_tried_once_more_in_parts(
    tmp_path: Path, heavy: Registry
) -> None:
    end, store = tried(tmp_path, size=2 * FITS, registry=heavy)
    assert end.state in ("ok", "collapsed")
    assert end.reduced == "batch 32 as 2 x 16"
    states = sorted(record.state for record in store.records())
    assert states == sorted([end.state, "out_of_memory"])
    assert end.run_id is not None
    record = store.get(end.run_id)
    assert record is not None
    assert record.recipe["train"]["batch_size"] == FITS
    # As many updates as before: each of two micro-batches.
    assert record.data is not None
    assert record.costs.updates == 2 * math.ceil(math.ceil(record.data.train / FITS) / 2)


def test_a_trial_that_does_not_fit_in_halves_either_is_out_of_memory(
    tmp_path: Path, heavy: Registry
) -> None:
    end, store = tried(tmp_path, size=4 * FITS, registry=heavy)
    assert end.state == "out_of_memory"
    assert end.reduced == "batch 64 as 2 x 32"
    assert [record.state for record in store.records()] == ["out_of_memory"] * 2
