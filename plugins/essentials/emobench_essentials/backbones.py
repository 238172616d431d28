"""The `dense` backbone: all inputs in one row."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn

from emobench.api import Context, Features
from emobench_essentials.layers import dense_layers, dropout_shares
from emobench_essentials.options import DenseOptions


class Dense(nn.Module):
    """Flattens every modality, joins them in the task's order, and stacks linear layers."""

    def __init__(self, options: DenseOptions, context: Context) -> None:
        super().__init__()
        self.modalities = tuple(context.inputs)
        values = sum(math.prod(shape) for shape in context.inputs.values())
        self.normalise = (
            nn.BatchNorm1d(values, momentum=options.norm_momentum)
            if options.batch_norm
            else nn.Identity()
        )
        self.layers = dense_layers(
            values,
            hidden=options.hidden,
            dropout=dropout_shares(options.dropout, layers=len(options.hidden)),
            batch_norm=options.hidden_batch_norm,
            norm_momentum=options.norm_momentum,
            order=options.order,
        )
        self.width = options.hidden[-1]

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)`."""
        rows = torch.cat([inputs[name].flatten(1) for name in self.modalities], dim=1)
        return Features(embedding=self.layers(self.normalise(rows)))
