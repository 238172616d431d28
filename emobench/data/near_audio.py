"""Near-duplicate clips: one recording at another level, noisy, shifted, cut, stretched or tuned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from emobench.data.neighbours import half_whitened, in_threads, near_rows

WINDOW_SECONDS = 0.128
HOP_SECONDS = 0.04
LOWEST = 110.0
PER_OCTAVE = 24
BANDS = 120
RANGE = 30.0
"""Decibels below the loudest that are looked at; noise 20 dB below the clip hardly enters."""

SMEAR, TAPS = 1.25, 4
"""Hops over which loudness is averaged: what stretching by a vocoder smears anyway."""

MOST_FRAMES = 300
"""Frames of a sketch: the first twelve seconds of sound."""

FEWEST_FRAMES = 8
SILENT = 0.05
"""A frame below this share of the loudest frame's mean is silent at the ends."""

LIKE = 0.9
"""Correlation of two sketches, laid over each other, from which they are one recording."""

ROUGHLY_LIKE = 0.7
"""The same before any stretch is tried; pairs below are given up."""

STRETCHES = (0.95, 0.975, 1.025, 1.05)
SHIFTS = range(-PER_OCTAVE // 12, PER_OCTAVE // 12 + 1)
"""Bands by which the pitch may differ: a semitone."""

REACH = 0.9
CANDIDATES = 4
COLUMNS = 48
RATES = np.geomspace(0.35, 11.0, 12)
"""Edges, in hertz, of the modulations that a rough look tells apart."""

RIPPLES, RIPPLE_STEP, TURN = 41, 4, 256
EVEN = 32
"""Transforms are of multiples of so many frames, which are quick."""

TOGETHER = 64
"""Clips or pairs that a thread takes at a time."""


def sketch_audio(clip: np.ndarray, *, rate: int) -> np.ndarray | None:
    """Loudness `(frames, BANDS)` on a logarithmic scale of pitch, in 256 steps; None for silence.

    Relative to the clip's own loudest, without silence before and after.
    """
    window, hop = round(WINDOW_SECONDS * rate), round(HOP_SECONDS * rate)
    if len(clip) < window:
        clip = np.pad(clip, (0, window - len(clip)))
    frames = np.lib.stride_tricks.sliding_window_view(clip.astype(np.float32), window)[::hop]
    spectrum = np.abs(np.fft.rfft(frames * _taper(window), axis=1)).astype(np.float32)
    decibels = 10 * np.log10(spectrum**2 @ _bands(window, rate) + 1e-10)
    loudest = np.quantile(decibels, 0.995)
    loudness = np.clip((decibels - loudest + RANGE) / RANGE, 0, 1.2)
    heard = loudness.mean(axis=1)
    sounding = np.flatnonzero(heard > SILENT * heard.max() + 1e-9)
    if loudest <= -99 or not len(sounding):
        return None
    loudness = loudness[sounding[0] : sounding[-1] + 1]
    weights = _smear()
    padded = np.pad(loudness, ((len(weights) // 2, len(weights) // 2), (0, 0)))
    smeared = sum(
        weight * padded[start : start + len(loudness)] for start, weight in enumerate(weights)
    )
    kept = np.asarray(smeared)[:MOST_FRAMES]
    if len(kept) < FEWEST_FRAMES:
        return None
    steps: np.ndarray = np.rint(kept * (255 / 1.2)).astype(np.uint8)
    return steps


def near_clips(sketches: Sequence[np.ndarray]) -> np.ndarray:
    """Pairs `(pairs, 2)` of sketches that are of one recording."""
    if len(sketches) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    rough = half_whitened(
        np.stack(in_threads(lambda sketch: _rough(_centred(sketch)), sketches, together=TOGETHER)),
        columns=COLUMNS,
    )
    pairs, _ = near_rows(rough, reach=REACH, most=CANDIDATES)
    alike = in_threads(
        lambda pair: _one_recording(_centred(sketches[pair[0]]), _centred(sketches[pair[1]])),
        pairs.tolist(),
        together=TOGETHER,
    )
    found: np.ndarray = pairs[np.array(alike, dtype=bool)]
    return found


def _centred(sketch: np.ndarray) -> np.ndarray:
    """Bands by frames, without what a band or a frame has throughout: microphone and level."""
    loudness = sketch.astype(np.float32) / 255
    loudness -= loudness.mean(axis=0)
    loudness -= loudness.mean(axis=1, keepdims=True)
    return np.ascontiguousarray(loudness.T)


def _rough(sketch: np.ndarray) -> np.ndarray:
    """How much of each modulation in time and pitch a sketch holds: no shift changes that."""
    length = max(TURN, 1 << (sketch.shape[1] - 1).bit_length())
    power = np.abs(np.fft.fft(np.fft.rfft(sketch, length, axis=1), TURN, axis=0)) ** 2
    pooled = power @ _rate_pools(length) / sketch.shape[1]
    ripples = np.concatenate([pooled[1:RIPPLES], pooled[1 - RIPPLES :]])
    means = ripples.reshape(-1, RIPPLE_STEP, pooled.shape[1]).mean(axis=1)
    row = np.sqrt(means).ravel()
    unit: np.ndarray = (row / max(float(np.linalg.norm(row)), 1e-9)).astype(np.float32)
    return unit


def _one_recording(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the second sketch lies on the first after some stretch, tuning and shift."""
    best = _overlay(first, second)
    if best < ROUGHLY_LIKE:
        return False
    for stretch in STRETCHES:
        if best >= LIKE:
            break
        best = max(best, _overlay(first, _stretched(second, stretch)))
    return best >= LIKE


def _overlay(first: np.ndarray, second: np.ndarray) -> float:
    """The best correlation over all shifts in time and a semitone of pitch either way."""
    length = EVEN * -(-(first.shape[1] + second.shape[1]) // EVEN)
    one, other = np.fft.rfft(first, length), np.fft.rfft(second, length).conj()
    power, other_power = (np.einsum("bf,bf->b", bands, bands) for bands in (first, second))
    best = 0.0
    for shift in SHIFTS:
        upper = slice(max(0, shift), BANDS + min(0, shift))
        lower = slice(max(0, -shift), BANDS + min(0, -shift))
        joined = np.fft.irfft(np.einsum("bf,bf->f", one[upper], other[lower]), length)
        size = np.sqrt(power[upper].sum() * other_power[lower].sum())
        best = max(best, float(joined.max()) / max(float(size), 1e-9))
    return best


def _stretched(sketch: np.ndarray, stretch: float) -> np.ndarray:
    frames = sketch.shape[1]
    places = np.linspace(0, frames - 1, max(2, round(frames * stretch)))
    left = np.minimum(places.astype(np.int64), frames - 2)
    share = (places - left).astype(np.float32)
    stretched: np.ndarray = sketch[:, left] * (1 - share) + sketch[:, left + 1] * share
    return stretched


@cache
def _taper(window: int) -> np.ndarray:
    taper: np.ndarray = np.hanning(window).astype(np.float32)
    return taper


@cache
def _smear() -> np.ndarray:
    steps = np.arange(-TAPS, TAPS + 1)
    weights = np.exp(-(steps**2) / (2 * SMEAR**2))
    smear: np.ndarray = (weights / weights.sum()).astype(np.float32)
    return smear


@cache
def _bands(window: int, rate: int) -> np.ndarray:
    """Triangles about each band's pitch, at least a line of the spectrum wide: `(lines, BANDS)`."""
    pitches = LOWEST * 2 ** (np.arange(BANDS) / PER_OCTAVE)
    widths = np.maximum(pitches * (2 ** (1 / PER_OCTAVE) - 1), rate / window)
    lines = np.fft.rfftfreq(window, 1 / rate)
    weights = np.maximum(0, 1 - np.abs(lines[:, None] - pitches) / widths)
    total = np.maximum(weights.sum(axis=0), 1e-9)
    bands: np.ndarray = (weights / total).astype(np.float32)
    return bands


@cache
def _rate_pools(length: int) -> np.ndarray:
    """Triangles over the rates of modulation, even on a logarithmic scale."""
    rates = np.log(np.maximum(np.fft.rfftfreq(length, HOP_SECONDS), 1e-3))[:, None]
    edges = np.log(RATES)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.clip(
        np.minimum((rates - low) / (middle - low), (high - rates) / (high - middle)), 0, None
    )
    pools: np.ndarray = weights / np.maximum(weights.sum(axis=0), 1e-9)
    return pools
