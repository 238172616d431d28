"""Hand-made records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emobench.runs.record import (
    Attempt,
    AuditVerdict,
    ClassScore,
    Costs,
    DataStamp,
    Record,
    TargetScores,
    TaskStamp,
)

TASK = "synthetic-speech/speakers"
CONFUSION = ((30, 10), (10, 10))
MakeRecord = Callable[..., Record]


def make_record(
    recipe: str = "enhanced",
    *,
    uar: float | None = 0.7,
    seed: int = 0,
    fold: int = 0,
    folds: int = 1,
    state: str = "ok",
    reason: str = "",
    audit: str = "clean",
    options: dict[str, Any] | None = None,
    metrics: dict[str, float] | None = None,
    fingerprint: str = "f",
    started: str = "2026-01-01T00:00:00Z",
    **changes: Any,
) -> Record:
    figures = {} if uar is None else {"uar": uar, "accuracy": uar + 0.01, "macro_f1": uar - 0.05}
    figures = figures if metrics is None else metrics
    scores = TargetScores(
        metrics=figures,
        classes=tuple(
            ClassScore(name=name, precision=0.5, recall=0.5, f1=0.5, support=sum(row))
            for name, row in zip(("calm", "angry"), CONFUSION, strict=True)
        ),
        confusion=CONFUSION,
    )
    task = {
        "name": TASK,
        "version": 1,
        "metric": "uar",
        "protocol": {"use": "grouped-holdout", "test": 0.2},
        "targets": ("emotion",),
        "fold": fold,
        "folds": folds,
        **changes.pop("task", {}),
    }
    return Record(
        id=changes.pop("id", f"{recipe}-{seed}-{fold}"),
        identity=f"{recipe}{seed}{fold}",
        recipe_name=recipe,
        recipe={"name": recipe, "train": {"epochs": 2}} if options is None else options,
        task=TaskStamp(**task),
        seed=seed,
        state=state,  # type: ignore[arg-type]
        reason=reason,
        attempts=(Attempt(started=started),),
        scores={"emotion": scores} if figures else {},
        audit=AuditVerdict(verdict=audit),  # type: ignore[arg-type]
        data=DataStamp(
            fingerprint=fingerprint, train=3, validation=1, test=1, note=changes.pop("note", "")
        )
        if fingerprint
        else None,
        costs=Costs(train_s=30.0, parameters=120_000, ms_per_item=0.25),
        **changes,
    )


@pytest.fixture
def record() -> MakeRecord:
    return make_record
