"""The prepared cache: every item decoded and turned into features once, in a memory-mapped array.

Built beside its place and renamed into it, under a lock: there is a whole cache or none.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import numpy as np

from emobench.api import DataError, Dataset, Frontend, Items, PluginError

CACHE_VARIABLE = "EMOBENCH_CACHE"
FORMAT = 1
"""Rises when the files of a cache folder change in shape or meaning."""

BATCH = 64
DECODERS = min(4, os.cpu_count() or 1)
UNREADABLE_SHARE = 0.05
UNREADABLE_COUNT = 3
"""More unreadable items than both of these allow are a fault of the data set, not of the items."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
UNREADABLE = (DataError, OSError, ValueError, RuntimeError, EOFError)
"""What a decoder raises at a broken file."""

LOCK_POLL_S = 0.5
"""Whoever waits for another process's build shows as often that it lives, and may be stopped."""

Progress = Callable[[int, int], None]
"""Called with the items done and the items in all; while another process builds, with none done."""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """An item that cannot be read, and why."""

    id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Features `(items, *shape)`, read-only; rows that are not `usable` hold zeros."""

    features: np.memmap
    usable: np.ndarray
    skipped: tuple[Skipped, ...]
    seconds: float
    from_cache: bool


@dataclass(frozen=True, kw_only=True)
class _Meta:
    """What `meta.json` says of the array beside it."""

    format: int
    shape: list[int]
    ids: str
    size: int
    skipped: list[list[str]]


def default_cache() -> Path:
    """The cache folder: `EMOBENCH_CACHE`, or one below the user's cache folder."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "emobench"


def prepare(
    dataset: Dataset,
    items: Items,
    *,
    frontend: Frontend,
    key: str,
    cache: Path,
    progress: Progress | None = None,
) -> Prepared:
    """The features of all items, from the cache below `key` or built into it.

    `key` is the caller's hash of everything the features depend on: the data's fingerprint, the
    frontend's options and the versions of the code.
    """
    started = time.monotonic()
    if frontend.modality not in dataset.modalities:
        raise DataError(
            f"the frontend takes {frontend.modality}, the dataset gives "
            f"{' and '.join(dataset.modalities)}; choose a frontend for that"
        )
    if not len(items):
        raise DataError("the dataset is empty: it holds no item to prepare")
    shape = (len(items), *frontend.shape())
    place = cache / key
    found = _read(place, items, shape)
    built = False
    if found is None:

        def waiting() -> None:
            if progress is not None:
                progress(0, len(items))

        with _room_for(cache, shape), _locked(cache, key, waiting=waiting):
            # Another process may have built it while this one waited for the lock.
            found = _read(place, items, shape)
            if found is None:
                _build(place, dataset, items, frontend=frontend, progress=progress)
                found, built = _read(place, items, shape), True
    assert found is not None, "a cache that was just built must be readable"
    features, skipped = found
    lost = {entry.id for entry in skipped}
    return Prepared(
        features=features,
        usable=np.array([name not in lost for name in items.ids]),
        skipped=skipped,
        seconds=time.monotonic() - started,
        from_cache=not built,
    )


def _read(
    place: Path, items: Items, shape: tuple[int, ...]
) -> tuple[np.memmap, tuple[Skipped, ...]] | None:
    """The cached array, or None where there is none, or none that is whole and fits."""
    try:
        meta = _Meta(**json.loads((place / "meta.json").read_text(encoding="utf-8")))
        expected = (FORMAT, list(shape), _ids_digest(items))
        if (meta.format, meta.shape, meta.ids) != expected:
            return None
        path = place / "features.npy"
        if path.stat().st_size != meta.size:
            return None
        features = np.load(path, mmap_mode="r", allow_pickle=False)
        if features.shape != shape or features.dtype != np.float32:
            return None
        skipped = tuple(Skipped(id=name, reason=reason) for name, reason in meta.skipped)
    except (OSError, ValueError, TypeError, EOFError):
        return None
    assert isinstance(features, np.memmap)
    return features, skipped


def _ids_digest(items: Items) -> str:
    return hashlib.blake2b(json.dumps(items.ids).encode(), digest_size=16).hexdigest()


