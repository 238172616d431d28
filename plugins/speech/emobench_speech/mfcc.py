"""The `mfcc` frontend: a clip of fixed length to cepstral coefficients and their deltas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch

from emobench.api import Context, UsageError
from emobench_speech.cepstra import cosine_transform, delta_weights, deltas
from emobench_speech.clips import audio_rate, each_clip, fit_length
from emobench_speech.filterbank import mel_filters
from emobench_speech.frontend_options import MfccOptions
from emobench_speech.librosa_engine import librosa_mfcc, require_librosa
from emobench_speech.spectra import hann, power_spectrum, to_decibels

FLATTEST_ROW = 1e-3
"""A row whose deviation is below this, in decibels, is left flat instead of being blown up."""


def standardise_rows(rows: torch.Tensor) -> torch.Tensor:
    """Mean 0 and deviation 1 along the frames of each row; a flat row becomes about 0."""
    centred = rows - rows.mean(dim=-1, keepdim=True)
    deviation = centred.square().mean(dim=-1, keepdim=True).sqrt()
    return centred / deviation.clamp_min(FLATTEST_ROW)


class Mfcc:
    """Coefficients, then slopes, then curvatures `(rows, frames)`; clips go through one by one."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "audio"

    def __init__(self, options: MfccOptions, context: Context) -> None:
        self.rate = audio_rate(context, frontend="mfcc")
        self.options = options
        self.samples = round(options.seconds * self.rate)
        self.frames = 1 + self.samples // options.hop
        if options.deltas and self.frames < options.delta_width:
            raise UsageError(
                f"frontend 'mfcc': {options.seconds:g} s at {self.rate} Hz are {self.frames} frames"
                f" {options.hop} samples apart, and deltas need delta_width = "
                f"{options.delta_width}; raise seconds, lower hop, or set deltas: 0"
            )
        if options.engine == "librosa":
            require_librosa(frontend="mfcc")
        filters = mel_filters(
            rate=self.rate, window=options.window, mels=options.mels, fmin=0, fmax=self.rate / 2
        )
        self.filters = torch.from_numpy(filters).float()
        self.window = hann(options.window)
        self.transform = cosine_transform(bands=options.mels, coefficients=options.coefficients)
        self.derivatives = (
            delta_weights(width=options.delta_width, orders=options.deltas)
            if options.deltas
            else None
        )

    def shape(self) -> tuple[int, ...]:
        """Rows (coefficients, then each of their deltas) and frames."""
        return (self.options.coefficients * (1 + self.options.deltas), self.frames)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Clips `(samples,)` of any length to `(batch, rows, frames)`."""
        return each_clip(items, self._one)

    def _one(self, item: np.ndarray) -> torch.Tensor:
        clip = fit_length(item, samples=self.samples).astype(np.float32)
        if self.options.engine == "librosa":
            rows = torch.from_numpy(librosa_mfcc(clip, rate=self.rate, options=self.options))
        else:
            rows = self._rows(torch.from_numpy(clip))
        return (standardise_rows(rows) if self.options.standardise else rows).float()

    def _rows(self, clip: torch.Tensor) -> torch.Tensor:
        power = power_spectrum(clip, window=self.window, hop=self.options.hop)
        coefficients = self.transform @ to_decibels((self.filters @ power).double())
        if self.derivatives is None:
            return coefficients
        return torch.cat([coefficients, *deltas(coefficients, weights=self.derivatives)])
