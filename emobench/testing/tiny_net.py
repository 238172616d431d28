"""A tiny net and what trains it: batch norm, dropout, momentum and a moving rate in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import nn
from torch.nn import functional

from emobench.api import (
    API_VERSION,
    Component,
    Components,
    Context,
    Features,
    NoOptions,
    Schedule,
    TargetKind,
)

RATE = 0.1
MOMENTUM = 0.8
NOISE = 0.1


class TinyNet(nn.Module):
    """Mixes the first dimension's channels at every place, and averages over the places."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality
        self.width = context.width
        self.mix = nn.Conv1d(context.inputs[self.modality][0], self.width, 1)
        self.norm = nn.BatchNorm1d(self.width)
        self.dropout = nn.Dropout(0.2)

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)`, and maps where an item has places."""
        values = inputs[self.modality]
        places = values.reshape(len(values), values.shape[1], -1)
        mixed = self.dropout(functional.relu(self.norm(self.mix(places))))
        maps = mixed.reshape(len(values), self.width, *values.shape[2:])
        return Features(embedding=mixed.mean(dim=2), maps=maps if values.ndim > 2 else None)


class TinyHead(nn.Module):
    """One linear layer."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__()
        assert context.target is not None, "a head needs its target"
        self.output = nn.Linear(context.width, context.target.width)

    def forward(self, features: Features) -> torch.Tensor:
        """Logits `(batch, target.width)`."""
        logits: torch.Tensor = self.output(features.embedding)
        return logits


class TinyLoss:
    """Cross entropy, binary cross entropy or squared error, as the target asks."""

    kinds: ClassVar[frozenset[TargetKind]] = frozenset(
        {"class", "labels", "distribution", "number"}
    )

    def __init__(self, options: NoOptions, context: Context) -> None:
        assert context.target is not None, "a loss needs its target"
        self.kind = context.target.kind

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The mean of the items' losses, each times its weight."""
        if self.kind == "number":
            losses = (logits.squeeze(-1) - targets) ** 2
        elif self.kind == "labels":
            losses = functional.binary_cross_entropy_with_logits(
                logits, targets, reduction="none"
            ).mean(dim=1)
        else:
            losses = functional.cross_entropy(logits, targets, reduction="none")
        return (losses if weights is None else losses * weights).mean()


class TinyRule:
    """Gradient descent with momentum, which a resumed run must take up."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        pass

    def build(self, model: nn.Module) -> torch.optim.Optimizer:
        """The optimizer over the model's trainable parameters."""
        trainable = [weights for weights in model.parameters() if weights.requires_grad]
        return torch.optim.SGD(trainable, lr=RATE, momentum=MOMENTUM)


class TinyRate:
    """Rises over the first half of the updates and falls over the second."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        self.schedule: Schedule = context.schedule

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Take the optimizer and set the rate of the first update."""
        self.optimizer = optimizer
        self.after_update(0)

    def after_update(self, update: int) -> None:
        """Set the rate of the next update."""
        middle = self.schedule.updates / 2
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * max(0.1, 1 - abs(update - middle) / middle)

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Nothing changes."""

    def state_dict(self) -> dict[str, Any]:
        """There is none: the rate follows from the count of updates."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Set the rate anew at the next update; the optimizer's own state holds the present one."""


class TinyNoise:
    """Adds noise to a batch, and remembers with which seeds it was called."""

    level: ClassVar[Literal["sample", "batch"]] = "batch"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "any"

    def __init__(self, options: NoOptions, context: Context | None) -> None:
        self.seeds: list[int] = []

    def apply(
        self, inputs: torch.Tensor, *, random: torch.Generator, progress: float
    ) -> torch.Tensor:
        """Noisy inputs."""
        self.seeds.append(random.initial_seed())
        return inputs + NOISE * torch.randn(inputs.shape, generator=random)


def _component(name: str, target: type, summary: str) -> Component:
    return Component(name=name, target=f"{__name__}:{target.__name__}", summary=summary)


components = Components(
    api_version=API_VERSION,
    backbones=[_component("tiny_net", TinyNet, "One layer with batch norm and dropout.")],
    heads=[_component("tiny_head", TinyHead, "One linear layer.")],
    losses=[_component("tiny_loss", TinyLoss, "A loss for each kind of target.")],
    optimizers=[_component("tiny_rule", TinyRule, "Momentum.")],
    schedulers=[_component("tiny_rate", TinyRate, "Up and down.")],
    augmentations=[_component("tiny_noise", TinyNoise, "Noise on a batch.")],
)
"""What the suites train with; no entry point names it, so no recipe can."""
