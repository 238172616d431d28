"""Chroma filters (Ellis 2007) and tonal centroids (Harte et al. 2006), as librosa makes them."""

from __future__ import annotations

import math

import numpy as np
import torch

SEMITONES = 12
CONCERT_PITCH = 440.0
CENTRE_OCTAVE = 5.0
OCTAVE_WIDTH = 2.0
"""Filters weigh octaves by a bell around 880 Hz: octaves are counted from 27.5 Hz, the lowest A."""

SMALLEST = float(torch.finfo(torch.float32).tiny)
"""A frame with less than this in all is silent, and stays as it is."""


def chroma_filters(*, rate: int, window: int) -> np.ndarray:
    """Weights `(12, window // 2 + 1)` of the bins in the semitones from C, tuned to A = 440 Hz."""
    frequencies = np.arange(1, window) * rate / window
    pitches = SEMITONES * np.log2(frequencies / (CONCERT_PITCH / 16))
    # Bin 0 has no pitch; one and a half octaves below bin 1 it is spread over all semitones.
    pitches = np.concatenate([[pitches[0] - 1.5 * SEMITONES], pitches])
    widths = np.append(np.maximum(np.diff(pitches), 1.0), 1.0)
    apart = pitches[None, :] - np.arange(SEMITONES)[:, None]
    half = SEMITONES // 2
    apart = np.remainder(apart + half, SEMITONES) - half
    bells = np.exp(-0.5 * (2 * apart / widths) ** 2)
    bells /= np.sqrt(np.sum(bells**2, axis=0))
    bells *= np.exp(-0.5 * ((pitches / SEMITONES - CENTRE_OCTAVE) / OCTAVE_WIDTH) ** 2)
    from_c = np.roll(bells, -3, axis=0)
    return np.ascontiguousarray(from_c[:, : window // 2 + 1])


def divide_frames(rows: torch.Tensor, *, by: torch.Tensor) -> torch.Tensor:
    """Each frame of `(rows, frames)` divided by its own number; silent frames stay as they are."""
    return rows / torch.where(by < SMALLEST, torch.ones_like(by), by)


def tonal_centroid_map() -> torch.Tensor:
    """Weights `(6, 12)` from chroma to fifths, minor thirds and major thirds, x and y of each."""
    turns = torch.tensor([7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3], dtype=torch.float64)
    angles = turns[:, None] * torch.arange(SEMITONES, dtype=torch.float64)
    angles[::2] -= 0.5
    radii = torch.tensor([1, 1, 1, 1, 0.5, 0.5], dtype=torch.float64)
    return radii[:, None] * torch.cos(math.pi * angles)
