"""What each item looks or sounds like, and which items are near-duplicates; kept beside the cache.

Fingerprints are taken of decoded items, so that no frontend is needed and none can hide a copy.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emobench.api import Dataset, Items
from emobench.data.near_audio import near_clips, sketch_audio
from emobench.data.near_images import near_images, sketch_image
from emobench.data.near_tables import near_table_rows
from emobench.data.prepared import BATCH, DECODERS, UNREADABLE, Progress
from emobench.recipes.identity import identity
from emobench.sources import code_digest

FORMAT = 1
"""Rises when the kept file changes in shape or meaning."""

LOOKS = tuple(
    f"emobench.data.{name}" for name in ("near_audio", "near_images", "near_tables", "neighbours")
)


@dataclass(frozen=True, kw_only=True)
class Fingerprints:
    """A digest of each item's content, empty where unreadable, and near-duplicates `(pairs, 2)`."""

    modality: str
    digests: tuple[str, ...]
    pairs: np.ndarray
    seconds: float = 0.0
    from_cache: bool = False


def take_fingerprints(
    dataset: Dataset,
    items: Items,
    *,
    modality: str,
    data: str,
    cache: Path,
    progress: Progress | None = None,
) -> Fingerprints:
    """Fingerprints of all items in one modality, from the cache when they are there.

    `data` is the caller's hash of the items and of the code that decodes them.
    """
    started = time.monotonic()
    key = identity(
        format=FORMAT,
        data=data,
        modality=modality,
        rates=dict(dataset.rates),
        ids=hashlib.blake2b("\n".join(items.ids).encode(), digest_size=16).hexdigest(),
        code=code_digest(*LOOKS),
    )
    path = cache / f"fingerprints-{key}.npz"
    known = _read(path, items, modality)
    if known is not None:
        return known
    digests, sketches = [], []
    for digest, sketch in _looked_at(dataset, len(items), modality, progress):
        digests.append(digest)
        sketches.append(sketch)
    taken = Fingerprints(
        modality=modality,
        digests=tuple(digests),
        pairs=find_near(sketches, modality=modality),
        seconds=time.monotonic() - started,
    )
    # An audit needs no cache: where none can be written, the next one looks again.
    with suppress(OSError):
        _write(path, taken)
    return taken


def sketch(item: np.ndarray, *, modality: str, rate: int = 0) -> np.ndarray | None:
    """What is compared of a decoded item; None where there is nothing to see or hear."""
    if modality == "audio":
        return sketch_audio(item, rate=rate)
    if modality == "image":
        return sketch_image(item)
    return np.asarray(item, dtype=np.float32).ravel()


def find_near(sketches: list[np.ndarray | None], *, modality: str) -> np.ndarray:
    """Pairs of positions `(pairs, 2)` of near-duplicates, the lower first."""
    places = np.array([i for i, one in enumerate(sketches) if one is not None], dtype=np.int64)
    shown = [one for one in sketches if one is not None]
    if len(shown) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    if modality == "audio":
        pairs = near_clips(shown)
    elif modality == "image":
        pairs = near_images(np.stack(shown))
    else:
        pairs = near_table_rows(np.stack(shown))
    return np.sort(places[pairs], axis=1)


def _looked_at(
    dataset: Dataset, count: int, modality: str, progress: Progress | None
) -> Iterator[tuple[str, np.ndarray | None]]:
    """Digest and sketch of each item in turn; an unreadable one has neither."""

    def look(index: int) -> tuple[str, np.ndarray | None]:
        try:
            item = np.asarray(dataset.load(index)[modality])
        except UNREADABLE:
            return "", None
        if not item.size or not np.isfinite(item).all():
            return "", None
        digest = hashlib.blake2b(np.ascontiguousarray(item).tobytes(), digest_size=16)
        digest.update(f"{item.dtype}{item.shape}".encode())
        rate = dataset.rates.get(modality, 16_000)
        return digest.hexdigest(), sketch(item, modality=modality, rate=rate)

    with ThreadPoolExecutor(max_workers=DECODERS) as pool:
        for start in range(0, count, BATCH):
            stop = min(start + BATCH, count)
            yield from pool.map(look, range(start, stop))
            if progress is not None:
                progress(stop, count)


def _read(path: Path, items: Items, modality: str) -> Fingerprints | None:
    """The kept fingerprints, or None where there are none that are whole and fit."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            digests = tuple(kept["digests"].tolist())
            pairs = kept["pairs"].astype(np.int64).reshape(-1, 2)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if len(digests) != len(items) or (len(pairs) and pairs.max() >= len(items)):
        return None
    return Fingerprints(modality=modality, digests=digests, pairs=pairs, from_cache=True)


def _write(path: Path, taken: Fingerprints) -> None:
    """Write beside the place and rename into it: there is a whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez(content, digests=np.array(taken.digests, dtype="U32"), pairs=taken.pairs)
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.getvalue())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
