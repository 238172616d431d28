"""Torch's optimizers, with biases and norm layers decayed or not."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from emobench.api import Context
from emobench_essentials.options import AdamOptions, AdamWOptions, SgdOptions


def parameter_groups(
    model: nn.Module, *, weight_decay: float, decay_norms: bool
) -> list[dict[str, Any]]:
    """Trainable weights in one group, or in two when vectors (biases, norms) are not decayed."""
    trainable = [weights for weights in model.parameters() if weights.requires_grad]
    if decay_norms or not weight_decay:
        return [{"params": trainable, "weight_decay": weight_decay}]
    matrices = [weights for weights in trainable if weights.ndim > 1]
    vectors = [weights for weights in trainable if weights.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


class AdamW:
    """Builds `torch.optim.AdamW`."""

    def __init__(self, options: AdamWOptions, context: Context) -> None:
        self.options = options

    def build(self, model: nn.Module) -> torch.optim.Optimizer:
        """The optimizer over the model's trainable parameters."""
        options = self.options
        groups = parameter_groups(
            model, weight_decay=options.weight_decay, decay_norms=options.decay_norms
        )
        return torch.optim.AdamW(groups, lr=options.lr, betas=options.betas)


class Adam:
    """Builds `torch.optim.Adam`."""

    def __init__(self, options: AdamOptions, context: Context) -> None:
        self.options = options

    def build(self, model: nn.Module) -> torch.optim.Optimizer:
        """The optimizer over the model's trainable parameters."""
        options = self.options
        groups = parameter_groups(
            model, weight_decay=options.weight_decay, decay_norms=options.decay_norms
        )
        return torch.optim.Adam(groups, lr=options.lr, betas=options.betas)


class Sgd:
    """Builds `torch.optim.SGD`."""

    def __init__(self, options: SgdOptions, context: Context) -> None:
        self.options = options

    def build(self, model: nn.Module) -> torch.optim.Optimizer:
        """The optimizer over the model's trainable parameters."""
        options = self.options
        groups = parameter_groups(
            model, weight_decay=options.weight_decay, decay_norms=options.decay_norms
        )
        return torch.optim.SGD(
            groups, lr=options.lr, momentum=options.momentum, nesterov=options.nesterov
        )
