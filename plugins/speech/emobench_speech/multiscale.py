"""The `multiscale` backbone: parallel convolutions, squeeze-excitation, LSTM layers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import nn

from emobench.api import Context, Features
from emobench_speech.backbone_options import MultiscaleOptions
from emobench_speech.frames import (
    AsFrames,
    HalvingBlock,
    RecurrentLayers,
    SequenceReader,
    input_shape,
)

FEWEST_HIDDEN = 4


class SqueezeExcitation(nn.Module):
    """Weighs channels by what the whole clip says: x · sigmoid(W2 relu(W1 mean(x)))."""

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        hidden = max(FEWEST_HIDDEN, channels // reduction)
        self.squeeze = nn.Linear(channels, hidden)
        self.excite = nn.Linear(hidden, channels)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps `(batch, channels, frames)` to maps of that shape."""
        weights: torch.Tensor = self.excite(self.squeeze(maps.mean(dim=-1)).relu()).sigmoid()
        return maps * weights.unsqueeze(-1)


class Multiscale(nn.Module):
    """Blocks over `(batch, bands, frames)`, read by LSTM layers."""

    def __init__(self, options: MultiscaleOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality or "audio"
        bands, _ = input_shape(context, backbone="multiscale", modality=self.modality, rows=True)
        self.as_frames = AsFrames(context.inputs[self.modality])
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise((bands, *options.channels)):
            layers += [
                HalvingBlock(before, after, kernels=options.kernels),
                SqueezeExcitation(after, reduction=options.reduction),
                nn.Dropout(options.dropout),
            ]
        self.blocks = nn.Sequential(*layers)
        recurrent = RecurrentLayers(
            options.channels[-1], options.recurrent, bidirectional=True, dropout=options.dropout
        )
        self.reader = SequenceReader(recurrent, pooling=options.pooling)
        self.width = self.reader.width

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)` and the LSTM's states `(batch, width, frames)`."""
        embedding, states = self.reader(self.blocks(self.as_frames(inputs[self.modality])))
        return Features(embedding=embedding, maps=states)
