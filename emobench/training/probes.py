"""One training batch once more through the model, in evaluation mode: what its parts show there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, cast

import torch
from torch import nn

from emobench.api import Features, Model, Step

FEWEST_ITEMS = 8
"""Of fewer items nothing is said."""

SAMPLED_VALUES = 512
"""About how many values of a unit are looked at, spread evenly over time or space."""

STILL = 1e-6
"""A unit whose values differ by less than this share of their size says the same of every item."""

ACTIVATIONS = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.PReLU,
    nn.ELU,
    nn.SELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Hardswish,
    nn.Softplus,
    nn.Tanh,
    nn.Sigmoid,
)


@dataclass(kw_only=True)
class Probe:
    """Items of a training batch, and which of them the model told right in training mode."""

    inputs: Mapping[str, torch.Tensor]
    target: str
    truth: torch.Tensor
    right: torch.Tensor
    units: int = 0
    still: int = 0
    shifts: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, step: Step, target: str, *, items: int) -> Self | None:
        """The first items of a step that has been through the model; None where they are few."""
        if target not in step.output or len(step.batch) < FEWEST_ITEMS:
            return None
        truth = step.batch.targets[target][:items].detach()
        truth = truth if truth.ndim == 1 else truth.argmax(dim=1)
        return cls(
            inputs={name: tensor[:items] for name, tensor in step.batch.inputs.items()},
            target=target,
            truth=truth,
            right=step.output[target][:items].detach().argmax(dim=1) == truth,
        )

    def figures(self, model: Model) -> dict[str, float]:
        """Accuracy in both modes, units that say nothing, and how far batch norm is off."""
        was_training = model.training
        model.eval()
        try:
            with torch.no_grad(), self._listening(model):
                output = model(self.inputs)
        finally:
            model.train(was_training)
        right = output[self.target].argmax(dim=1) == self.truth
        figures = {
            "batch_accuracy_in_training": float(self.right.float().mean()),
            "batch_accuracy_in_evaluation": float(right.float().mean()),
        }
        if self.units:
            figures["dead_units"] = self.still / self.units
        if self.shifts:
            figures["norm_shift"] = max(self.shifts)
        return figures

    @contextmanager
    def _listening(self, model: Model) -> Iterator[None]:
        handles: list[Any] = []
        for part in model.modules():
            if isinstance(part, ACTIVATIONS):
                handles.append(part.register_forward_hook(self._hear_activation))
            elif isinstance(part, nn.modules.batchnorm._BatchNorm):
                handles.append(part.register_forward_pre_hook(self._hear_norm))
        backbone = getattr(model, "backbone", None)
        if isinstance(backbone, nn.Module):
            handles.append(backbone.register_forward_hook(self._hear_embedding))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hear_activation(self, _part: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, torch.Tensor) and output.ndim >= 2:
            self._count(output)

    def _hear_embedding(self, _part: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Features):
            self._count(output.embedding)

    def _count(self, values: torch.Tensor) -> None:
        low, high = torch.aminmax(sampled_values(values), dim=1)
        size = torch.maximum(low.abs(), high.abs()).clamp_min(1.0)
        self.units += int(low.numel())
        self.still += int(((high - low) <= STILL * size).sum())

    def _hear_norm(self, part: nn.Module, inputs: tuple[object, ...]) -> None:
        values = inputs[0]
        norm = cast(nn.BatchNorm1d, part)
        if not isinstance(values, torch.Tensor) or norm.running_mean is None:
            return
        assert norm.running_var is not None, "both figures are kept, or none"
        variance, mean = torch.var_mean(sampled_values(values).float(), dim=1, correction=0)
        spread = (norm.running_var + norm.eps).sqrt()
        off = (mean - norm.running_mean) / spread
        ratio = (variance + norm.eps).sqrt() / spread
        shifts = (off.square() + ratio.clamp(1e-6, 1e6).log().square()).sqrt()
        self.shifts.append(float(shifts.median()))  # a few dead channels are another matter


def sampled_values(values: torch.Tensor) -> torch.Tensor:
    """Some values of every unit `(units, values)`, side by side; all where there are few."""
    flat = values.flatten(2) if values.ndim > 2 else values.unsqueeze(2)
    stride = max(1, flat.shape[0] * flat.shape[2] // SAMPLED_VALUES)
    return flat[:, :, ::stride].transpose(0, 1).flatten(1)


def dropout_kept(model: Model) -> float:
    """The share of a signal that dropout leaves, were all its layers on one way."""
    kept = 1.0
    for part in model.modules():
        if isinstance(part, nn.modules.dropout._DropoutNd):
            kept *= 1 - part.p
        elif isinstance(part, nn.RNNBase) and part.num_layers > 1:
            kept *= (1 - part.dropout) ** (part.num_layers - 1)
    return kept if math.isfinite(kept) else 0.0
