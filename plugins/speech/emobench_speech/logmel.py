"""The `logmel` frontend: a clip of fixed length to a log-mel spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch

from emobench.api import Context, UsageError
from emobench_speech.filterbank import mel_filters
from emobench_speech.options import LogMelOptions

FLATTEST = 1e-5
"""A clip whose deviation is below this is left flat instead of being blown up."""


def fit_length(clip: np.ndarray, *, samples: int) -> np.ndarray:
    """The middle of a clip that is too long; silence after one that is too short."""
    surplus = len(clip) - samples
    if surplus >= 0:
        return clip[surplus // 2 : surplus // 2 + samples]
    return np.pad(clip, (0, -surplus))


def mel_power(
    clip: torch.Tensor, *, filters: torch.Tensor, window: torch.Tensor, hop: int
) -> torch.Tensor:
    """Mel power spectrogram `(mels, frames)` of `clip (samples,)`, frames centred on their hop.

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
    power = (spectrum.real.square() + spectrum.imag.square()).float()
    return filters @ power


def to_decibels(power: torch.Tensor, *, floor: float, dynamic_range: float) -> torch.Tensor:
    """10 log10 of the power, cut `dynamic_range` decibels below its peak."""
    decibels = 10 * torch.log10(power.clamp_min(floor))
    return torch.maximum(decibels, decibels.max() - dynamic_range)


def standardise(values: torch.Tensor) -> torch.Tensor:
    """Mean 0 and deviation 1 over all values; a flat clip becomes all 0."""
    centred = values - values.mean()
    return centred / centred.square().mean().sqrt().clamp_min(FLATTEST)


class LogMel:
    """Log-mel spectrograms `(mels, frames)`.

    Clips go through one at a time: a row then cannot depend on the batch it is in, to the bit, and
    on a CPU this is no slower than transforming them together.
    """

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "audio"

    def __init__(self, options: LogMelOptions, context: Context) -> None:
        if "audio" not in context.task.rates:
            offered = ", ".join(context.task.modalities) or "nothing"
            raise UsageError(
                f"frontend 'logmel' reads audio, but task '{context.task.name}' offers {offered}; "
                "choose a frontend for that"
            )
        rate = context.task.rates["audio"]
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
        self.window = torch.hann_window(options.window, dtype=torch.float64)

    def shape(self) -> tuple[int, ...]:
        """Bands and frames."""
        return (self.options.mels, 1 + self.samples // self.options.hop)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Clips `(samples,)` of any length to `(batch, mels, frames)`."""
        return torch.stack([self._one(item) for item in items])

    def _one(self, item: np.ndarray) -> torch.Tensor:
        clip = torch.from_numpy(fit_length(item, samples=self.samples).astype(np.float32))
        power = mel_power(clip, filters=self.filters, window=self.window, hop=self.options.hop)
        values = to_decibels(
            power, floor=self.options.floor, dynamic_range=self.options.dynamic_range
        )
        return standardise(values) if self.options.standardise else values
