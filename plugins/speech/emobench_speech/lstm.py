"""The `lstm` backbone: LSTM layers over the frames."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from emobench.api import Context, Features
from emobench_speech.backbone_options import LstmOptions
from emobench_speech.frames import (
    AsFrames,
    RecurrentLayers,
    SequenceReader,
    input_shape,
    join_frames,
)


class Lstm(nn.Module):
    """LSTM layers over `(batch, bands, frames)`."""

    def __init__(self, options: LstmOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality or "audio"
        bands, _ = input_shape(context, backbone="lstm", modality=self.modality, rows=True)
        self.as_frames = AsFrames(context.inputs[self.modality])
        self.join = options.join
        layers = RecurrentLayers(
            bands * options.join,
            options.units,
            bidirectional=options.bidirectional,
            dropout=options.dropout,
        )
        self.reader = SequenceReader(layers, pooling=options.pooling)
        self.width = self.reader.width

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)` and the last layer's states `(batch, width, frames)`."""
        frames = join_frames(self.as_frames(inputs[self.modality]), count=self.join)
        embedding, states = self.reader(frames)
        return Features(embedding=embedding, maps=states)
