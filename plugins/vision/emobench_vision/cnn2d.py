"""The `cnn2d` backbone: small blocks of 3x3 convolutions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import nn

from emobench.api import Context, Features, UsageError
from emobench_vision.options import Cnn2dOptions


def pool_maps(maps: torch.Tensor, *, pooling: str) -> torch.Tensor:
    """One value a channel over all places, or two (mean, then maximum) for `avgmax`."""
    if pooling == "avg":
        return maps.mean(dim=(2, 3))
    if pooling == "max":
        return maps.amax(dim=(2, 3))
    return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)


def block(before: int, after: int, *, convolutions: int, dropout: float) -> nn.Sequential:
    """Convolutions with batch norm and ReLU, halving of both sides (never below one), dropout."""
    layers: list[nn.Module] = []
    for index in range(convolutions):
        channels = before if index == 0 else after
        layers += [
            nn.Conv2d(channels, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.MaxPool2d(2, ceil_mode=True), nn.Dropout(dropout))


class Cnn2d(nn.Module):
    """Blocks over `(batch, channels, height, width)`."""

    def __init__(self, options: Cnn2dOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality or "image"
        shape = context.inputs.get(self.modality, ())
        if len(shape) != 3:
            given = ", ".join(f"{name} {size}" for name, size in context.inputs.items())
            raise UsageError(
                f"backbone 'cnn2d' needs (channels, height, width) of '{self.modality}', but the "
                f"frontend gives {given or 'nothing'}; use an image frontend such as 'pixels'"
            )
        widths = (shape[0], *options.channels)
        self.blocks = nn.Sequential(
            *(
                block(before, after, convolutions=options.convolutions, dropout=options.dropout)
                for before, after in itertools.pairwise(widths)
            )
        )
        self.pooling = options.pooling
        self.width = options.channels[-1] * (2 if options.pooling == "avgmax" else 1)

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)` and the last maps `(batch, channels, height, width)`."""
        maps = self.blocks(inputs[self.modality])
        return Features(embedding=pool_maps(maps, pooling=self.pooling), maps=maps)
