"""Records that a sweep may learn from before its first trial: published ones, or a runs folder's.

Loads neither numpy nor torch: of a published file only the record is read, not what it predicted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emobench.api.errors import DataError, UsageError
from emobench.data.tasks import Task, find_task, list_tasks
from emobench.recipes.model import Block
from emobench.registry import Registry
from emobench.runs.codec import record_from_plain
from emobench.runs.folder import RECORD_FILE
from emobench.runs.readers import Unreadable
from emobench.runs.record import FINAL_STATES, Record, TaskStamp
from emobench.runs.shared_parts import RecordReader
from emobench.runs.store import RunStore
from emobench.scoring.catalogue import METRICS
from emobench.sweeps.trial import FOLD

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


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Which records a sweep on this task may learn from: none that saw its test items.

    `fingerprint` gives that of the task's data; it is asked only where there is a record to
    compare with.
    """

    task: Task
    registry: Registry
    fingerprint: Callable[[], str]

    def admits(self, record: Record) -> bool:
        """Whether the record is a clean run of the task itself, or of one on other data."""
        if record.members or record.audit.verdict != "clean" or record.state not in FINAL_STATES:
            return False
        if record.task.name in self._elsewhere:
            return record.task.metric in METRICS
        return self._is_own(record)

    def _is_own(self, record: Record) -> bool:
        """Whether the task itself was run, split in the same way, on the same data."""
        stamp, task = record.task, self.task
        same = TaskStamp(
            name=task.name,
            version=task.version,
            metric=task.metric,
            protocol=task.protocol.dump(),
            targets=task.targets,
            fold=FOLD,
            folds=stamp.folds,
        )
        return stamp == same and (
            record.data is not None and record.data.fingerprint == self._fingerprint
        )

    @cached_property
    def _fingerprint(self) -> str:
        return self.fingerprint()

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        """The tasks that installed datasets offer on other data with the same kind of input.

        Of any other task nobody knows whose data it was on, whatever its name.
        """
        offered = list_tasks(self.registry)
        own = {self.task.name.partition("/")[0], *_datasets(self.task.dataset, self.registry)}
        component: Any = self.registry.get("dataset", self.task.dataset.use).component
        modalities = set(component.modalities)
        return frozenset(
            one.name
            for one in offered
            if modalities.intersection(one.modalities)
            and own.isdisjoint(_datasets(_block(one.name, self.registry), self.registry))
        )


def _block(task: str, registry: Registry) -> Block:
    return find_task(task, registry=registry).dataset


def _datasets(block: Block, registry: Registry) -> set[str]:
    """The dataset of a task, and those that its options name: it may be made of several."""
    named = _texts(block.options.dump())
    return {block.use, *(text for text in named if ("dataset", text) in registry.components)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def validation_figure(record: Record) -> float | None:
    """The task's metric of the first target on validation; None where it is not a number."""
    first = next(iter(record.scores.values()), None)
    value = first.validation.get(record.task.metric) if first else None
    return value if value is not None and math.isfinite(value) else None
