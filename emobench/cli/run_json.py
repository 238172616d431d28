"""The JSON document of `emobench run --json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from emobench.api import EmobenchError
from emobench.boards.rank import build_boards
from emobench.cli.leaks import leak_data, leak_tables
from emobench.cli.predicted import predictions_of
from emobench.cli.run import Ending
from emobench.runs.record import Record, State
from emobench.runs.store import RunStore


def run_document(endings: Sequence[Ending], *, runs: Path) -> dict[str, Any]:
    """Every run, and a summary over seeds and folds for each recipe on each task."""
    endings = _with_stored_records(endings, runs)
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
                    "interval": list(row.interval) if row.interval else None,
                    "scores": dict(row.metrics),
                    "seeds": list(row.seeds),
                    "folds": row.folds,
                    "state": row.state,
                }
                for board in build_boards(records, predictions=predictions_of(records, runs=runs))
                for row in board.rows
            ],
            "leak_premium": leak_data(leak_tables(records, runs=runs)),
        },
    }


def _with_stored_records(endings: Sequence[Ending], runs: Path) -> list[Ending]:
    """The endings; one without a record gets the one that the executor left, if it did."""
    stored: Sequence[Record] = ()
    if any(ending.record is None for ending in endings):
        with suppress(EmobenchError):  # a folder that cannot be read was an error already
            stored = RunStore(runs).records()
    return [
        ending if ending.record else replace(ending, record=_left_by(ending, stored))
        for ending in endings
    ]


def _left_by(ending: Ending, stored: Sequence[Record]) -> Record | None:
    """The newest record that tells of this very ending of this very plan."""
    plan = ending.plan
    recipe, state, reason = plan.recipe.dump(), _state(ending), str(ending.error)
    found = [
        record
        for record in stored
        if (record.recipe_name, record.seed) == (plan.recipe.name, plan.seed)
        and (record.task.name, record.task.fold) == (plan.task.name, plan.fold)
        and record.recipe == recipe
        and record.task.protocol == plan.task.protocol.dump()
        and record.state == state
        and (ending.interrupted or record.reason == reason)
    ]
    return max(found, key=_started, default=None)


def _started(record: Record) -> str:
    return record.attempts[-1].started if record.attempts else ""


def _run(ending: Ending, runs: Path) -> dict[str, Any]:
    """One run; only that of an ensemble has members."""
    plan, record = ending.plan, ending.record
    return {
        "id": record.id if record else None,
        "recipe": plan.recipe.name,
        "task": plan.task.name,
        "seed": plan.seed,
        "fold": plan.fold,
        "state": record.state if record else _state(ending),
        "reason": record.reason if record else _reason(ending),
        "scores": dict(record.metrics) if record else {},
        "audit": record.audit.verdict if record and record.data else None,
        "record": str(runs / record.id / "record.json") if record else None,
        "stored": ending.stored,
        **({"members": list(record.members)} if record and record.members else {}),
    }


def _state(ending: Ending) -> State:
    """How a run ended that has no record."""
    return "interrupted" if ending.interrupted else "failed"


def _reason(ending: Ending) -> str:
    return "stopped by the user" if ending.interrupted else str(ending.error)
