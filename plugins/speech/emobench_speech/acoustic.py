"""The `acoustic392` frontend: one row of 392 statistics a clip; `acoustic_layout` says which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
import torch

from emobench.api import Context
from emobench_speech import frame_measures
from emobench_speech.acoustic_layout import COEFFICIENTS, HOP, LAYOUT, MELS, WINDOW, feature_names
from emobench_speech.cepstra import cosine_transform, delta_weights, deltas
from emobench_speech.clips import audio_rate, each_clip, middle, pad_behind
from emobench_speech.filterbank import mel_filters
from emobench_speech.frontend_options import Acoustic392Options
from emobench_speech.librosa_engine import librosa_frames, require_librosa
from emobench_speech.spectra import hann, power_spectrum, to_decibels
from emobench_speech.tonality import chroma_filters, divide_frames, tonal_centroid_map

DELTA_WIDTH = 9
SHORTEST = (DELTA_WIDTH - 1) * HOP
"""Samples of the shortest clip with a delta; what is shorter gets silence behind it."""


def column_order() -> torch.Tensor:
    """Where each of the 392 columns lies among the means, then the deviations, of all rows."""
    rows = sum(group.rows for group in LAYOUT)
    places, start = [], 0
    for group in LAYOUT:
        for statistic in group.statistics:
            first = start if statistic == "mean" else start + rows
            places.append(torch.arange(first, first + group.rows))
        start += group.rows
    return torch.cat(places)


def statistics(frames: Mapping[str, torch.Tensor], *, order: torch.Tensor) -> torch.Tensor:
    """The 392 numbers from the rows `(rows, frames)` of every group, in the layout's order."""
    rows = torch.cat([frames[group.name].double() for group in LAYOUT])
    means = rows.mean(dim=1)
    deviations = (rows - means[:, None]).square_().mean(dim=1).sqrt()
    return torch.cat([means, deviations])[order].float()


class FrameFeatures:
    """Computes the rows of every group for one clip; filters are made once."""

    def __init__(self, *, rate: int) -> None:
        mels = mel_filters(rate=rate, window=WINDOW, mels=MELS, fmin=0, fmax=rate / 2)
        chroma = chroma_filters(rate=rate, window=WINDOW)
        # One product for both sets: the power is read once.
        self.filters = torch.from_numpy(np.concatenate([mels, chroma])).float()
        self.window = hann(WINDOW)
        self.transform = cosine_transform(bands=MELS, coefficients=COEFFICIENTS)
        self.derivatives = delta_weights(width=DELTA_WIDTH, orders=2)
        self.tonal_map = tonal_centroid_map()
        self.bands = frame_measures.contrast_bands(rate=rate, window=WINDOW)
        self.frequencies = torch.from_numpy(np.fft.rfftfreq(WINDOW, 1 / rate)).float()

    def __call__(self, clip: torch.Tensor) -> dict[str, torch.Tensor]:
        """The rows `(rows, frames)` of each group, by its name."""
        power = power_spectrum(clip, window=self.window, hop=HOP)
        filtered = (self.filters @ power).double()
        mel = to_decibels(filtered[:MELS])
        coefficients = self.transform @ mel
        slope, curvature = deltas(coefficients, weights=self.derivatives)
        chroma = divide_frames(filtered[MELS:], by=filtered[MELS:].amax(dim=0))
        return {
            "mfcc": coefficients,
            "mfcc_slope": slope,
            "mfcc_curvature": curvature,
            "mel": mel,
            "chroma": chroma,
            "tonnetz": self.tonal_map @ divide_frames(chroma, by=chroma.sum(dim=0)),
            **self._spectral(power.T.contiguous()),
            "zero_crossings": frame_measures.zero_crossings(clip, window=WINDOW, hop=HOP)[None],
            "energy": frame_measures.energy(clip, window=WINDOW, hop=HOP)[None],
            "flux": frame_measures.flux(mel)[None],
        }

    def _spectral(self, power: torch.Tensor) -> dict[str, torch.Tensor]:
        """Measures of the power `(frames, bins)`, in which each frame lies in one piece."""
        magnitudes = power.sqrt()
        centre, spread = frame_measures.centre_and_spread(magnitudes, frequencies=self.frequencies)
        return {
            "contrast": frame_measures.spectral_contrast(magnitudes, bands=self.bands),
            "centroid": centre[None],
            "bandwidth": spread[None],
            "rolloff": frame_measures.rolloff(magnitudes, frequencies=self.frequencies)[None],
            "flatness": frame_measures.flatness(power)[None],
        }


class Acoustic392:
    """Statistics of whole clips `(392,)`; clips go through one by one, whatever their length."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "audio"

    def __init__(self, options: Acoustic392Options, context: Context) -> None:
        self.rate = audio_rate(context, frontend="acoustic392")
        if options.engine == "librosa":
            require_librosa(frontend="acoustic392")
        self.by_librosa = options.engine == "librosa"
        self.samples = max(round(options.seconds * self.rate), SHORTEST)
        self.frame_features = FrameFeatures(rate=self.rate)
        self.order = column_order()

    def shape(self) -> tuple[int, ...]:
        """One row of 392 numbers."""
        return (len(feature_names()),)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Clips `(samples,)` of any length to `(batch, 392)`."""
        return each_clip(items, self._one)

    def _one(self, item: np.ndarray) -> torch.Tensor:
        return statistics(self.frames(item), order=self.order)

    def frames(self, item: np.ndarray) -> Mapping[str, torch.Tensor]:
        """What the statistics are taken of: the rows `(rows, frames)` of each group."""
        heard = pad_behind(middle(item, samples=self.samples), samples=SHORTEST)
        clip = heard.astype(np.float32)
        if not self.by_librosa:
            return self.frame_features(torch.from_numpy(clip))
        rows = librosa_frames(clip.astype(np.float64), rate=self.rate)
        return {name: torch.from_numpy(np.ascontiguousarray(row)) for name, row in rows.items()}
