"""What a stored run tells of its own training: record, history and validation predictions.

Nothing of the test set is read where the run's own folder is there: a diagnosis chooses between
recipes, and who chooses by the test set has none left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emobench.api.errors import DataError
from emobench.runs.folder import PREDICTIONS_FILE, read_history, read_predictions
from emobench.runs.record import Record
from emobench.scoring.catalogue import METRICS
from emobench.scoring.collapse import judge_collapse

FALLEN_SHARE = 0.6
"""From this share of the predictions on, one class is said to have swallowed the others."""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Fall:
    """Into which class the predictions fell, how many of them, and after which epoch it stayed."""

    class_name: str
    share: float
    epoch: int | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One run, as far as its training goes. `score` is the task's metric on validation.

    `truth` is each class's share of the validation set, or, where only a record is there, of the
    test set. `rows` is the history; runs of older versions have fewer figures in it. `fold` is None
    where a task has but one.
    """

    run: str
    recipe: str
    task: str
    metric: str
    state: str
    reason: str
    epochs: int
    classes: tuple[str, ...] = ()
    truth: Mapping[str, float]
    rows: tuple[Row, ...] = ()
    score: float | None = None
    collapsed: bool = False
    fall: Fall | None = None
    fold: int | None = None
    seed: int = 0

    def series(self, name: str) -> list[float]:
        """A figure's values by epoch, without those that are missing or not finite."""
        values = (row.get(name) for row in self.rows)
        return [float(value) for value in values if isinstance(value, int | float)]

    def last(self, name: str) -> float | None:
        """A figure's last value."""
        return next(iter(reversed(self.series(name))), None)

    def by_class(self, name: str) -> dict[str, float]:
        """The last values of a figure that every class has."""
        return self.row_by_class(self.rows[-1], name) if self.rows else {}

    def row_by_class(self, row: Row, name: str) -> dict[str, float]:
        """A figure that every class has, in one epoch."""
        found = {label: row.get(f"{name}.{label}") for label in self.classes}
        return {label: float(value) for label, value in found.items() if value is not None}

    @property
    def data_loss(self) -> list[float]:
        """The loss on the data by epoch, without what techniques add to it."""
        split = [self._terms(row) for row in self.rows]
        plain = self.series("train_loss")
        return [data for data, _ in split] if all(data for data, _ in split) else plain

    @property
    def added_loss(self) -> list[float]:
        """What is added to the loss on the data, by epoch."""
        return [added for _, added in map(self._terms, self.rows)]

    def added_names(self) -> list[str]:
        """The names of what is added to the loss on the data."""
        prefix = "train_loss."
        names = dict.fromkeys(key for row in self.rows for key in row if key.startswith(prefix))
        return [name.removeprefix(prefix) for name in list(names)[1:]]

    def _terms(self, row: Row) -> tuple[float, float]:
        """The first term of the loss is the target's own; all others were added."""
        terms = [value for key, value in row.items() if key.startswith("train_loss.")]
        known = [float(value) for value in terms if value is not None]
        return (known[0], sum(known[1:])) if known else (0.0, 0.0)

    @property
    def chance_loss(self) -> float:
        """The cross entropy of who calls all classes equal."""
        return math.log(max(2, len(self.classes)))


