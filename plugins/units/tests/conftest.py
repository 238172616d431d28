"""Contexts made by hand, and OpenFace files as it writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from emobench.api import Context, Schedule, Stream, TaskFacts

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
COLUMNS = (
    *(f"AU{unit:02d}_r" for unit in UNITS),
    *(f"AU{unit:02d}_c" for unit in (*UNITS[:16], 28, 45)),
)
"""The action units of OpenFace 2.2 in the order of its output, written out again."""


@pytest.fixture
def make_context() -> Callable[..., Context]:
    def make(*, columns: int = 69) -> Context:
        shape = {"table": (columns,)} if columns else {"audio": (100,)}
        task = TaskFacts(
            name="toy/subjects", modalities=tuple(shape), targets=(), metric="uar", train_items=10
        )
        schedule = Schedule(epochs=1, updates_per_epoch=1)
        return Context(task=task, stream=Stream(0), schedule=schedule, inputs=shape)

    return make


@pytest.fixture
def make_frames() -> Callable[..., np.ndarray]:
    """Frames `(count, 35)` with two decimals, as OpenFace rates them."""

    def make(count: int = 8, *, seed: int = 0) -> np.ndarray:
        random = np.random.default_rng(seed)
        ratings = np.round(random.gamma(1.0, size=(count, 17)), 2)
        return np.concatenate([ratings, random.integers(0, 2, (count, 18))], axis=1)

    return make


@pytest.fixture
def write_openface() -> Callable[..., None]:
    """Write a file as OpenFace's FeatureExtraction does: spaces before every name but the first."""

    def write(
        path: Path,
        frames: np.ndarray,
        *,
        spaced: bool = True,
        columns: Sequence[str] = COLUMNS,
        changes: Mapping[tuple[int, str], str] | None = None,
    ) -> None:
        names = ["frame", "face_id", "timestamp", "confidence", "success", *columns]
        lines = [(", " if spaced else ",").join(names)]
        for number, frame in enumerate(frames, start=1):
            values = [str(number), "0", f"{number / 30:.3f}", "0.98", "1"]
            values += [f"{value:.2f}" for value in frame[: len(columns)]]
            for (line, name), value in (changes or {}).items():
                if line == number:
                    values[names.index(name)] = value
            lines.append((", " if spaced else ",").join(values))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    return write
