"""Contexts and runs made by hand: no loop, no data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from emobench.api import Context, RunState, Schedule, Stream, Target, TaskFacts

EMOTION = Target(name="emotion", kind="class", classes=("angry", "happy", "sad", "calm"))


@pytest.fixture
def make_context() -> Callable[..., Context]:
    def make(
        *,
        target: Target = EMOTION,
        counts: tuple[int, ...] = (40, 20, 10, 10),
        epochs: int = 10,
        updates: int = 7,
        **known: object,
    ) -> Context:
        task = TaskFacts(
            name="toy/random",
            modalities=("table",),
            targets=(target,),
            metric="uar",
            train_items=sum(counts),
            class_counts={target.name: counts},
        )
        schedule = Schedule(epochs=epochs, updates_per_epoch=updates)
        return Context(
            task=task, stream=Stream(0), schedule=schedule, **{"target": target, **known}
        )

    return make


@pytest.fixture
def make_run(make_context: Callable[..., Context]) -> Callable[..., RunState]:
    def make(model: nn.Module | None = None, *, lr: float = 0.1, **known: object) -> RunState:
        context = make_context(**known)
        model = model or nn.Linear(3, 4)
        return RunState(
            task=context.task,
            stream=context.stream,
            schedule=context.schedule,
            device=torch.device("cpu"),
            model=model,
            losses={},
            optimizer=torch.optim.SGD(model.parameters(), lr=lr),
            scheduler=None,
        )

    return make


@pytest.fixture
def through_a_checkpoint() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A state as a resumed run gets it: written as text, read back, none of its objects shared."""

    def write_and_read(state: dict[str, Any]) -> dict[str, Any]:
        restored: dict[str, Any] = json.loads(json.dumps(state))
        return restored

    return write_and_read
