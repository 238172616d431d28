"""From a clip to its power spectrogram and to decibels, as librosa computes them."""

from __future__ import annotations

import torch

FLOOR = 1e-10
DYNAMIC_RANGE = 80.0
"""librosa's defaults: the smallest power told from silence, and decibels kept below the peak."""


def hann(samples: int) -> torch.Tensor:
    """The analysis window, in double precision."""
    return torch.hann_window(samples, dtype=torch.float64)


def power_spectrum(clip: torch.Tensor, *, window: torch.Tensor, hop: int) -> torch.Tensor:
    """Power spectrogram `(bins, frames)` of `clip (samples,)`, frames centred on their hop.

    The transform runs in double precision: in float32 a quiet band beside a loud one would be off
    by more than 1e-4. Power has no sign, so from there on float32 keeps the relative error.
    """
    spectrum = torch.stft(
        clip.double(),
        n_fft=len(window),
        hop_length=hop,
        window=window,
        center=True,
        pad_mode="constant",
        return_complex=True,
    )
    squares = torch.view_as_real(spectrum.T).float().square_()
    return (squares[..., 0] + squares[..., 1]).T


def to_decibels(
    power: torch.Tensor, *, floor: float = FLOOR, dynamic_range: float = DYNAMIC_RANGE
) -> torch.Tensor:
    """10 log10 of the power, cut `dynamic_range` decibels below its peak."""
    decibels = 10 * torch.log10(power.clamp_min(floor))
    return torch.maximum(decibels, decibels.max() - dynamic_range)
