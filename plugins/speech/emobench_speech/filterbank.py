"""Mel filters after Slaney's Auditory Toolbox, the filters librosa makes by default."""

from __future__ import annotations

import math

import numpy as np

LINEAR_STEP = 200 / 3
"""Hertz a mel below the break."""
BREAK_HERTZ = 1000.0
BREAK_MEL = BREAK_HERTZ / LINEAR_STEP
LOG_STEP = math.log(6.4) / 27
"""Growth of the logarithm of hertz a mel, above the break."""


def hertz_to_mel(hertz: np.ndarray) -> np.ndarray:
    """Linear up to 1 kHz, logarithmic above."""
    above = BREAK_MEL + np.log(np.maximum(hertz, BREAK_HERTZ) / BREAK_HERTZ) / LOG_STEP
    return np.where(hertz < BREAK_HERTZ, hertz / LINEAR_STEP, above)


def mel_to_hertz(mel: np.ndarray) -> np.ndarray:
    """The inverse of `hertz_to_mel`."""
    above = BREAK_HERTZ * np.exp(LOG_STEP * (np.maximum(mel, BREAK_MEL) - BREAK_MEL))
    return np.where(mel < BREAK_MEL, mel * LINEAR_STEP, above)


def mel_filters(*, rate: int, window: int, mels: int, fmin: float, fmax: float) -> np.ndarray:
    """Triangles of equal area `(mels, window // 2 + 1)`."""
    frequencies = np.fft.rfftfreq(window, 1 / rate)
    ends = hertz_to_mel(np.array([fmin, fmax], dtype=np.float64))
    corners = mel_to_hertz(np.linspace(ends[0], ends[1], mels + 2))
    widths = np.diff(corners)[:, None]
    slopes = corners[:, None] - frequencies[None, :]
    rising = -slopes[:-2] / widths[:-1]
    falling = slopes[2:] / widths[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: np.ndarray = triangles * (2 / (corners[2:] - corners[:-2]))[:, None]
    return filters
