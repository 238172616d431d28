"""Single measures of every frame, from its magnitudes or its samples, after librosa."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from emobench_speech.spectra import FLOOR, to_decibels
from emobench_speech.tonality import SMALLEST

ROLLOFF_SHARE = 0.85
QUANTILE = 0.02
"""Share of a band's bins that are its peaks, and that are its valleys."""
CONTRAST_BANDS = 7
ZERO = 1e-10
"""Samples as small as this are zero, which has no sign."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """Bins `start` to `stop` of one contrast band; `extreme` of them are peaks, and valleys."""

    start: int
    stop: int
    extreme: int


def contrast_bands(*, rate: int, window: int) -> tuple[Band, ...]:
    """Octaves above a lowest band of 200 Hz; below 16 kHz of rate that is lowered, so that 7 fit.

    A band begins with the last bin of the one below, and ends before its own last, as librosa's do;
    the last band takes all that is left.
    """
    frequencies = np.fft.rfftfreq(window, 1 / rate)
    lowest = min(200.0, rate / 80)
    edges = [0.0, *(lowest * 2.0**octave for octave in range(CONTRAST_BANDS))]
    bands = []
    for index in range(CONTRAST_BANDS):
        inside = np.flatnonzero((frequencies >= edges[index]) & (frequencies <= edges[index + 1]))
        last = index == CONTRAST_BANDS - 1
        start = int(inside[0]) - (1 if index else 0)
        stop = len(frequencies) if last else int(inside[-1]) + 1
        extreme = max(1, round(QUANTILE * (stop - start)))
        bands.append(Band(start=start, stop=stop if last else stop - 1, extreme=extreme))
    return tuple(bands)


def spectral_contrast(magnitudes: torch.Tensor, *, bands: tuple[Band, ...]) -> torch.Tensor:
    """Peaks above valleys in decibels `(bands, frames)`, of magnitudes `(frames, bins)`."""
    peaks, valleys = [], []
    for band in bands:
        # numpy sorts rows of floats several times as fast as torch.
        ordered = torch.from_numpy(
            np.sort(magnitudes[:, band.start : band.stop].numpy(), axis=1)
        ).double()
        peaks.append(ordered[:, -band.extreme :].mean(dim=1))
        valleys.append(ordered[:, : band.extreme].mean(dim=1))
    return to_decibels(torch.stack(peaks)) - to_decibels(torch.stack(valleys))


def centre_and_spread(
    magnitudes: torch.Tensor, *, frequencies: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Centroid and bandwidth `(frames,)` of magnitudes `(frames, bins)`; 0 in silence."""
    total = magnitudes.sum(dim=1)
    total = torch.where(total < SMALLEST, torch.ones_like(total), total)
    centre = (magnitudes @ frequencies) / total
    apart = (frequencies - centre[:, None]).square_()
    spread = (apart.mul_(magnitudes).sum(dim=1) / total).sqrt()
    return centre, spread


def rolloff(magnitudes: torch.Tensor, *, frequencies: torch.Tensor) -> torch.Tensor:
    """The lowest frequency `(frames,)` with 85% of the magnitudes at or below it; 0 in silence."""
    below = magnitudes.cumsum(dim=1, dtype=torch.float64)
    places = torch.searchsorted(below, ROLLOFF_SHARE * below[:, -1:])
    return frequencies[places[:, 0]]


def flatness(power: torch.Tensor) -> torch.Tensor:
    """Geometric over arithmetic mean `(frames,)` of the power `(frames, bins)`."""
    heard = power.clamp_min(FLOOR)
    return heard.log().mean(dim=1).exp() / heard.mean(dim=1)


def flux(decibels: torch.Tensor) -> torch.Tensor:
    """Mean rise over the bands from the frame before `(frames,)`; 0 in the first frame."""
    rises = decibels.diff(dim=1).clamp_min(0).mean(dim=0)
    return torch.nn.functional.pad(rises, (1, 0))


def energy(clip: torch.Tensor, *, window: int, hop: int) -> torch.Tensor:
    """Root mean square `(frames,)` of the samples around each hop, silence beyond the ends."""
    squares = torch.nn.functional.pad(clip.square(), (window // 2, window // 2))
    return squares.unfold(0, window, hop).mean(dim=1).sqrt()


def zero_crossings(clip: torch.Tensor, *, window: int, hop: int) -> torch.Tensor:
    """Share of samples `(frames,)` whose sign is not that of the one before, within the frame."""
    negative = clip < -ZERO
    changes = (negative[1:] != negative[:-1]).float()
    # Beyond the ends the outer samples go on, so nothing changes there.
    changes = torch.nn.functional.pad(changes, (window // 2, window // 2))
    return changes.unfold(0, window - 1, hop).sum(dim=1) / window
