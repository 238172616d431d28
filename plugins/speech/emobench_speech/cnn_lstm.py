"""The `cnn_lstm` backbone: convolutions that halve the frames, then LSTM layers over the rest."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import nn

from emobench.api import Context, Features
from emobench_speech.backbone_options import CnnLstmOptions
from emobench_speech.frames import (
    AsFrames,
    HalvingBlock,
    RecurrentLayers,
    SequenceReader,
    input_shape,
)


class CnnLstm(nn.Module):
    """Blocks of convolution over `(batch, bands, frames)`, read by LSTM layers."""

    def __init__(self, options: CnnLstmOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality or "audio"
        bands, _ = input_shape(context, backbone="cnn_lstm", modality=self.modality, rows=True)
        self.as_frames = AsFrames(context.inputs[self.modality])
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise((bands, *options.channels)):
            layers += [
                HalvingBlock(before, after, kernels=(options.kernel,)),
                nn.Dropout(options.dropout),
            ]
        self.blocks = nn.Sequential(*layers)
        recurrent = RecurrentLayers(
            options.channels[-1],
            options.units,
            bidirectional=options.bidirectional,
            dropout=options.dropout,
        )
        self.reader = SequenceReader(recurrent, pooling=options.pooling)
        self.width = self.reader.width

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)` and the LSTM's states `(batch, width, frames)`."""
        embedding, states = self.reader(self.blocks(self.as_frames(inputs[self.modality])))
        return Features(embedding=embedding, maps=states)
