"""One run's folder, held under an exclusive lock while the run is at work."""

from __future__ import annotations

import fcntl
import io
import json
import math
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from emobench.api.errors import DataError, UsageError
from emobench.runs.codec import record_to_json
from emobench.runs.files import explained, write_atomic
from emobench.runs.record import Record

if TYPE_CHECKING:
    import numpy as np

RECORD_FILE = "record.json"
RECIPE_FILE = "recipe.yaml"
TASK_FILE = "task.yaml"
HISTORY_FILE = "history.jsonl"
PREDICTIONS_FILE = "predictions.npz"
CHECKPOINTS_FOLDER = "checkpoints"
LOCK_FILE = ".lock"

HistoryRow = dict[str, Any]
"""One epoch: `epoch` (from 1) and its figures; a figure that was NaN or infinite reads None."""


class RunLocked(UsageError):
    """Another process is working on the run."""


class RunFolder:
    """What a run writes and reads of its own. Close it, or use `with`, to release the lock."""

    def __init__(self, path: Path, *, root: Path) -> None:
        self.path = path
        self.root = root
        self._lock = lock(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock; the folder stays."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def finish(self, record: Record) -> None:
        """Write the record as it stands; the last one written is the run's."""
        self.write(RECORD_FILE, record_to_json(record))

    def discard(self) -> None:
        """Undo a first attempt that the call itself made impossible; earlier work stays."""
        leftovers = {RECORD_FILE, RECIPE_FILE, TASK_FILE, HISTORY_FILE, LOCK_FILE}
        if {entry.name for entry in self.path.iterdir()} <= leftovers:
            for name in leftovers:
                (self.path / name).unlink(missing_ok=True)
            self.path.rmdir()

    def write(self, name: str, data: bytes | str) -> None:
        """Write a file of the run atomically, with disk errors in words."""
        assert self._lock is not None, "the run folder is closed"
        with explained(self.root):
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(target, data)

    def append_history(self, row: Mapping[str, Any]) -> None:
        """Add one epoch's figures; survives the death of the process right after."""
        line = _history_line(row).encode()
        with explained(self.root), (self.path / HISTORY_FILE).open("ab+") as file:
            end = file.seek(0, os.SEEK_END)
            if end and not _ends_in_newline(file):
                line = b"\n" + line
            file.write(line)

    def read_history(self, *, limit_epoch: int | None = None) -> list[HistoryRow]:
        """The rows up to and with `limit_epoch`; lines torn by a killed process are left out."""
        return read_history(self.path, limit_epoch=limit_epoch)

    def rewrite_history(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the history, as a resumed run does with the rows up to its checkpoint."""
        self.write(HISTORY_FILE, "".join(map(_history_line, rows)))

    def write_predictions(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Store arrays by name; equal arrays give equal bytes."""
        self.write(PREDICTIONS_FILE, _pack(arrays))

    def read_predictions(self) -> dict[str, np.ndarray]:
        """The arrays that `write_predictions` stored."""
        return read_predictions(self.path)


def lock(path: Path) -> int | None:
    """Take the run's lock or raise a RunLocked that names the process which has it."""
    descriptor = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise RunLocked(
            f"another process is working on run {path.name} (process {owner}); wait for it to "
            "end, or stop it: it leaves a record from which the same command resumes"
        ) from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_history(folder: Path, *, limit_epoch: int | None = None) -> list[HistoryRow]:
    """A run's history; lines torn by a killed process are left out, repeated epochs replaced."""
    path = folder / HISTORY_FILE
    if not path.exists():
        return []
    rows: dict[int, HistoryRow] = {}
    for line in path.read_bytes().splitlines():
        row = _parse_line(line)
        if row is not None and (limit_epoch is None or row["epoch"] <= limit_epoch):
            rows[row["epoch"]] = row
    return [rows[epoch] for epoch in sorted(rows)]


def read_predictions(folder: Path) -> dict[str, np.ndarray]:
    """A run's predictions; a DataError names the file when it is missing or damaged."""
    import numpy as np

    path = folder / PREDICTIONS_FILE
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise DataError(
            f"run {folder.name} has no predictions: '{path}' is missing; run it again with --fresh"
        ) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"the predictions of run {folder.name} cannot be read from '{path}': {error}; "
            "run it again with --fresh"
        ) from error


def _pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An npz as numpy writes it, but with fixed order and time stamps."""
    from numpy.lib import format as npy

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                npy.write_array(file, arrays[name], allow_pickle=False)
    return buffer.getvalue()


def _history_line(row: Mapping[str, Any]) -> str:
    plain = {key: _finite_or_none(value) for key, value in row.items()}
    assert isinstance(plain.get("epoch"), int), "a history row needs its epoch"
    return json.dumps(plain, allow_nan=False) + "\n"


def _finite_or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parse_line(line: bytes) -> HistoryRow | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    if isinstance(row, dict) and isinstance(row.get("epoch"), int):
        return row
    return None


def _ends_in_newline(file: io.BufferedRandom) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
