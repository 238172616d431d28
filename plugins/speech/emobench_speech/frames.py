"""What backbones over `(batch, bands, frames)` share: input, blocks, LSTM layers, poolings."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import nn

from emobench.api import Context, UsageError

LONGEST_ROW = 1024
"""A longer row of values is a waveform, which networks over frames are far too slow for."""
SMALLEST_SHARE = 1e-6
"""A column whose deviation is a smaller share of its mean is rounding, not information."""


def input_shape(
    context: Context, *, backbone: str, modality: str, rows: bool = False
) -> tuple[int, int]:
    """Bands and frames of an item; with `rows`, a row of values counts as frames of one band."""
    shape = context.inputs.get(modality, ())
    if len(shape) == 2:
        return shape[0], shape[1]
    if rows and len(shape) == 1 and shape[0] <= LONGEST_ROW:
        return 1, shape[0]
    given = ", ".join(f"{name} {size}" for name, size in context.inputs.items())
    wanted = f"(bands, frames) or at most {LONGEST_ROW} values" if rows else "(bands, frames)"
    raise UsageError(
        f"backbone '{backbone}' needs {wanted} of '{modality}', but the frontend gives "
        f"{given or 'nothing'}; use a spectrogram frontend such as 'logmel'"
    )


class AsFrames(nn.Module):
    """Items as `(batch, bands, frames)`; a row of values becomes one band, its columns scaled.

    Scaling is that of a standard scaler: mean 0 and deviation 1 over the rows of training, as far
    as they have been seen. Batch norm would not do: what it adds to variances hides small columns.
    """

    seen: torch.Tensor
    mean: torch.Tensor
    squares: torch.Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.takes_rows = len(shape) == 1
        if self.takes_rows:
            self.register_buffer("seen", torch.zeros(()))
            self.register_buffer("mean", torch.zeros(shape))
            self.register_buffer("squares", torch.zeros(shape))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Spectrograms as they are; rows `(batch, frames)` scaled, as `(batch, 1, frames)`."""
        if not self.takes_rows:
            return inputs
        if self.training:
            self._see(inputs.detach())
        deviation = (self.squares / self.seen.clamp_min(1)).sqrt()
        # A column that never changes has nothing to say in training; it is only moved to 0.
        scale = torch.where(deviation > SMALLEST_SHARE * self.mean.abs(), deviation, 1.0)
        return ((inputs - self.mean) / scale).unsqueeze(1)

    @torch.no_grad()
    def _see(self, rows: torch.Tensor) -> None:
        """Add rows to mean and sum of squared deviations (Chan et al. 1979)."""
        rows = rows.float()
        total = self.seen + len(rows)
        mean = rows.mean(dim=0)
        away = mean - self.mean
        self.squares += (rows - mean).square().sum(dim=0)
        self.squares += away.square() * (self.seen * len(rows) / total)
        self.mean += away * (len(rows) / total)
        self.seen.copy_(total)


def join_frames(frames: torch.Tensor, *, count: int) -> torch.Tensor:
    """`count` neighbours side by side: `(batch, bands * count, frames / count)`, rounded up.

    The last frame is repeated where the number does not come out even.
    """
    missing = -frames.shape[-1] % count
    if missing:
        frames = torch.cat([frames, frames[..., -1:].expand(-1, -1, missing)], dim=-1)
    batch, bands, length = frames.shape
    steps = frames.reshape(batch, bands, length // count, count)
    return steps.transpose(2, 3).flatten(1, 2)


def shares(channels: int, *, parts: int) -> list[int]:
    """Channels in equal parts; the first ones take what is left over."""
    return [channels // parts + (index < channels % parts) for index in range(parts)]


class HalvingBlock(nn.Module):
    """Convolutions of odd kernels side by side, batch norm, halving of the frames, ReLU."""

    def __init__(self, before: int, after: int, *, kernels: Sequence[int]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, part, kernel, padding=kernel // 2, bias=False)
            for part, kernel in zip(shares(after, parts=len(kernels)), kernels, strict=True)
        )
        self.norm = nn.BatchNorm1d(after)
        self.halve = nn.MaxPool1d(2, ceil_mode=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps `(batch, before, frames)` to `(batch, after, frames / 2)`, rounded up."""
        scales = [convolution(maps) for convolution in self.convolutions]
        joined = scales[0] if len(scales) == 1 else torch.cat(scales, dim=1)
        # ReLU of the maximum is the maximum of the ReLUs, at half the work.
        halved: torch.Tensor = self.halve(self.norm(joined))
        return halved.relu_()


class RecurrentLayers(nn.Module):
    """LSTM layers of their own widths over `(frames, batch, width)`, with dropout between them."""

    def __init__(
        self, before: int, units: Sequence[int], *, bidirectional: bool, dropout: float
    ) -> None:
        super().__init__()
        directions = 2 if bidirectional else 1
        widths = (before, *(directions * each for each in units))
        self.layers = nn.ModuleList(
            nn.LSTM(width, each, bidirectional=bidirectional)
            for (width, _), each in zip(itertools.pairwise(widths), units, strict=True)
        )
        for layer in self.layers:
            remember_at_first(layer)
        self.dropout = nn.Dropout(dropout)
        self.width = widths[-1]

    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """States `(frames, batch, width)`, and the last one of each direction `(batch, width)`."""
        if frames.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            # Not every processor can run torch's LSTM in 16 bits, and it fails without a fallback.
            with torch.autocast("cpu", enabled=False):
                return self._read(frames.float())
        return self._read(frames)

    def _read(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        last = frames
        for index, layer in enumerate(self.layers):
            frames, (last, _) = layer(self.dropout(frames) if index else frames)
        return frames, last.transpose(0, 1).flatten(1)


def remember_at_first(layer: nn.Module) -> None:
    """Start with forget gates open (a bias of 1), as Keras does (Jozefowicz et al. 2015)."""
    with torch.no_grad():
        for name, bias in layer.named_parameters():
            if name.startswith("bias"):
                forget = slice(len(bias) // 4, len(bias) // 2)
                bias[forget] = 1.0 if name.startswith("bias_ih") else 0.0


class AttentionPooling(nn.Module):
    """A mean over frames with learned weights: softmax over frames of v · tanh(W state)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, width)
        # A bias would move all frames' scores alike, which the softmax does not see.
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """States `(frames, batch, width)` to `(batch, width)`."""
        weights: torch.Tensor = self.score(torch.tanh(self.hidden(states))).softmax(dim=0)
        return (weights * states).sum(dim=0)


class SequenceReader(nn.Module):
    """LSTM layers and a pooling: maps `(batch, channels, frames)` to an embedding and states."""

    def __init__(self, layers: RecurrentLayers, *, pooling: str) -> None:
        super().__init__()
        self.layers = layers
        self.pooling = pooling
        self.attention = AttentionPooling(layers.width) if pooling == "attention" else None
        self.width = layers.width

    def forward(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The embedding `(batch, width)`, and the states as maps `(batch, width, frames)`."""
        states, last = self.layers(maps.permute(2, 0, 1).contiguous())
        if self.attention is not None:
            last = self.attention(states)
        elif self.pooling == "mean":
            last = states.mean(dim=0)
        return last, states.permute(1, 2, 0)
