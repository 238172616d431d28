"""A context made by hand, and clips with voice-like harmonics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from emobench.api import Context, Schedule, Stream, TaskFacts


@pytest.fixture
def make_context() -> Callable[..., Context]:
    def make(*, rate: int | None = 16_000, **known: object) -> Context:
        task = TaskFacts(
            name="toy/speakers",
            modalities=("audio",) if rate else ("image",),
            targets=(),
            metric="uar",
            train_items=10,
            rates={"audio": rate} if rate else {},
        )
        schedule = Schedule(epochs=1, updates_per_epoch=1)
        return Context(task=task, stream=Stream(0), schedule=schedule, **known)

    return make


@pytest.fixture
def make_clip() -> Callable[..., np.ndarray]:
    def make(seconds: float = 2.0, *, seed: int = 0, rate: int = 16_000) -> np.ndarray:
        random = np.random.default_rng(seed)
        time = np.arange(int(seconds * rate)) / rate
        pitch = 100 + 20 * seed + 15 * np.sin(2 * np.pi * 3 * time)
        phase = 2 * np.pi * np.cumsum(pitch) / rate
        voice = sum(np.sin(order * phase) / order for order in range(1, 20))
        envelope = np.exp(-(((time - seconds / 2) / 0.4) ** 2))
        noise = 1e-3 * random.standard_normal(len(time))
        return (0.1 * voice * envelope + noise).astype(np.float32)

    return make
