"""The model of a run: one backbone, a head for every target."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from emobench.api import Features


class EmotionModel(nn.Module):
    """Inputs by modality to logits by target."""

    def __init__(self, backbone: nn.Module, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.backbone = backbone
        self.heads = nn.ModuleDict(heads)

    def features(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """What the backbone gives."""
        features: Features = self.backbone(inputs)
        return features

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Logits `(batch, target.width)` by target."""
        features = self.features(inputs)
        return {target: head(features) for target, head in self.heads.items()}


def count_parameters(model: nn.Module) -> int:
    """How many trainable numbers the model holds."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def count_flops(model: nn.Module, inputs: Mapping[str, torch.Tensor]) -> int | None:
    """Floating-point operations of one forward pass, or None where torch cannot count them."""
    from torch.utils.flop_counter import FlopCounterMode

    was_training = model.training
    model.eval()
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(inputs)
    except (RuntimeError, NotImplementedError):
        return None
    finally:
        model.train(was_training)
    return int(counter.get_total_flops())