@contextmanager
def _room_for(cache: Path, shape: tuple[int, ...]) -> Iterator[None]:
    """Word what a full disk or a forbidden folder means."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            needed = max(0.1, 4 * int(np.prod(shape)) / 2**20)
            raise DataError(
                f"no room in the cache folder {cache}: the prepared features need {needed:.1f} MiB "
                f"({error.strerror}); free some space, or set {CACHE_VARIABLE} to another folder"
            ) from error
        raise DataError(
            f"the cache folder {cache} cannot be used: {error.strerror or error}; set "
            f"{CACHE_VARIABLE} to a folder that can be written"
        ) from error


@contextmanager
def _locked(cache: Path, key: str, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the key's lock, alone among processes; its file is gone afterwards.

    While another holds it, `waiting` is called every so often, and may end the wait by raising.
    """
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{key}.lock"
    while True:
        with path.open("w") as file:
            while not _lock(file):
                waiting()
                time.sleep(LOCK_POLL_S)
            if not _is_same_file(path, file):
                # Its holder removed it while this process waited: that lock guards nothing now.
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _lock(file: IO[str]) -> bool:
    """Whether the lock is this process's now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_same_file(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _build(
    place: Path, dataset: Dataset, items: Items, *, frontend: Frontend, progress: Progress | None
) -> None:
    """Build the cache folder and move it into place; what a killed build left goes first."""
    for leftover in place.parent.glob(f"{place.name}.building-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{place.name}.building-", dir=place.parent))
    try:
        path = folder / "features.npy"
        skipped = _write_features(path, dataset, items, frontend=frontend, progress=progress)
        _refuse_too_many(skipped, items)
        meta = _Meta(
            format=FORMAT,
            shape=[len(items), *frontend.shape()],
            ids=_ids_digest(items),
            size=path.stat().st_size,
            skipped=[[entry.id, entry.reason] for entry in skipped],
        )
        (folder / "meta.json").write_text(json.dumps(asdict(meta)), encoding="utf-8")
        if place.exists():
            shutil.rmtree(place)
        folder.chmod(0o755)
        folder.replace(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_features(
    path: Path, dataset: Dataset, items: Items, *, frontend: Frontend, progress: Progress | None
) -> list[Skipped]:
    """Write the array batch by batch, plainly: a memory map on a full disk would kill us."""
    shape = (len(items), *frontend.shape())
    skipped: list[Skipped] = []
    done = 0
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.flush()
        os.posix_fallocate(file.fileno(), 0, file.tell() + 4 * int(np.prod(shape)))
        for batch in _decoded(dataset, items, frontend.modality):
            rows = _rows(batch, frontend)
            for offset, row in enumerate(rows):
                if isinstance(row, str):
                    skipped.append(Skipped(id=items.ids[done + offset], reason=row))
                    row = np.zeros(shape[1:], dtype=np.float32)
                file.write(row.astype("<f4", copy=False).tobytes())
            done += len(rows)
            if progress is not None:
                progress(done, len(items))
        file.flush()
        os.fsync(file.fileno())
    return skipped


def _decoded(dataset: Dataset, items: Items, modality: str) -> Iterator[list[np.ndarray | str]]:
    """Batches of decoded items, or of reasons why not; the next one is decoded meanwhile."""
    count = len(items)

    def decode(index: int) -> np.ndarray | str:
        try:
            item = np.asarray(dataset.load(index)[modality])
        except UNREADABLE as error:
            return _reason(error, items.ids[index])
        if not item.size:
            return "holds nothing once decoded"
        if not np.isfinite(item).all():
            return "holds samples that are not finite numbers"
        return item

    starts = range(0, count, BATCH)
    with ThreadPoolExecutor(max_workers=DECODERS) as pool:
        waiting = pool.map(decode, range(min(BATCH, count)))
        for start in starts:
            current = list(waiting)
            following = start + BATCH
            waiting = pool.map(decode, range(following, min(following + BATCH, count)))
            yield current


def _reason(error: Exception, item: str) -> str:
    """Why an item cannot be read, without its path: records are shown and must name no machine."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    named = re.match(rf".*?{re.escape(item)}[^:\s]*: ", text)
    return (text[named.end() :] if named else text) or type(error).__name__


def _rows(batch: Sequence[np.ndarray | str], frontend: Frontend) -> list[np.ndarray | str]:
    """One row of features an item; a reason where there is none."""
    good = [item for item in batch if not isinstance(item, str)]
    if not good:
        return list(batch)
    tensor = frontend.apply(good)
    if tuple(tensor.shape) != (len(good), *frontend.shape()):
        raise PluginError(
            f"frontend {type(frontend).__name__} promised {(len(good), *frontend.shape())} and "
            f"gave {tuple(tensor.shape)}: a fault of the plugin it comes from"
        )
    features = iter(np.asarray(tensor.detach().cpu().numpy(), dtype=np.float32))
    rows = [item if isinstance(item, str) else next(features) for item in batch]
    return [
        row
        if isinstance(row, str) or np.isfinite(row).all()
        else "gives features that are not finite numbers"
        for row in rows
    ]


def _refuse_too_many(skipped: Sequence[Skipped], items: Items) -> None:
    count, total = len(skipped), len(items)
    few = count <= UNREADABLE_COUNT or count <= UNREADABLE_SHARE * total
    if count < total and few:
        return
    shown = "; ".join(f"{entry.id} ({entry.reason})" for entry in skipped[:3])
    raise DataError(
        f"{count} of {total} items cannot be read, too many to leave out: {shown}"
        + ("; …" if count > 3 else "")
        + ". Mend or remove them"
    )
