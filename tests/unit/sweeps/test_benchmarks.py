"""What the benchmarks of sweeps measure."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.sweeps.recipe_space import space_of
from emobench.sweeps.study import Story
from emobench.sweeps.trial import Report, TrialEnd


def _loaded(name: str) -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_of_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def searching() -> Any:
    return _loaded("search")


@pytest.fixture(scope="module")
def placing() -> Any:
    return _loaded("sweep")


def _arena(searching: Any, *, budget: int) -> Any:
    registry = load_registry()
    recipe = load_recipe(
        searching.RECIPE, overrides=[f"train.epochs={searching.EPOCHS}"], registry=registry
    )
    space = space_of(recipe, registry=registry, open_kinds=searching.OPEN)
    task = find_task(searching.TASK, registry=registry)
    return searching.Arena(space=space, task=task, budget=budget)


def test_a_made_up_winner_is_told_without_the_noise_that_chose_it(searching: Any) -> None:
    arena = _arena(searching, budget=5 * searching.EPOCHS)
    task = searching.MadeUp(space=arena.space, seed=0)
    ends: list[tuple[float, float]] = []

    def begin(trial: Any) -> Any:
        for heard in task.curve(trial):
            if isinstance(heard, TrialEnd):
                assert heard.validation is not None
                ends.append((heard.validation, task.test(Story(trial=trial))))
            yield heard

    found = arena.search(searching.WAYS[0], seed=0, begin=begin, test=task.test)
    assert len(ends) == 5
    assert (found.validation, found.test) == max(ends)
    assert 0 < abs(found.validation - found.test) < 0.05


def test_a_best_figure_of_nothing_is_nothing_and_not_unknown(searching: Any) -> None:
    arena = _arena(searching, budget=1)

    def begin(trial: Any) -> Any:
        yield Report(epoch=1, epochs=1, validation=0.0)
        yield TrialEnd(state="ok", validation=0.0, epochs=1)

    found = arena.search(searching.WAYS[0], seed=0, begin=begin, test=lambda best: 0.0)
    assert found.validation == 0.0


def test_the_first_trial_of_each_worker_is_not_taken_for_a_warm_one(
    placing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, now = placing.Clock(workers=2), 0.0
    monkeypatch.setattr(placing.time, "time", lambda: now)

    class Numbered:
        def __init__(self, index: int) -> None:
            self.index = index

    first, cold, warm = Numbered(0), Numbered(1), Numbered(2)
    clock.began(first)
    now = 10.0
    clock.ended(first, TrialEnd(state="ok", seconds=4.0))
    clock.began(cold)
    clock.began(warm)
    now = 15.5
    clock.ended(warm, TrialEnd(state="ok", seconds=5.0))
    now = 20.0
    clock.ended(cold, TrialEnd(state="ok", seconds=4.0))
    assert clock.beside == [0.5]
    assert clock.trained == [4.0, 5.0, 4.0]
