"""Records for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emobench.runs.record import Record, TargetScores, TaskStamp


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
