"""The `cnn1d` backbone: convolutions over time, the bands as channels."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import nn

from emobench.api import Context, Features
from emobench_speech.frames import AsFrames, input_shape
from emobench_speech.options import Cnn1dOptions


def pool_frames(maps: torch.Tensor, *, pooling: str) -> torch.Tensor:
    """One value a channel over all frames, or two (mean, then maximum) for `avgmax`."""
    if pooling == "avg":
        return maps.mean(dim=-1)
    if pooling == "max":
        return maps.amax(dim=-1)
    return torch.cat([maps.mean(dim=-1), maps.amax(dim=-1)], dim=1)


def block(before: int, after: int, *, stride: int, options: Cnn1dOptions) -> nn.Sequential:
    """Convolution, batch norm, ReLU, halving of the frames (never below one), dropout.

    In another `order` the halving still comes before dropout, or last where dropout comes first.
    """
    norm = nn.BatchNorm1d(after, momentum=options.norm_momentum) if options.batch_norm else None
    parts = {"norm": norm, "relu": nn.ReLU(), "dropout": nn.Dropout(options.dropout)}
    following: list[nn.Module | None] = [parts[name] for name in options.order.split("-")]
    superfluous = options.batch_norm and following[0] is norm
    convolution = nn.Conv1d(
        before,
        after,
        options.kernel,
        stride=stride,
        padding=options.kernel // 2,
        bias=not superfluous,
    )
    place = following.index(parts["dropout"]) or len(following)
    following.insert(place, nn.MaxPool1d(2, ceil_mode=True))
    return nn.Sequential(convolution, *(part for part in following if part is not None))


class Cnn1d(nn.Module):
    """Blocks of convolution and pooling over `(batch, bands, frames)`."""

    def __init__(self, options: Cnn1dOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality or "audio"
        bands, _ = input_shape(context, backbone="cnn1d", modality=self.modality, rows=True)
        self.as_frames = AsFrames(context.inputs[self.modality])
        widths = (bands, *options.channels)
        self.blocks = nn.Sequential(
            *(
                block(before, after, stride=options.stride if index == 0 else 1, options=options)
                for index, (before, after) in enumerate(itertools.pairwise(widths))
            )
        )
        self.pooling = options.pooling
        self.width = options.channels[-1] * (2 if options.pooling == "avgmax" else 1)

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)` and the last maps `(batch, channels, frames)`."""
        maps = self.blocks(self.as_frames(inputs[self.modality]))
        return Features(embedding=pool_frames(maps, pooling=self.pooling), maps=maps)
