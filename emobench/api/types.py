"""The nouns that cross rooms: batches, features, steps, the state of a run. No torch at import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pluggy

from emobench.api.streams import Stream

if TYPE_CHECKING:
    import numpy as np
    import torch

    from emobench.api.contracts import LearningRate, LossFunction, Model

TargetKind = Literal["class", "labels", "distribution", "number"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is predicted: one class, several labels, a distribution over classes, or a number."""

    name: str
    kind: TargetKind
    classes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many logits a head gives for it."""
        return 1 if self.kind == "number" else len(self.classes)


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    """What a component may know of the task: never a test item, never a test label."""

    name: str
    modalities: tuple[str, ...]
    targets: tuple[Target, ...]
    metric: str
    train_items: int
    class_counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    rates: Mapping[str, int] = field(default_factory=dict)

    def target(self, name: str) -> Target:
        """The target of that name."""
        return next(target for target in self.targets if target.name == name)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long training lasts, in updates (optimizer steps)."""

    epochs: int
    updates_per_epoch: int
    steps_per_epoch: int = 0

    @property
    def updates(self) -> int:
        """Updates in the whole of training."""
        return self.epochs * self.updates_per_epoch


@dataclass(frozen=True, kw_only=True)
class Context:
    """What every component is built with, beside its options.

    `inputs` holds the shape of one item by modality, after the frontend. `target` is set for
    heads, losses, post-processors and combiners, `width` (of the embedding) for heads. A combiner
    sees no input and trains nothing: its `inputs` are empty and its `schedule` says nothing.
    """

    task: TaskFacts
    stream: Stream
    schedule: Schedule
    device: str = "cpu"
    modality: str = ""
    inputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    width: int = 0
    target: Target | None = None


@dataclass(slots=True)
class Batch:
    """A micro-batch. A target is class ids `(batch,)` or a distribution `(batch, classes)`.

    `items` are positions in the whole dataset, not in the training set.
    """

    inputs: dict[str, torch.Tensor]
    targets: dict[str, torch.Tensor]
    items: torch.Tensor
    weights: torch.Tensor | None = None

    def __len__(self) -> int:
        return int(self.items.shape[0])


@dataclass(frozen=True, slots=True)
class Features:
    """What a backbone gives: an embedding `(batch, width)` and, where it has them, its maps."""

    embedding: torch.Tensor
    maps: torch.Tensor | None = None


@dataclass(slots=True)
class Step:
    """One micro-batch on its way through the loop; `index` counts within the epoch."""

    batch: Batch
    epoch: int
    index: int
    output: Mapping[str, torch.Tensor] = field(default_factory=dict)
    losses: dict[str, torch.Tensor] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The model's word on a set: raw logits and targets by target name, and metrics of them.

    The truth of the test set is kept from plugins: there `targets` and `metrics` are empty.
    """

    items: np.ndarray
    logits: Mapping[str, np.ndarray]
    targets: Mapping[str, np.ndarray]
    metrics: Mapping[str, float]


@dataclass(kw_only=True)
class RunState:
    """The run as every event sees it. Techniques change `model` in place, never rebind it.

    `epoch`, `step` (within the epoch) and `update` (over the run) count what lies behind. Once
    `finished`, the weights are those to be scored: who swaps in others for `evaluate` stops.
    """

    task: TaskFacts
    stream: Stream
    schedule: Schedule
    device: torch.device
    model: Model
    losses: Mapping[str, LossFunction]
    optimizer: torch.optim.Optimizer
    scheduler: LearningRate
    hooks: pluggy.HookRelay = field(default_factory=pluggy.HookRelay)
    epoch: int = 0
    step: int = 0
    update: int = 0
    stop_reason: str = ""
    finished: bool = False
    logged: dict[str, float] = field(default_factory=dict)

    @property
    def progress(self) -> float:
        """How much of training lies behind, from 0 to 1."""
        return min(1.0, self.update / max(1, self.schedule.updates))

    @property
    def steps_per_epoch(self) -> int:
        """Micro-batches in an epoch."""
        return self.schedule.steps_per_epoch or self.schedule.updates_per_epoch

    def stop(self, reason: str) -> None:
        """Ask the loop to end after this epoch; the first reason given is kept."""
        self.stop_reason = self.stop_reason or reason

    def log(self, name: str, value: float) -> None:
        """Record a number for this epoch's line of the history."""
        self.logged[name] = float(value)
