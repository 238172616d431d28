"""Augmentations of single clips, before the frontend."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from emobench.api import Context
from emobench_speech.augmentation_options import GainOptions, NoiseOptions, ShiftOptions


def draw_noise(
    samples: int, *, colour: Literal["white", "pink"], random: np.random.Generator
) -> np.ndarray:
    """Noise of power 1; pink noise loses 3 decibels an octave."""
    noise = random.standard_normal(samples)
    if colour == "pink":
        spectrum = np.fft.rfft(noise)
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        spectrum[0] = 0
        noise = np.fft.irfft(spectrum, samples)
    power = np.mean(noise**2)
    return noise / np.sqrt(power) if power > 0 else noise


def add_noise(clip: np.ndarray, *, noise: np.ndarray, decibels: float) -> np.ndarray:
    """The clip with noise `decibels` below its own power."""
    power = np.mean(clip.astype(np.float64) ** 2)
    scale = np.sqrt(power * 10 ** (-decibels / 10))
    mixed: np.ndarray = (clip + scale * noise).astype(np.float32)
    return mixed


class Noise:
    """Adds noise at a ratio drawn for each clip; digital silence stays silent."""

    level: ClassVar[Literal["sample", "batch"]] = "sample"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "audio"

    def __init__(self, options: NoiseOptions, context: Context) -> None:
        self.options = options

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        """A noisy copy."""
        if not len(item) or random.random() >= self.options.probability:
            return item.copy()
        decibels = random.uniform(self.options.snr_low, self.options.snr_high)
        noise = draw_noise(len(item), colour=self.options.colour, random=random)
        return add_noise(item, noise=noise, decibels=decibels)


class Gain:
    """Scales a clip by a factor drawn in decibels.

    A frontend that standardises each clip takes this away again.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "audio"

    def __init__(self, options: GainOptions, context: Context) -> None:
        self.decibels = options.decibels

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        """A louder or quieter copy."""
        if self.decibels == 0:
            return item.copy()
        decibels = random.uniform(-self.decibels, self.decibels)
        return (item * 10 ** (decibels / 20)).astype(np.float32)


def move(clip: np.ndarray, *, samples: int, edge: Literal["silence", "wrap"]) -> np.ndarray:
    """The clip that many samples later, or earlier where they are negative, at its own length."""
    moved = np.roll(clip, samples)
    if edge == "silence" and samples > 0:
        moved[:samples] = 0
    elif edge == "silence" and samples < 0:
        moved[samples:] = 0
    return moved


class Shift:
    """Moves a clip within its own length, by a stretch drawn for it."""

    level: ClassVar[Literal["sample", "batch"]] = "sample"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "audio"

    def __init__(self, options: ShiftOptions, context: Context) -> None:
        self.options = options

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        """An earlier or later copy."""
        if random.random() >= self.options.probability:
            return item.copy()
        furthest = int(self.options.share * len(item))
        samples = int(random.integers(-furthest, furthest, endpoint=True))
        return move(item, samples=samples, edge=self.options.edge)
