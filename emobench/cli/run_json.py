"""The JSON document of `emobench run --json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emobench.boards.rank import build_boards
from emobench.cli.run import Ending


def run_document(endings: Sequence[Ending], *, runs: Path) -> dict[str, Any]:
    """Every run, and a summary over seeds and folds for each recipe on each task."""
    listed = [_run(ending, runs) for ending in endings]
    records = [ending.record for ending in endings if ending.record is not None]
    return {
        "runs": listed,
        "summary": {
            "runs": len(listed),
            "stored": sum(ending.stored for ending in endings),
            "states": dict(Counter(run["state"] for run in listed)),
            "results": [
                {
                    "task": board.task,
                    "recipe": row.recipe,
                    "metric": board.metric,
                    "score": row.score,
                    "spread": row.spread,
                    "scores": dict(row.metrics),
                    "seeds": list(row.seeds),
                    "folds": row.folds,
                    "state": row.state,
                }
                for board in build_boards(records)
                for row in board.rows
            ],
        },
    }


def _run(ending: Ending, runs: Path) -> dict[str, Any]:
    plan, record = ending.plan, ending.record
    common = {
        "recipe": plan.recipe.name,
        "task": plan.task.name,
        "seed": plan.seed,
        "fold": plan.fold,
    }
    if record is None:
        return {
            "id": None,
            **common,
            "state": "failed",
            "reason": str(ending.error),
            "scores": {},
            "audit": None,
            "record": None,
            "stored": False,
        }
    return {
        "id": record.id,
        **common,
        "state": record.state,
        "reason": record.reason,
        "scores": dict(record.metrics),
        "audit": record.audit.verdict,
        "record": str(runs / record.id / "record.json"),
        "stored": ending.stored,
    }
