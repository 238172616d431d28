"""The `time_stretch` and `pitch_shift` augmentations, by waveform similarity (WSOLA).

Overlapping windows of a clip are laid down at another distance, each taken from where it best
continues the one before, so that the periods of a voice meet in phase.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import soxr

from emobench.api import Context
from emobench_speech.augmentation_options import PitchShiftOptions, TimeStretchOptions

STEP = 0.025
"""Seconds between two windows of the result; each lasts two steps."""

SEARCH = 0.01
"""Seconds that a window may lie off its place, to either side: one period of 50 Hz in all."""

COARSE_RATE = 2000
"""Samples a second on which a window is first looked for, before the full rate refines it."""

SILENCE = 1e-6
"""What a stretch's norm is never taken to be below, as a share of the loudest one."""

SHORTEST = 2 * STEP
"""Seconds of the shortest clip that is changed: fewer hold too few periods to be told apart."""


def stretch(clip: np.ndarray, *, samples: int, rate: int) -> np.ndarray:
    """The clip over `samples` samples at its own pitch; one too short for that as it is."""
    step, search = round(STEP * rate), round(SEARCH * rate)
    if samples == len(clip) or len(clip) < SHORTEST * rate or step < 1:
        return clip.copy()
    before = step + 2 * search
    padded = np.pad(clip, (before, 4 * step + 2 * search))
    centres = np.arange(-(-samples // step) + 1) * (step * len(clip) / samples)
    places = find_places(padded, wanted=np.rint(centres).astype(int) + before - step, rate=rate)
    return join(np.lib.stride_tricks.sliding_window_view(padded, 2 * step)[places])[:samples]


def find_places(padded: np.ndarray, *, wanted: np.ndarray, rate: int) -> np.ndarray:
    """Where each window begins: near where it is wanted, most like what follows the one before.

    It is looked for at a low rate, then at the full one among the places around that.
    """
    step, cell = round(STEP * rate), max(1, rate // COARSE_RATE)
    steps, reach = step // cell, round(SEARCH * rate) // cell
    coarse = padded[: len(padded) // cell * cell].reshape(-1, cell).mean(axis=1)
    quiet = quietness(coarse, steps)
    place = int(wanted[0])
    places = [place]
    for near in wanted[1:].tolist():
        follows = place + step
        start, rest = divmod(follows, cell)
        first = near // cell - reach
        last = first + 2 * reach
        products = np.correlate(coarse[first : last + steps], coarse[start : start + steps])
        best = first + int((products * quiet[first : last + 1]).argmax())
        first = (best - 1) * cell + rest
        last = first + 2 * cell
        products = np.correlate(padded[first : last + step], padded[follows : follows + step])
        place = first + int(products.argmax())
        places.append(place)
    return np.array(places)


def quietness(samples: np.ndarray, length: int) -> np.ndarray:
    """One over the norm of the stretch of that length which begins at each sample."""
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    norms = np.sqrt(np.maximum(sums[length:] - sums[:-length], 0))
    found: np.ndarray = (1 / (norms + (SILENCE * norms.max() or 1.0))).astype(np.float32)
    return found


def join(windows: np.ndarray) -> np.ndarray:
    """Each window faded into the next, `(windows, 2 * step)` to `((windows - 1) * step,)`.

    Two that are unlike, as in noise, would lose up to 3 decibels in the middle of a plain fade.
    """
    step = windows.shape[1] // 2
    rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(step) + 0.5) / step)).astype(np.float32)
    fall = 1 - rise
    ends, begins = windows[:-1, step:], windows[1:, :step]
    scale = np.sqrt(row_products(ends, ends) * row_products(begins, begins))
    likeness = np.divide(
        row_products(ends, begins), scale, out=np.ones_like(scale), where=scale > 0
    )
    power = rise**2 + fall**2 + 2 * rise * fall * np.clip(likeness, 0, 1)[:, None]
    joined: np.ndarray = ends * fall
    joined += begins * rise
    joined /= np.sqrt(power, out=power)
    return joined.ravel()


def shift_pitch(clip: np.ndarray, *, semitones: float, rate: int) -> np.ndarray:
    """The clip at another pitch over as many samples as it had; one too short as it is."""
    faster = 2 ** (semitones / 12)
    if semitones == 0 or len(clip) < SHORTEST * rate * max(1.0, faster) + 1:
        return clip.copy()
    # A clip played faster is higher and shorter; stretching gives it its length again.
    played = soxr.resample(clip, rate * faster, rate, "MQ")
    return stretch(played, samples=len(clip), rate=rate)


def row_products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The inner product of each pair of rows."""
    products: np.ndarray = np.einsum("ij,ij->i", left, right)
    return products


class TimeStretch:
    """Makes clips slower or faster at their own pitch."""

    level: ClassVar[Literal["sample", "batch"]] = "sample"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "audio"

    def __init__(self, options: TimeStretchOptions, context: Context) -> None:
        self.options, self.rates = options, context.task.rates

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        """A longer or shorter copy."""
        options = self.options
        if random.random() >= options.probability:
            return item.copy()
        # Evenly in the logarithm: twice as fast is as likely as half as fast.
        speed = np.exp(random.uniform(np.log(options.speed_low), np.log(options.speed_high)))
        return stretch(item, samples=round(len(item) / speed), rate=self.rates["audio"])


class PitchShift:
    """Makes voices higher or lower over as many samples."""

    level: ClassVar[Literal["sample", "batch"]] = "sample"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "audio"

    def __init__(self, options: PitchShiftOptions, context: Context) -> None:
        self.options, self.rates = options, context.task.rates

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        """A higher or lower copy."""
        options = self.options
        if random.random() >= options.probability:
            return item.copy()
        semitones = random.uniform(options.semitones_low, options.semitones_high)
        return shift_pitch(item, semitones=semitones, rate=self.rates["audio"])
