"""The `modulation` frontend: levels of mel bands, and how fast bands and cepstra move."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch

from emobench.api import Context
from emobench_speech.cepstra import cosine_transform
from emobench_speech.clips import audio_rate, each_clip, middle, pad_behind
from emobench_speech.filterbank import mel_filters
from emobench_speech.frontend_options import ModulationOptions
from emobench_speech.logmel import mel_power
from emobench_speech.spectra import hann, to_decibels

WINDOW_SECONDS = 0.064
HOP_SECONDS = 0.02
SHORTEST_SECONDS = 0.5
LEVELS = (0.1, 0.5, 0.9)
"""Quantiles over the frames of a band: its background, its middle and its peaks."""
EDGES = (0.3, 1.5, 3.0, 5.0, 8.0, 12.0, 20.0)
"""Hertz of movement: phrases, words, syllables from 3 to 8, then what is rough or trembles."""
FEWEST_POINTS = 512
"""Points of the transform for short clips: a tenth of a hertz apart, so no stretch is empty."""
QUIETEST = 1e-3
"""Decibels of movement below which nothing is told from rest."""
BELOW_PEAK = 30.0
"""A frame is loud when it is not further, in decibels, below the clip's loudest tenth."""


def movement(rows: torch.Tensor, *, rate: float, points: int) -> torch.Tensor:
    """Log of the mean amplitude of each row `(rows, frames)` between `EDGES`: `(rows, edges - 1)`.

    The transform is filled up to `points` frames, so that every stretch holds some of its
    frequencies, however short the clip.
    """
    window = torch.hann_window(rows.shape[1], periodic=False, dtype=rows.dtype)
    centred = (rows - rows.mean(dim=1, keepdim=True)) * window
    amplitudes = torch.fft.rfft(centred, n=points).abs() / window.sum()
    frequencies = torch.fft.rfftfreq(points, d=1 / rate)
    stretches = [
        amplitudes[:, (frequencies >= low) & (frequencies < high)].mean(dim=1)
        for low, high in itertools.pairwise(EDGES)
    ]
    return (torch.stack(stretches, dim=1) + QUIETEST).log()


def loudness(decibels: torch.Tensor) -> torch.Tensor:
    """Where the loudest tenth of frames begins, and the share of loud frames: `(2,)`."""
    frames = decibels.amax(dim=0)
    peak = frames.quantile(0.9)
    return torch.stack([peak, (frames > peak - BELOW_PEAK).to(frames.dtype).mean()])


class Modulation:
    """One row a clip; clips go through one by one, whatever their length."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "audio"

    def __init__(self, options: ModulationOptions, context: Context) -> None:
        rate = audio_rate(context, frontend="modulation")
        self.options = options
        self.samples = round(max(options.seconds, SHORTEST_SECONDS) * rate)
        self.shortest = round(SHORTEST_SECONDS * rate)
        self.hop = round(HOP_SECONDS * rate)
        self.frame_rate = rate / self.hop
        self.points = max(FEWEST_POINTS, 1 << (self.samples // self.hop).bit_length())
        window = round(WINDOW_SECONDS * rate)
        filters = mel_filters(rate=rate, window=window, mels=options.mels, fmin=0, fmax=rate / 2)
        self.filters = torch.from_numpy(filters).float()
        self.window = hann(window)
        self.transform = cosine_transform(bands=options.mels, coefficients=options.cepstra)

    def shape(self) -> tuple[int, ...]:
        """Levels of all bands, movement of groups of bands, movement of cepstra, loudness."""
        moving = self.options.groups + self.options.cepstra
        return (len(LEVELS) * self.options.mels + (len(EDGES) - 1) * moving + 2,)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Clips `(samples,)` of any length to `(batch, values)`."""
        return each_clip(items, self._one)

    def _one(self, item: np.ndarray) -> torch.Tensor:
        heard = pad_behind(middle(item, samples=self.samples), samples=self.shortest)
        clip = torch.from_numpy(heard.astype(np.float32))
        power = mel_power(clip, filters=self.filters, window=self.window, hop=self.hop)
        bands = to_decibels(power).double()
        levels = bands.quantile(torch.tensor(LEVELS, dtype=bands.dtype), dim=1)
        groups = bands.reshape(self.options.groups, -1, bands.shape[1]).mean(dim=1)
        moving = torch.cat([groups, self.transform @ bands])
        moves = movement(moving, rate=self.frame_rate, points=self.points)
        return torch.cat([levels.flatten(), moves.flatten(), loudness(bands)]).float()