def read_evidence(record: Record, *, folder: Path | None, rows: Sequence[Row] = ()) -> Evidence:
    """The evidence of a run, from its folder where there is one."""
    if folder is not None:
        rows = rows or read_history(folder)
    first = next(iter(record.scores), "")
    scores = record.scores.get(first)
    judged = _validation(folder, first) if folder is not None and scores else None
    classes = tuple(row.name for row in scores.classes) if scores else _classes_in(rows)
    truth = {row.name: row.support / _total(scores) for row in scores.classes} if scores else {}
    fall, collapsed = _fall_in(rows, classes), record.state == "collapsed"
    if judged is not None and classes:
        counts, predicted, collapse = judged[0], judged[1], _judge(judged, classes)
        truth = dict(zip(classes, counts, strict=True))
        share = max(predicted)
        top = classes[predicted.index(share)]
        collapsed = collapse
        fall = Fall(class_name=top, share=share, epoch=fall.epoch if fall else None)
    elif record.collapse is not None and (fall is None or fall.share < FALLEN_SHARE):
        fall = Fall(class_name=record.collapse.class_name, share=record.collapse.share)
    return Evidence(
        run=record.id,
        recipe=record.recipe_name,
        task=record.task.name,
        metric=record.task.metric,
        state=record.state,
        reason=record.reason,
        epochs=int(record.recipe.get("train", {}).get("epochs", len(rows))),
        classes=classes,
        truth=truth,
        rows=tuple(rows),
        score=_score(record, rows),
        collapsed=collapsed,
        fall=fall if fall and fall.share >= FALLEN_SHARE else None,
        fold=record.task.fold if record.task.folds > 1 else None,
        seed=record.seed,
    )


def _score(record: Record, rows: Sequence[Row]) -> float | None:
    """The task's metric on validation: of the scored weights, or of the last epoch."""
    metric = record.task.metric
    first = next(iter(record.scores.values()), None)
    value = first.validation.get(metric) if first else None
    if value is None and rows:
        value = rows[-1].get(f"validation_{metric}")
    return float(value) if value is not None and math.isfinite(value) else None


def _total(scores: Any) -> int:
    return sum(row.support for row in scores.classes) or 1


def _classes_in(rows: Sequence[Row]) -> tuple[str, ...]:
    """The classes by the history's own figures, where the run has no scores."""
    if not rows:
        return ()
    return tuple(key.partition(".")[2] for key in rows[0] if key.startswith("predicted."))


Judged = tuple[list[float], list[float], Any, Any]


def _validation(folder: Path, target: str) -> Judged | None:
    """Shares of the true and of the predicted classes on validation, with the arrays themselves."""
    import numpy as np

    if not (folder / PREDICTIONS_FILE).exists():
        return None
    try:
        stored = read_predictions(folder)
    except DataError:
        return None
    predicted = stored.get(f"validation/{target}/after")
    truth = stored.get(f"validation/{target}/truth")
    if predicted is None or truth is None or predicted.ndim != 2:
        return None
    ids = truth if truth.ndim == 1 else truth.argmax(axis=1)
    width = predicted.shape[1]
    shares = np.bincount(ids.astype(int), minlength=width) / len(ids)
    answers = np.bincount(predicted.argmax(axis=1), minlength=width) / len(ids)
    return shares.tolist(), answers.tolist(), ids, predicted


def _judge(judged: Judged, classes: Sequence[str]) -> bool:
    _, _, truth, predicted = judged
    return judge_collapse(truth=truth, probabilities=predicted, classes=classes) is not None


def _fall_in(rows: Sequence[Row], classes: Sequence[str]) -> Fall | None:
    """The class that has most of the last epoch's predictions, and since when it had them."""
    shares = [{label: row.get(f"predicted.{label}") for label in classes} for row in rows]
    if not shares or any(value is None for row in shares for value in row.values()):
        return None
    if not classes:
        return None
    last = shares[-1]
    top = max(classes, key=lambda label: last[label] or 0.0)
    since: int | None = None
    for row, values in zip(rows, shares, strict=True):
        fallen = (values[top] or 0.0) >= FALLEN_SHARE
        since = (since or int(row["epoch"])) if fallen else None
    return Fall(class_name=top, share=float(last[top] or 0.0), epoch=since)


def better(first: float | None, second: float | None, *, metric: str) -> bool:
    """Whether the first score is the better one; any score is better than none."""
    if first is None or second is None:
        return first is not None and second is None
    return first > second if METRICS[metric].higher_is_better else first < second
