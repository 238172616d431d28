"""Runs that just ended, with what they predicted: what tables of differences are counted from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.api import EmobenchError
from emobench.runs.publishing import publish
from emobench.runs.store import RunStore

if TYPE_CHECKING:
    from emobench.runs.published import Published
    from emobench.runs.record import Record


def with_predictions(records: Iterable[Record], *, runs: Path) -> list[Published]:
    """Each record with its stored predictions; without, where it has none that can be read."""
    store = RunStore(runs)
    return [_read(record, store.run_dir(record.id)) for record in records]


def _read(record: Record, folder: Path) -> Published:
    from emobench.runs.published import Published

    try:
        return publish(record, folder=folder)
    except EmobenchError:  # the run has no predictions, or they are not those of its record
        return Published(record=record)
