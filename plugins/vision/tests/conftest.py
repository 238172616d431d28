"""A context made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emobench.api import Context, Schedule, Stream, TaskFacts


@pytest.fixture
def make_context() -> Callable[..., Context]:
    def make(*, modality: str = "image", **known: object) -> Context:
        task = TaskFacts(
            name="toy/subjects", modalities=(modality,), targets=(), metric="uar", train_items=10
        )
        schedule = Schedule(epochs=1, updates_per_epoch=1)
        return Context(task=task, stream=Stream(0), schedule=schedule, modality=modality, **known)

    return make
