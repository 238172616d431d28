"""Single measures of every frame, from its magnitudes or its samples, after librosa."""

from __future__ import annotations

import itertools
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
class ContrastBands:
    """Bins `(start, stop)` of each band, and where its peaks and valleys lie once it is sorted.

    `extremes (bins of all bands, 2 x bands)` averages the peaks of every band, then the valleys.
    """

    bins: tuple[tuple[int, int], ...]
    extremes: torch.Tensor


def contrast_bands(*, rate: int, window: int) -> ContrastBands:
    """Octaves above a lowest band of 200 Hz; below 16 kHz of rate that is lowered, so that 7 fit.

    A band begins with the last bin of the one below, and ends before its own last, as librosa's do;
    the last band takes all that is left.
    """
    frequencies = np.fft.rfftfreq(window, 1 / rate)
    lowest = min(200.0, rate / 80)
    edges = [0.0, *(lowest * 2.0**octave for octave in range(CONTRAST_BANDS))]
    bins = []
    for low, high in itertools.pairwise(edges):
        inside = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        bins.append((max(0, int(inside[0]) - 1), int(inside[-1])))
    bins[-1] = (bins[-1][0], len(frequencies))
    extremes = torch.zeros(sum(stop - start for start, stop in bins), 2 * CONTRAST_BANDS)
    offset = 0
    for band, (start, stop) in enumerate(bins):
        end = offset + stop - start
        # librosa counts the bin that a band leaves to the next one.
        counted = stop - start + (0 if band == CONTRAST_BANDS - 1 else 1)
        share = max(1, round(QUANTILE * counted))
        extremes[end - share : end, band] = 1 / share
        extremes[offset : offset + share, CONTRAST_BANDS + band] = 1 / share
        offset = end
    return ContrastBands(bins=tuple(bins), extremes=extremes)


def spectral_contrast(magnitudes: torch.Tensor, *, bands: ContrastBands) -> torch.Tensor:
    """Peaks above valleys in decibels `(bands, frames)`, of magnitudes `(frames, bins)`."""
    values = magnitudes.numpy()
    ordered = np.concatenate([values[:, start:stop] for start, stop in bands.bins], axis=1)
    offset = 0
    for start, stop in bands.bins:
        # numpy sorts rows of floats several times as fast as torch.
        ordered[:, offset : offset + stop - start].sort(axis=1)
        offset += stop - start
    peaks, valleys = (torch.from_numpy(ordered) @ bands.extremes).T.double().chunk(2)
    return to_decibels(peaks) - to_decibels(valleys)


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
