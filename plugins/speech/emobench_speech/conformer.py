"""The `conformer` backbone: attention and convolution over frames that convolutions thinned out."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from emobench.api import Context, Features
from emobench_speech.backbone_options import ConformerOptions
from emobench_speech.frames import AttentionPooling, input_shape


def half(length: int) -> int:
    """What a convolution of stride 2 and padding 1 leaves of a length."""
    return (length + 1) // 2


def sinusoids(frames: int, *, width: int) -> torch.Tensor:
    """Sines and cosines of each place `(frames, width)` (Vaswani et al. 2017, section 3.5)."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(frames)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


class Subsampling(nn.Module):
    """Two convolutions of stride 2 over bands and frames, then one row of `width` a frame."""

    def __init__(self, bands: int, *, width: int) -> None:
        super().__init__()
        channels = max(1, width // 4)
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.project = nn.Linear(channels * half(half(bands)), width)

    def forward(self, spectrogram: torch.Tensor) -> torch.Tensor:
        """`(batch, bands, frames)` to `(batch, frames / 4, width)`, rounded up."""
        maps = self.convolutions(spectrogram.unsqueeze(1))
        rows: torch.Tensor = self.project(maps.flatten(1, 2).transpose(1, 2))
        return rows


class SelfAttention(nn.Module):
    """Softmax attention of all frames to all frames, in several heads."""

    def __init__(self, width: int, *, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.project_in = nn.Linear(width, 3 * width)
        self.project_out = nn.Linear(width, width)
        self.heads = heads

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames `(batch, frames, width)` to what is added to them."""
        split = self.project_in(self.norm(frames)).unflatten(-1, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value)
        answer: torch.Tensor = self.project_out(found.transpose(1, 2).flatten(2))
        return answer


class FrameConvolution(nn.Module):
    """The conformer's convolution: gate, a kernel of its own for each number, norm, swish."""

    def __init__(self, width: int, *, kernel: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(
            width, width, kernel, padding=kernel // 2, groups=width, bias=False
        )
        self.batch_norm = nn.BatchNorm1d(width)
        self.project = nn.Linear(width, width)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames `(batch, frames, width)` to what is added to them."""
        gated = functional.glu(self.gate(self.norm(frames)), dim=-1)
        seen = self.batch_norm(self.depthwise(gated.transpose(1, 2)))
        answer: torch.Tensor = self.project(functional.silu(seen).transpose(1, 2))
        return answer


def feed_forward(width: int, *, expansion: int) -> nn.Sequential:
    """Layer norm, a wide layer with swish, and back."""
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, expansion * width),
        nn.SiLU(),
        nn.Linear(expansion * width, width),
    )


class ConformerBlock(nn.Module):
    """Half a feed-forward step, attention, convolution, half a feed-forward step, layer norm."""

    def __init__(self, options: ConformerOptions) -> None:
        super().__init__()
        width = options.width
        self.before = feed_forward(width, expansion=options.expansion)
        self.attention = SelfAttention(width, heads=options.heads)
        self.convolution = FrameConvolution(width, kernel=options.kernel)
        self.after = feed_forward(width, expansion=options.expansion)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(options.dropout)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames `(batch, frames, width)` to frames."""
        frames = frames + 0.5 * self.dropout(self.before(frames))
        frames = frames + self.dropout(self.attention(frames))
        frames = frames + self.dropout(self.convolution(frames))
        frames = frames + 0.5 * self.dropout(self.after(frames))
        finished: torch.Tensor = self.norm(frames)
        return finished


class Conformer(nn.Module):
    """Conformer blocks over `(batch, bands, frames)`, after Gulati et al. 2020."""

    places: torch.Tensor

    def __init__(self, options: ConformerOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality or "audio"
        bands, frames = input_shape(context, backbone="conformer", modality=self.modality)
        self.subsampling = Subsampling(bands, width=options.width)
        places = sinusoids(half(half(frames)), width=options.width)
        self.register_buffer("places", places, persistent=False)
        self.dropout = nn.Dropout(options.dropout)
        self.blocks = nn.Sequential(*(ConformerBlock(options) for _ in range(options.blocks)))
        self.attention = AttentionPooling(options.width) if options.pooling == "attention" else None
        self.width = options.width

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)` and the frames as maps `(batch, width, frames / 4)`."""
        frames = self.subsampling(inputs[self.modality])
        frames = self.blocks(self.dropout(frames + self.places))
        if self.attention is None:
            embedding = frames.mean(dim=1)
        else:
            embedding = self.attention(frames.transpose(0, 1))
        return Features(embedding=embedding, maps=frames.transpose(1, 2))
