"""The `spectrogram_resnet` backbone: a small residual network over a spectrogram as a picture."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import nn

from emobench.api import Context, Features
from emobench_speech.backbone_options import SpectrogramResnetOptions
from emobench_speech.frames import input_shape


def pool_places(maps: torch.Tensor, *, pooling: str) -> torch.Tensor:
    """One value a channel over bands and frames, or two (mean, then maximum) for `avgmax`."""
    if pooling == "avg":
        return maps.mean(dim=(2, 3))
    if pooling == "max":
        return maps.amax(dim=(2, 3))
    return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)


def convolution(before: int, after: int, *, kernel: int, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps the sides but for its stride; batch norm follows, so no bias."""
    return nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, bias=False)


class ResidualBlock(nn.Module):
    """relu(shortcut(x) + norm(conv(drop(relu(norm(conv(x))))))), He et al. 2016, figure 2."""

    def __init__(self, before: int, after: int, *, stride: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(before, after, kernel=3, stride=stride),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Dropout2d(dropout),
            convolution(after, after, kernel=3),
            nn.BatchNorm2d(after),
        )
        changes = stride != 1 or before != after
        self.shortcut = (
            nn.Sequential(
                convolution(before, after, kernel=1, stride=stride), nn.BatchNorm2d(after)
            )
            if changes
            else nn.Identity()
        )

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps `(batch, before, bands, frames)` to maps with both sides divided by the stride."""
        added: torch.Tensor = self.body(maps) + self.shortcut(maps)
        return added.relu_()


class SpectrogramResnet(nn.Module):
    """Stages of residual blocks over `(batch, bands, frames)` taken as one channel."""

    def __init__(self, options: SpectrogramResnetOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality or "audio"
        input_shape(context, backbone="spectrogram_resnet", modality=self.modality)
        first = options.channels[0]
        self.stem = nn.Sequential(
            convolution(1, first, kernel=5, stride=2), nn.BatchNorm2d(first), nn.ReLU(inplace=True)
        )
        self.stages = nn.Sequential(
            *(
                ResidualBlock(
                    before if index == 0 else after,
                    after,
                    stride=2 if stage and index == 0 else 1,
                    dropout=options.dropout,
                )
                for stage, (before, after) in enumerate(
                    itertools.pairwise((first, *options.channels))
                )
                for index in range(options.blocks)
            )
        )
        self.pooling = options.pooling
        self.width = options.channels[-1] * (2 if options.pooling == "avgmax" else 1)

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)` and the last maps `(batch, channels, bands, frames)`."""
        maps = self.stages(self.stem(inputs[self.modality].unsqueeze(1)))
        return Features(embedding=pool_places(maps, pooling=self.pooling), maps=maps)
