"""Heads: from the embedding to one target's logits."""

from __future__ import annotations

import torch
from torch import nn

from emobench.api import Context, Features, NoOptions
from emobench_essentials.layers import dense_layers, dropout_shares
from emobench_essentials.options import MlpOptions


class LinearHead(nn.Module):
    """One linear layer."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__()
        assert context.target is not None, "a head needs its target"
        self.output = nn.Linear(context.width, context.target.width)

    def forward(self, features: Features) -> torch.Tensor:
        """Logits `(batch, target.width)`."""
        logits: torch.Tensor = self.output(features.embedding)
        return logits


class MlpHead(nn.Module):
    """Hidden layers, then a linear one."""

    def __init__(self, options: MlpOptions, context: Context) -> None:
        super().__init__()
        assert context.target is not None, "a head needs its target"
        self.hidden = dense_layers(
            context.width,
            hidden=options.hidden,
            dropout=dropout_shares(options.dropout, layers=len(options.hidden)),
            batch_norm=options.batch_norm,
            norm_momentum=options.norm_momentum,
            order=options.order,
        )
        self.output = nn.Linear(options.hidden[-1], context.target.width)

    def forward(self, features: Features) -> torch.Tensor:
        """Logits `(batch, target.width)`."""
        logits: torch.Tensor = self.output(self.hidden(features.embedding))
        return logits
