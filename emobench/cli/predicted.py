"""Runs that just ended, with what they predicted: what tables of differences are counted from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.api import EmobenchError
from emobench.runs.publishing import local_predictions, publish
from emobench.runs.store import RunStore

if TYPE_CHECKING:
    from emobench.runs.published import Predictions, Published
    from emobench.runs.record import Record


def predictions_of(records: Iterable[Record], *, runs: Path) -> dict[str, Predictions]:
    """What runs predicted, by run id; without those whose predictions cannot be read."""
    store = RunStore(runs)
    found = {
        record.id: local_predictions(record, folder=store.run_dir(record.id)) for record in records
    }
    return {run_id: one for run_id, one in found.items() if one is not None}


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
