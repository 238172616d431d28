"""Hand-made records, and predictions of a known skill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emobench.api import Target
from emobench.runs.published import Predictions, Published, TargetPredictions
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


EMOTION = Target(name="emotion", kind="class", classes=("calm", "angry", "sad", "happy"))
PEOPLE, ITEMS_EACH = 12, 16
MakeAnswers = Callable[..., Published]


def make_answers(
    recipe: str = "enhanced",
    *,
    task: str = TASK,
    skill: float = 0.7,
    seed: int = 0,
    scored: bool = True,
    **changes: Any,
) -> Published:
    """A run that answers right with that probability; every task of one set has the same people."""
    record = make_record(
        recipe, seed=seed, id=f"{recipe}-{task}-{seed}", task={"name": task}, **changes
    )
    if not scored:
        return Published(record=record)
    stream = np.random.default_rng([seed, round(1000 * skill), len(recipe)])
    items = PEOPLE * ITEMS_EACH
    truth = np.arange(items) % 4
    right = stream.random(items) < skill
    given = np.where(right, truth, (truth + stream.integers(1, 4, items)) % 4)
    confusion = np.zeros((4, 4), dtype=int)
    np.add.at(confusion, (truth, given), 1)
    hits, answered = confusion.diagonal(), np.maximum(1, confusion.sum(axis=0))
    shown = zip(EMOTION.classes, hits, answered, confusion.sum(axis=1), strict=True)
    scores = TargetScores(
        metrics={"uar": float((hits / confusion.sum(axis=1)).mean())},
        classes=tuple(
            ClassScore(name=name, precision=hit / said, recall=hit / held, f1=0.5, support=held)
            for name, hit, said, held in shown
        ),
        confusion=tuple(tuple(map(int, row)) for row in confusion),
    )
    predictions = Predictions(
        items=tuple(f"{task} {number}" for number in range(items)),
        groups=tuple(f"person {number // ITEMS_EACH}" for number in range(items)),
        targets=(
            TargetPredictions(
                target=EMOTION,
                probabilities=np.where(np.eye(4, dtype=bool)[given], 0.7, 0.1),
                truth=truth,
            ),
        ),
    )
    scored_record = replace(record, scores={EMOTION.name: scores})
    return Published(record=scored_record, predictions=predictions)


@pytest.fixture
def answers() -> MakeAnswers:
    return make_answers
