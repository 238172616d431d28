"""Records that a sweep learns from before its first trial: published ones, or any runs folder's.

Loads neither numpy nor torch: of a published file only the record is read, not what it predicted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

from emobench.api.errors import DataError, UsageError
from emobench.runs.codec import record_from_plain
from emobench.runs.folder import RECORD_FILE
from emobench.runs.readers import Unreadable
from emobench.runs.record import Record
from emobench.runs.shared_parts import RecordReader
from emobench.runs.store import RunStore

PUBLISHED_RECORDS = Path("leaderboards", "records")
"""Where published records lie below a copy of the project."""

_HEAD = b'"record": '


def read_records(folder: Path | None = None) -> list[Record]:
    """Every record that can be read in a runs folder or a folder of published records.

    Without a folder, the published records below the working folder, where there are any. Files
    that hold no record are passed over: what is read here decides where a search begins, and
    never a score.
    """
    place = folder or PUBLISHED_RECORDS
    if not place.is_dir():
        if folder is None:
            return []
        raise UsageError(
            f"there is no folder '{folder}' to read records from; name a runs folder, or one of "
            "published records"
        )
    if any(place.glob(f"*/{RECORD_FILE}")):
        return RunStore(place).records()
    return list(_published(place))


def _published(folder: Path) -> Iterator[Record]:
    reader = RecordReader()
    for path in sorted(folder.glob("*/*.json")):
        text = _record_text(path)
        if text is None:
            continue
        try:
            yield _read(text, reader)
        except (DataError, ValueError, RecursionError):
            continue


def _record_text(path: Path) -> str | None:
    """The line of a published file that holds its record."""
    try:
        with path.open("rb") as file:
            for line in file:
                if line.startswith(_HEAD):
                    return line.removeprefix(_HEAD).decode().rstrip().removesuffix(",")
    except (OSError, UnicodeDecodeError):
        pass
    return None


def _read(text: str, reader: RecordReader) -> Record:
    try:
        return reader.read(text)[0]
    except Unreadable:
        return record_from_plain(json.loads(text))


def validation_figure(record: Record) -> float | None:
    """The task's metric of the first target on validation; None where it is not a number."""
    first = next(iter(record.scores.values()), None)
    value = first.validation.get(record.task.metric) if first else None
    return value if value is not None and math.isfinite(value) else None


def dataset_of(task: str) -> str:
    """The dataset that a task's name speaks of: `emodb/speakers` is on `emodb`."""
    return task.partition("/")[0]
