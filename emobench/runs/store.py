"""The runs folder: `runs/<id>/` is the truth, `runs/index.json` a cache over it.

A record is never lost: a run that is done again with `fresh` first moves what is there to
`runs/<id>/earlier/<n>/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emobench.api.errors import DataError, UsageError
from emobench.recipes.emit import to_yaml
from emobench.runs.codec import (
    record_from_json,
    record_from_plain,
    record_to_plain,
)
from emobench.runs.files import clear_leftovers, explained, write_atomic
from emobench.runs.folder import LOCK_FILE, RECIPE_FILE, RECORD_FILE, RunFolder
from emobench.runs.record import FINAL_STATES, Record

__all__ = ["Damaged", "RunFolder", "RunStore", "Scan", "write_atomic"]

EARLIER_FOLDER = "earlier"
INDEX_FILE = "index.json"
INDEX_SCHEMA = 1
ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
STILL_OPEN = "the process was killed before the run ended, or is still at work"


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """A run folder whose record cannot be read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What lies in a runs folder: records by task, recipe, seed and fold, and what is damaged."""

    records: tuple[Record, ...]
    damaged: tuple[Damaged, ...]


Stamp = tuple[int, int, int]
"""What changes whenever a record file does: modification time, size and inode."""


class RunStore:
    """Records below one folder, which is created by the first run."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run_dir(self, run_id: str) -> Path:
        """Where the run of that id lies, or would."""
        if not ID_PATTERN.fullmatch(run_id):
            raise UsageError(f"'{run_id}' is no run id: letters, digits, '.', '_' and '-' only")
        return self.root / run_id

    def begin(self, record: Record, *, fresh: bool = False) -> RunFolder:
        """Lock the run's folder and write at once an `interrupted` record and the recipe.

        With `fresh`, what an earlier run left is moved aside first. Without it, a record that is
        already final is an error: its executor should have answered with it.
        """
        path = self.run_dir(record.id)
        with explained(self.root):
            path.mkdir(parents=True, exist_ok=True)
            folder = RunFolder(path, root=self.root)
        try:
            with explained(self.root):
                clear_leftovers(path)
                if fresh:
                    _set_aside(path)
            self._refuse_to_overwrite(record.id)
            reason = record.reason or STILL_OPEN
            folder.finish(replace(record, state="interrupted", reason=reason))
            folder.write(RECIPE_FILE, to_yaml(record.recipe))
        except BaseException:
            folder.close()
            raise
        return folder

    def get(self, run_id: str) -> Record | None:
        """The stored record, None where there is none; a damaged one is a DataError."""
        path = self.run_dir(run_id) / RECORD_FILE
        try:
            with explained(self.root):
                text = path.read_text(encoding="utf-8") if path.exists() else None
            return None if text is None else _checked(record_from_json(text), run_id)
        except (DataError, UnicodeDecodeError) as error:
            raise DataError(
                f"the record '{path}' is damaged: {error}; run it again with --fresh (what is "
                "there is kept)"
            ) from error

    def records(self) -> list[Record]:
        """Every readable record, sorted; see `scan` for those that are not."""
        return list(self.scan().records)

    @property
    def damaged(self) -> list[Damaged]:
        """Every run folder whose record cannot be read."""
        return list(self.scan().damaged)

    def scan(self) -> Scan:
        """Read the whole folder, through the index where that is up to date."""
        index = self._read_index()
        known: dict[str, tuple[Stamp, Record]] = {}
        damaged = []
        for path, stamp in self._record_files():
            run_id = path.parent.name
            try:
                known[run_id] = (stamp, _recall(index.get(run_id), path, stamp))
            except (DataError, OSError, UnicodeDecodeError) as error:
                damaged.append(Damaged(path=path.parent, reason=str(error)))
        if {name: stamp for name, (stamp, _) in known.items()} != {
            name: entry[0] for name, entry in index.items()
        }:
            self._write_index(known)
        records = sorted((record for _, record in known.values()), key=_order)
        return Scan(records=tuple(records), damaged=tuple(damaged))

    def _refuse_to_overwrite(self, run_id: str) -> None:
        present = self.get(run_id)
        if present is not None and present.state in FINAL_STATES:
            raise UsageError(
                f"run {run_id} already has its record ({present.state}); run the same command "
                "again to see it, or with --fresh to run again"
            )

    def _record_files(self) -> Iterator[tuple[Path, Stamp]]:
        if not self.root.exists():
            return
        with explained(self.root):
            folders = sorted(self.root.iterdir())
        for folder in folders:
            path = folder / RECORD_FILE
            if ID_PATTERN.fullmatch(folder.name) and path.is_file():
                stat = path.stat()
                yield path, (stat.st_mtime_ns, stat.st_size, stat.st_ino)

    def _read_index(self) -> dict[str, tuple[Stamp, Record]]:
        """Whatever of the index can be trusted; an index that is missing or corrupt is empty."""
        try:
            index = json.loads((self.root / INDEX_FILE).read_bytes())
            if index["schema"] != INDEX_SCHEMA:
                return {}
            return {
                run_id: (_stamp(entry["stamp"]), record_from_plain(entry["record"]))
                for run_id, entry in index["records"].items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError, DataError):
            return {}

    def _write_index(self, known: dict[str, tuple[Stamp, Record]]) -> None:
        entries = {
            run_id: {"stamp": list(stamp), "record": record_to_plain(record)}
            for run_id, (stamp, record) in known.items()
        }
        text = json.dumps({"schema": INDEX_SCHEMA, "records": entries})
        with suppress(OSError):  # a cache: a folder that only can be read is still a good one
            write_atomic(self.root / INDEX_FILE, text)


def _recall(entry: tuple[Stamp, Record] | None, path: Path, stamp: Stamp) -> Record:
    if entry is not None and entry[0] == stamp:
        return entry[1]
    return _checked(record_from_json(path.read_text(encoding="utf-8")), path.parent.name)


def _checked(record: Record, run_id: str) -> Record:
    if record.id != run_id:
        raise DataError(f"record.id: '{record.id}' lies in a folder named '{run_id}'")
    return record


def _stamp(value: Any) -> Stamp:
    modified, size, inode = value
    return int(modified), int(size), int(inode)


def _order(record: Record) -> tuple[str, str, int, int, str]:
    return record.task.name, record.recipe_name, record.seed, record.task.fold, record.id


def _set_aside(path: Path) -> None:
    """Move all that an earlier run left to the next free `earlier/<n>/`."""
    kept = [entry for entry in path.iterdir() if entry.name not in (LOCK_FILE, EARLIER_FOLDER)]
    if not kept:
        return
    earlier = path / EARLIER_FOLDER
    earlier.mkdir(exist_ok=True)
    taken = [int(entry.name) for entry in earlier.iterdir() if entry.name.isdigit()]
    target = earlier / str(max(taken, default=0) + 1)
    target.mkdir()
    # The record goes first: a process killed on the way leaves a run that has none, to be done.
    for entry in sorted(kept, key=lambda one: one.name != RECORD_FILE):
        entry.rename(target / entry.name)
