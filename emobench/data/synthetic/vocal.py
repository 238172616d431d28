"""Source-filter synthesis: glottal pulses and noise through formants, frame by frame."""

from __future__ import annotations

import numpy as np

from emobench.data.synthetic.prosody import FRAME_RATE, Tracks, Voice

SAMPLE_RATE = 16_000
WINDOW = 512
HOP = WINDOW // 2
MARGIN = HOP // 2
PADDED = WINDOW + 2 * MARGIN
"""Windows are filtered with a margin, so that a formant rings out instead of wrapping round."""

FORMANTS = np.array(
    [
        [730, 1090, 2440],  # a
        [530, 1840, 2480],  # e
        [270, 2290, 3010],  # i
        [570, 840, 2410],  # o
        [300, 870, 2240],  # u
        [500, 1500, 2500],  # schwa
        [660, 1720, 2410],  # ae
        [440, 1020, 2240],  # short u
    ],
    dtype=np.float64,
)
UPPER_FORMANTS = (3500.0, 4500.0)
BANDWIDTHS = (70.0, 100.0, 140.0, 220.0, 320.0)
OPEN_SHARE = 0.62
"""The share of a period in which the glottis is open."""

_STRETCH = SAMPLE_RATE // FRAME_RATE
_RAMP = np.arange(_STRETCH, dtype=np.float32) / _STRETCH
_FREQUENCIES = np.fft.rfftfreq(PADDED, 1 / SAMPLE_RATE).astype(np.float32)
_HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
_OCTAVES = np.log2(np.maximum(_FREQUENCIES, 200.0) / 200.0)


def synthesise(voice: Voice, tracks: Tracks, random: np.random.Generator) -> np.ndarray:
    """The sound of the tracks in that voice, float32 `(samples,)`, of no set level."""
    voicing = _stretch(tracks.voicing)
    phase = np.cumsum(_stretch(tracks.pitch), dtype=np.float64) / SAMPLE_RATE % 1.0
    noise = random.standard_normal(len(voicing), dtype=np.float32)
    # Breath is heard most while the glottis is open.
    breath = 0.5 * _stretch(tracks.aspiration) * noise * (phase < OPEN_SHARE)
    throat = voicing * _pulses(phase.astype(np.float32)) + breath
    windows = -(-len(noise) // HOP) + 1
    nearest = np.minimum(np.arange(windows) * HOP // _STRETCH, len(tracks.pitch) - 1)
    spectra = np.fft.rfft(windowed(throat, windows))
    spectra *= _tract_response(voice, tracks, nearest)
    hiss = windowed(_stretch(tracks.friction) * noise, windows)
    hissing = np.flatnonzero(hiss[:, MARGIN : MARGIN + WINDOW : 16].any(axis=1))
    response = _hiss_response(tracks.brightness[nearest[hissing]])
    spectra[hissing] += np.fft.rfft(hiss[hissing]) * response
    return overlap_add(spectra)[: len(noise)]


def _stretch(track: np.ndarray) -> np.ndarray:
    """A track at `FRAME_RATE` drawn out to the sample rate by straight lines, float32."""
    track = track.astype(np.float32)
    steps = np.diff(track, append=track[-1:])
    return np.asarray(track[:, None] + steps[:, None] * _RAMP).ravel()


def _pulses(phase: np.ndarray) -> np.ndarray:
    """The derivative of a glottal flow `p^2 - p^3` over the open share of each period."""
    opened = phase * np.float32(1 / OPEN_SHARE)
    return np.where(opened < 1, opened * (2 - 3 * opened), np.float32(0))


def _tract_response(voice: Voice, tracks: Tracks, nearest: np.ndarray) -> np.ndarray:
    """Magnitudes `(windows, frequencies)` of formants, spectral tilt and microphone."""
    weights = tracks.vowel[nearest]
    lower = (weights[:, :, None] * FORMANTS).sum(axis=1)
    upper = np.broadcast_to(UPPER_FORMANTS, (len(nearest), len(UPPER_FORMANTS)))
    centres = (np.concatenate([lower, upper], axis=1) * voice.tract).astype(np.float32)
    response = np.ones((len(nearest), len(_FREQUENCIES)), dtype=np.float32)
    for formant, bandwidth in enumerate(BANDWIDTHS):
        centre = centres[:, formant, None]
        ratio = (_FREQUENCIES**2) / centre**2
        # |1 - r + i b sqrt(r)|^2, multiplied out to touch the large array less often.
        response *= 1 + ratio * (ratio + ((bandwidth / centre) ** 2 - 2))
    knots = np.linspace(0.0, SAMPLE_RATE / 2, len(voice.channel))
    decibels = tracks.tilt * _OCTAVES + np.interp(_FREQUENCIES, knots, voice.channel)
    gain = (10 ** (decibels / 20)).astype(np.float32)
    return np.asarray(gain / np.sqrt(np.maximum(response, np.float32(1e-9))))


def _hiss_response(brightness: np.ndarray) -> np.ndarray:
    """Magnitudes of a broad band around each window's centre frequency."""
    away = (_FREQUENCIES - brightness.astype(np.float32)[:, None]) / np.float32(1500)
    return np.asarray(1 / (1 + np.square(np.square(away))))


def windowed(signal: np.ndarray, windows: int) -> np.ndarray:
    """Windows of `WINDOW` samples, one every `HOP`, that add up to the signal."""
    padded = np.zeros((windows + 1) * HOP, dtype=np.float32)
    padded[HOP : HOP + len(signal)] = signal
    framed = np.zeros((windows, PADDED), dtype=np.float32)
    view = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    # In the middle: the responses have no phase, so a window's sound spreads both ways.
    np.multiply(view, _HANN, out=framed[:, MARGIN : MARGIN + WINDOW])
    return framed


def overlap_add(spectra: np.ndarray) -> np.ndarray:
    """The windows' sounds added up, from the first sample of the signal on."""
    filtered = np.fft.irfft(spectra, PADDED)
    windows, parts = len(filtered), PADDED // HOP
    blocks = filtered.reshape(windows, parts, HOP)
    total = np.zeros((windows + parts - 1, HOP), dtype=np.float32)
    for part in range(parts):
        total[part : part + windows] += blocks[:, part]
    return total.ravel()[HOP + MARGIN :]
