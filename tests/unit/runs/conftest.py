"""Records and plans for this room's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import load_registry
from emobench.runs.plan import Plan, Settings, plan_runs
from emobench.runs.record import Record, TargetScores, TaskStamp


@pytest.fixture
def recipe(small: Path) -> Recipe:
    return load_recipe(str(small), registry=load_registry())


@pytest.fixture
def plan(recipe: Recipe) -> Plan:
    (only,) = plan_runs([recipe], registry=load_registry())
    return only


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(runs=tmp_path / "runs", cache=tmp_path / "cache", device="cpu")


@pytest.fixture
def make_record() -> Callable[..., Record]:
    def make(run_id: str = "run-1", **changes: Any) -> Record:
        values: dict[str, Any] = {
            "id": run_id,
            "identity": run_id,
            "recipe_name": "baseline",
            "recipe": {"schema": 1, "optimizer": {"use": "adamw", "lr": 1e-3}},
            "task": TaskStamp(
                name="toy/people",
                version=1,
                metric="uar",
                protocol={"use": "random"},
                targets=("emotion",),
            ),
            "seed": 0,
            "state": "ok",
            "scores": {"emotion": TargetScores(metrics={"uar": 0.5, "accuracy": 0.6})},
        }
        return Record(**{**values, **changes})

    return make
