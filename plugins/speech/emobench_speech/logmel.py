"""The `logmel` frontend: a clip of fixed length to a log-mel spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch

from emobench.api import Context, UsageError
from emobench_speech.clips import audio_rate, each_clip, fit_length, standardise
from emobench_speech.filterbank import mel_filters
from emobench_speech.frontend_options import LogMelOptions
from emobench_speech.spectra import hann, power_spectrum, to_decibels


def mel_power(
    clip: torch.Tensor, *, filters: torch.Tensor, window: torch.Tensor, hop: int
) -> torch.Tensor:
    """Mel power spectrogram `(mels, frames)` of `clip (samples,)`."""
    return filters @ power_spectrum(clip, window=window, hop=hop)


class LogMel:
    """Log-mel spectrograms `(mels, frames)`.

    Clips go through one at a time: a row then cannot depend on the batch it is in, to the bit, and
    on a CPU this is no slower than transforming them together.
    """

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "audio"

    def __init__(self, options: LogMelOptions, context: Context) -> None:
        rate = audio_rate(context, frontend="logmel")
        fmax = rate / 2 if options.fmax is None else options.fmax
        if not options.fmin < fmax <= rate / 2:
            raise UsageError(
                f"frontend 'logmel': fmin {options.fmin:g} to fmax {fmax:g} Hz must rise and end "
                f"at {rate / 2:g} Hz at most, half the task's sample rate of {rate} Hz"
            )
        self.options = options
        self.samples = round(options.seconds * rate)
        filters = mel_filters(
            rate=rate, window=options.window, mels=options.mels, fmin=options.fmin, fmax=fmax
        )
        self.filters = torch.from_numpy(filters).float()
        self.window = hann(options.window)

    def shape(self) -> tuple[int, ...]:
        """Bands and frames."""
        return (self.options.mels, 1 + self.samples // self.options.hop)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Clips `(samples,)` of any length to `(batch, mels, frames)`."""
        return each_clip(items, self._one)

    def _one(self, item: np.ndarray) -> torch.Tensor:
        clip = torch.from_numpy(fit_length(item, samples=self.samples).astype(np.float32))
        power = mel_power(clip, filters=self.filters, window=self.window, hop=self.options.hop)
        values = to_decibels(
            power, floor=self.options.floor, dynamic_range=self.options.dynamic_range
        )
        return standardise(values) if self.options.standardise else values
