"""From a run's folder to its published record: what is kept, rounded, and left behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emobench.api import Target
from emobench.api.errors import DataError, UsageError
from emobench.runs.folder import PREDICTIONS_FILE, read_history, read_predictions
from emobench.runs.published import (
    Columns,
    Predictions,
    Published,
    TargetPredictions,
    place_of,
    published_from_text,
    published_to_text,
)
from emobench.runs.record import AuditVerdict, Record, TargetScores
from emobench.runs.verify import scores_follow, verify

if TYPE_CHECKING:
    import numpy as np

DIGITS = 6
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\":,;()<>]+[/\\])+")
LABEL_FIGURE = "f1_"


def publish(record: Record, *, folder: Path) -> Published:
    """The published form of the run whose record it is, and whose folder that is."""
    if record.state == "interrupted":
        raise UsageError(
            f"run {record.id} was interrupted and has no result to publish; give its command "
            "again, which resumes it"
        )
    predictions = _predictions(record, folder) if record.scores else None
    published = Published(
        record=without_places(record),
        history=columns(read_history(folder)),
        predictions=predictions,
    )
    try:
        # What a reader will see is what is verified, not what stands in memory here.
        verify(published_from_text(published_to_text(published)))
    except DataError as error:
        raise DataError(f"run {record.id} cannot be published: {error}") from error
    return published


def write_published(published: Published, *, out: Path) -> str:
    """Write the file below `out`; says whether it was `published`, `replaced` or `unchanged`.

    A file with the same content stays as it is: other versions of zlib pack it otherwise.
    """
    from emobench.runs.files import write_atomic

    path = out / place_of(published.record)
    there = path.exists()
    if there and _same(path, published):
        return "unchanged"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, published_to_text(published))
    return "replaced" if there else "published"


def local_predictions(record: Record, *, folder: Path) -> Predictions | None:
    """A run's predictions as it has stored them; None where they are missing or not its own."""
    if not record.scores:
        return None
    try:
        return _as_type(record, read_predictions(folder), folder, "<f8")
    except DataError:
        return None


def columns(rows: Sequence[Mapping[str, Any]]) -> Columns:
    """The epochs as columns, numbers with six digits; a figure that an epoch lacks is None."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [_rounded(row.get(name)) for row in rows] for name in names}


def without_places(record: Record) -> Record:
    """The record without the folders of the machine it was made on; their last parts stay."""
    return replace(
        record,
        reason=_placeless(record.reason),
        log=tuple(map(_placeless, record.log)),
        attempts=tuple(replace(one, reason=_placeless(one.reason)) for one in record.attempts),
        audit=AuditVerdict(
            verdict=record.audit.verdict,
            findings=tuple(
                replace(one, message=_placeless(one.message)) for one in record.audit.findings
            ),
        ),
        data=record.data
        and replace(
            record.data,
            skipped=tuple((item, _placeless(why)) for item, why in record.data.skipped),
        ),
    )


def _placeless(text: str) -> str:
    return ABSOLUTE_PATH.sub("", text)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return value


def _same(path: Path, published: Published) -> bool:
    try:
        text = published_to_text(published_from_text(path.read_bytes()))
    except (DataError, OSError):
        return False
    return text == published_to_text(published)


def _predictions(record: Record, folder: Path) -> Predictions:
    """As few bytes as the scores allow: floats of seven digits, if every figure still follows."""
    stored = read_predictions(folder)
    names = ("<f4", "<f8")
    for number_type in names:
        predictions = _as_type(record, stored, folder, number_type)
        if scores_follow(record, predictions):
            break
    return predictions


def _as_type(
    record: Record, stored: Mapping[str, np.ndarray], folder: Path, number_type: str
) -> Predictions:
    try:
        groups = stored["test/groups"].tolist() if "test/groups" in stored else []
        return Predictions(
            items=_texts(stored["test/items"].tolist()),
            groups=_texts(groups),
            targets=tuple(
                _target(name, scores, stored, number_type) for name, scores in record.scores.items()
            ),
        )
    except KeyError as error:
        raise DataError(
            f"'{folder / PREDICTIONS_FILE}' holds no {error}; run it again with --fresh"
        ) from None


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _target(
    name: str, scores: TargetScores, stored: Mapping[str, np.ndarray], number_type: str
) -> TargetPredictions:
    truth = stored[f"test/{name}/truth"]
    probabilities = stored[f"test/{name}/after"]
    return TargetPredictions(
        target=_described(name, scores, truth),
        probabilities=probabilities.astype(number_type).astype("<f8"),
        truth=truth,
        number_type=number_type,
    )


def _described(name: str, scores: TargetScores, truth: np.ndarray) -> Target:
    """A record names its targets; what kind each is of shows in its figures and its truth."""
    if scores.classes:
        classes = tuple(row.name for row in scores.classes)
        return Target(
            name=name, kind="class" if truth.ndim == 1 else "distribution", classes=classes
        )
    if "ccc" in scores.metrics:
        return Target(name=name, kind="number")
    figures = [key for key in scores.metrics if key.startswith(LABEL_FIGURE)]
    labels = tuple(key.removeprefix(LABEL_FIGURE) for key in figures)
    return Target(name=name, kind="labels", classes=labels)
