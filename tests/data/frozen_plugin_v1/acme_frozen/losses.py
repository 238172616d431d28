"""The `powered` loss."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn


class Powered(nn.Module):
    """Mean over items of |softmax(logits) - target| ** power, summed over classes."""

    kinds: ClassVar = frozenset({"class", "distribution"})

    def __init__(self, options, context):
        super().__init__()
        self.power = options.power

    def forward(self, logits, targets, weights=None):
        if targets.ndim == 1:
            targets = torch.nn.functional.one_hot(targets, logits.shape[1]).to(logits.dtype)
        losses = (logits.softmax(dim=1) - targets).abs().pow(self.power).sum(dim=1)
        return losses.mean() if weights is None else (losses * weights).mean()
