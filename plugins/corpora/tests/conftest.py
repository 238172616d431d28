"""Tiny corpora on disk, and datasets opened over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from emobench.api import DatasetContext
from emobench.registry import load_registry

Write = Callable[..., Path]
Open = Callable[..., Any]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write one clip below the data root; equal `seed`s make equal clips."""

    def call(
        name: str,
        *,
        seed: int | None = None,
        rate: int = 16_000,
        seconds: float = 0.1,
        channels: int = 1,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # A seed by name, the same in every process.
        drawn = np.random.default_rng(list(name.encode()) if seed is None else seed)
        samples = 0.1 * drawn.standard_normal((int(rate * seconds), channels))
        soundfile.write(path, samples, rate)
        return path

    return call


@pytest.fixture
def open_corpus(tmp_path: Path) -> Open:
    """The dataset of that name over the data root."""

    def call(name: str, *, root: Path | None = None, **options: Any) -> Any:
        entry = load_registry().get("dataset", name)
        context = DatasetContext(data_root=str(root or tmp_path))
        return entry.build(entry.component.options(**options), context)

    return call
