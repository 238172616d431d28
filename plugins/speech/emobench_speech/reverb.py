"""The `reverb` augmentation: a clip in a made-up room."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from emobench.api import Context
from emobench_speech.augmentation_options import ReverbOptions

FALL = 60.0
"""Decibels by which a room's sound has fallen when its decay time is over."""


def draw_impulse_response(
    *, decay: float, ratio: float, rate: int, random: np.random.Generator
) -> np.ndarray:
    """What a room makes of one sample: itself, then noise that falls by 60 decibels in `decay`
    seconds and lies, all of it together, `ratio` decibels below the direct sound.
    """
    time = np.arange(1, max(1, round(decay * rate)) + 1) / rate
    tail = random.standard_normal(len(time)) * 10 ** (-FALL / 20 * time / decay)
    tail *= 10 ** (-ratio / 20) / np.sqrt(np.sum(tail**2))
    return np.concatenate([[1.0], tail]).astype(np.float32)


def add_room(clip: np.ndarray, *, response: np.ndarray) -> np.ndarray:
    """The clip convolved with a room's response, as long and as loud as it was."""
    size = fast_size(len(clip) + len(response) - 1)
    spectrum = np.fft.rfft(clip, size) * np.fft.rfft(response, size)
    heard = np.fft.irfft(spectrum, size)[: len(clip)].astype(np.float32)
    power = np.mean(np.square(heard, dtype=np.float64))
    if power == 0:
        return clip.copy()
    scale = np.sqrt(np.mean(np.square(clip, dtype=np.float64)) / power)
    heard *= np.float32(scale)
    return heard


def fast_size(samples: int) -> int:
    """The next size that is a power of two times an odd number below ten: quick to transform."""
    return min(odd << max(0, int(np.ceil(np.log2(samples / odd)))) for odd in (1, 3, 5, 7, 9))


class Reverb:
    """Puts a clip into a room drawn for it; what would still sound after its end is cut off."""

    level: ClassVar[Literal["sample", "batch"]] = "sample"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "audio"

    def __init__(self, options: ReverbOptions, context: Context) -> None:
        self.options, self.rates = options, context.task.rates

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        """A copy with reverberation."""
        options = self.options
        if not len(item) or random.random() >= options.probability:
            return item.copy()
        decay = np.exp(random.uniform(np.log(options.decay_low), np.log(options.decay_high)))
        response = draw_impulse_response(
            decay=float(decay),
            ratio=random.uniform(options.ratio_low, options.ratio_high),
            rate=self.rates["audio"],
            random=random,
        )
        return add_room(item, response=response)
