"""How an emotion sounds: its prosodic style, a speaker's voice, and the tracks of one clip.

Most of an emotion lies in movement (contour, attack, rhythm, tremor), which means and deviations
over a clip see poorly, and what they see well (pitch, tilt, breath) is what speakers differ in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FRAME_RATE = 200
"""Frames a second of every track below."""

STYLE = (
    "pitch",  # semitones above the speaker's own
    "span",  # semitones of an accent
    "slope",  # semitones gained from the clip's start to its end
    "final",  # semitones gained over the last syllable
    "glide",  # semitones gained within each syllable
    "peak",  # where in the syllable the accent's peak lies: below 0 early, above late
    "rate",  # log of syllables a second against the speaker's own
    "pause",  # added chance of a pause after a syllable
    "attack",  # how suddenly a syllable starts: below 0 softly
    "swell",  # decibels gained from the clip's start to its end
    "stress",  # decibels between stressed and unstressed syllables
    "tilt",  # decibels an octave: above 0 a pressed, bright voice
    "breath",  # added share of aspiration noise
    "rough",  # added jitter and shimmer
    "tremor",  # semitones of a 5.5 Hz wave
    "loud",  # decibels
)

STRENGTH = 1.4
"""How far a full expression stands from a plain one: the main knob of difficulty."""

PROTOTYPES = STRENGTH * np.array(
    [
        # pit  spa  slo  fin  gli  pea   rat   pau   att  swe  str  til  bre   rou  trm  lou
        [0.0, 0.0, -1.0, -1.0, 0.0, 0.0, 0.0, 0.00, 0.0, -1, 0.0, 0.0, 0.00, 0.00, 0.0, 0],
        [-1.5, -0.8, 2.0, 1.0, 4.2, 1.2, -0.28, 0.12, -2.6, 3, -4.0, -1.6, 0.24, -0.10, 0.0, -4],
        [4.0, 3.4, 3.5, 2.0, 3.0, -0.8, 0.18, -0.04, 0.8, 6, 3.0, 1.4, 0.00, 0.00, 0.0, 3],
        [-1.0, -1.0, -5.0, -3.0, -2.8, 0.0, -0.30, 0.18, -1.2, -9, 0.5, -1.8, 0.30, 0.20, 0.6, -5],
        [2.4, 1.8, -3.0, -3.5, -3.4, -1.4, 0.10, 0.02, 2.3, 2, 6.0, 3.0, 0.00, 0.40, 0.0, 6],
        [5.0, 0.2, 1.5, 0.5, 0.0, 0.4, 0.32, 0.10, 0.2, -3, -2.5, 0.0, 0.34, 0.15, 2.2, 0],
        [0.4, 2.0, -2.0, -1.5, -5.0, 1.4, -0.22, 0.08, 1.2, -5, 4.5, 1.8, 0.05, 0.80, 0.0, 2],
        [5.0, 4.0, 2.5, 9.0, 4.0, 1.0, 0.04, 0.00, 1.0, 4, 1.5, 0.6, 0.16, 0.00, 0.0, 3],
    ]
)
"""Rows as in `EMOTIONS`, columns as in `STYLE`."""

STYLE_SPREAD = np.array(
    [1.0, 0.6, 1.0, 1.0, 0.8, 0.35, 0.07, 0.03, 0.4, 1.5, 0.8, 0.5, 0.05, 0.08, 0.2, 1.2]
)
"""How far people stray along each column of `STYLE` from one clip to the next."""

MANNER = 1.0
"""How far an identity's usual style lies from the common one, in units of `STYLE_SPREAD`."""

HABIT = 0.8
"""How far an identity's way to show one emotion lies from its usual style, in the same units."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A speaker: body, habits of speech, way of showing each emotion, and microphone."""

    pitch: float
    tract: float
    rate: float
    span: float
    tilt: float
    breath: float
    rough: float
    expressiveness: float
    habits: np.ndarray
    channel: np.ndarray
    gain: float
    floor: float


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """One clip's controls at `FRAME_RATE`, all of one length `(frames,)`."""

    pitch: np.ndarray
    voicing: np.ndarray
    aspiration: np.ndarray
    friction: np.ndarray
    brightness: np.ndarray
    vowel: np.ndarray
    tilt: float


def draw_voice(random: np.random.Generator, *, emotions: int, variation: float) -> Voice:
    """A speaker; `variation` 0 gives everybody the same voice."""
    body = float(random.normal())
    draws = variation * random.normal(size=10)
    manner = random.normal(size=len(STYLE))
    habits = random.normal(size=(emotions, len(STYLE)))
    low = random.random() < 0.5
    pitch = 150.0 * 2 ** (variation * ((-0.42 if low else 0.42) + 0.16 * body))
    return Voice(
        pitch=pitch,
        tract=float(np.exp(variation * ((-0.06 if low else 0.07) + 0.05 * body))),
        rate=4.6 * float(np.exp(0.10 * draws[0])),
        span=2.2 * float(np.exp(0.3 * draws[1])),
        tilt=-3.0 + 1.0 * float(draws[2]),
        breath=0.12 * float(np.exp(0.35 * draws[3])),
        rough=0.25 * float(np.exp(0.4 * draws[4])),
        expressiveness=float(np.exp(0.2 * draws[5])),
        habits=variation * STYLE_SPREAD * (MANNER * manner + HABIT * habits),
        channel=variation * 4.0 * random.normal(size=12),
        gain=2.5 * float(draws[6]),
        floor=-62.0 + 2.5 * float(draws[7]),
    )


def draw_style(expression: np.ndarray, random: np.random.Generator) -> dict[str, float]:
    """One clip's style: the expression, and what people vary from clip to clip."""
    style = expression + STYLE_SPREAD * random.normal(size=len(STYLE))
    return dict(zip(STYLE, map(float, style), strict=True))


def draw_tracks(
    voice: Voice, style: dict[str, float], random: np.random.Generator, *, seconds: float
) -> Tracks:
    """The controls of one clip: syllables laid out in time, then pitch and loudness on them."""
    frames = round(seconds * FRAME_RATE)
    time = np.arange(frames) / frames
    starts, lengths = _lay_syllables(voice, style, random, seconds=seconds)
    place = (np.arange(frames) / FRAME_RATE)[:, None] - starts
    inside = (place >= 0) & (place < lengths)
    spoken = inside.any(axis=1)
    syllable = np.maximum(np.searchsorted(starts, np.arange(frames) / FRAME_RATE, "right") - 1, 0)
    phase = np.clip(place[np.arange(frames), syllable] / lengths[syllable], 0.0, 1.0)
    count = len(starts)
    stressed = random.random(count) < 0.45
    onset = random.uniform(0.12, 0.34, count)
    kind = random.integers(0, 3, count)
    onset_now, kind_now = onset[syllable], kind[syllable]
    consonant = spoken & (phase < onset_now)
    vowel_phase = np.clip((phase - onset_now) / (1 - onset_now), 0.0, 1.0)
    pitch = _pitch(voice, style, random, time, syllable, vowel_phase, stressed)
    level = style["swell"] * (time - 0.5)
    level = level + (4.0 + style["stress"]) * (stressed[syllable] - 0.45)
    level = level + (random.normal(size=count) * 1.2)[syllable]
    loudness = 10 ** (level / 20) * _envelope(vowel_phase, attack=style["attack"])
    # Consonants: 0 hiss, 1 stop (silence, then a burst), 2 hum.
    hum = np.where(kind_now == 2, 0.35, 0.0)
    voicing = spoken * np.where(consonant, hum, loudness)
    burst = np.where(phase > 0.7 * onset_now, 0.5, 0.0)
    hiss = np.where(kind_now == 0, 0.22, np.where(kind_now == 1, burst, 0.0))
    return Tracks(
        pitch=pitch,
        voicing=_smooth(voicing, width=3),
        aspiration=np.clip(voice.breath + style["breath"], 0.01, 0.9) * _smooth(voicing, width=5),
        friction=_smooth(np.where(consonant, hiss * 10 ** (level / 40), 0.0), width=3),
        brightness=random.uniform(2200, 5600, count)[syllable],
        vowel=_vowel_track(syllable, vowel_phase, random.integers(0, 8, count)),
        tilt=voice.tilt + style["tilt"],
    )


def _lay_syllables(
    voice: Voice, style: dict[str, float], random: np.random.Generator, *, seconds: float
) -> tuple[np.ndarray, np.ndarray]:
    rate = voice.rate * np.exp(style["rate"])
    count = max(3, round((seconds - 0.2) * rate))
    lengths = np.exp(0.22 * random.normal(size=count))
    lengths[-1] *= 1.5
    paused = random.random(count) < np.clip(0.07 + style["pause"], 0.0, 0.5)
    pauses = np.where(paused, random.uniform(0.5, 1.6, count), 0.0)
    pauses[-1] = 0.0
    scale = (seconds - 0.2) / (lengths.sum() + pauses.sum())
    starts = np.cumsum(lengths + pauses) - (lengths + pauses)
    return 0.1 + starts * scale, lengths * scale


def _pitch(
    voice: Voice,
    style: dict[str, float],
    random: np.random.Generator,
    time: np.ndarray,
    syllable: np.ndarray,
    phase: np.ndarray,
    stressed: np.ndarray,
) -> np.ndarray:
    """Hertz at every frame."""
    span = max(0.2, voice.span + style["span"])
    peak = np.clip(0.5 + 0.22 * style["peak"], 0.1, 0.9)
    heights = (
        span * np.where(stressed, 1.0, 0.25) * np.exp(0.25 * random.normal(size=len(stressed)))
    )
    semitones = style["pitch"] + (style["slope"] - 1.5) * (time - 0.5)
    semitones = semitones + heights[syllable] * np.exp(-(((phase - peak) / 0.28) ** 2))
    semitones = semitones + style["glide"] * (phase - 0.5)
    last = syllable == len(stressed) - 1
    semitones = semitones + np.where(last, style["final"] * phase, 0.0)
    wave = np.sin(2 * np.pi * (5.5 * time * len(time) / FRAME_RATE + random.random()))
    semitones = semitones + max(0.0, style["tremor"]) * wave
    wander = _smooth(random.normal(size=len(time)), width=41) * 3.0
    rough = max(0.02, voice.rough + style["rough"])
    semitones = semitones + wander + rough * random.normal(size=len(time))
    return np.asarray(np.clip(voice.pitch * 2 ** (semitones / 12), 55.0, 600.0))


def _envelope(phase: np.ndarray, *, attack: float) -> np.ndarray:
    """Loudness over a syllable: a sudden attack peaks early and decays, a soft one arches."""
    peak = np.clip(0.38 - 0.16 * attack, 0.08, 0.8)
    rise = np.clip(phase / peak, 0.0, 1.0)
    fall = np.clip((1 - phase) / (1 - peak), 0.0, 1.0)
    return np.asarray(np.minimum(rise, fall) ** 0.7)


def _vowel_track(syllable: np.ndarray, phase: np.ndarray, vowels: np.ndarray) -> np.ndarray:
    """Vowel weights `(frames, 8)`: each syllable glides in from the vowel before it."""
    weights = np.zeros((len(syllable), 8))
    blend = np.clip(phase / 0.3, 0.0, 1.0)
    rows = np.arange(len(syllable))
    weights[rows, vowels[syllable]] += blend
    weights[rows, vowels[np.maximum(syllable - 1, 0)]] += 1 - blend
    return weights


def _smooth(track: np.ndarray, *, width: int) -> np.ndarray:
    """A moving average, edges held."""
    padded = np.concatenate(
        [np.full(width // 2 + 1, track[0]), track, np.full(width // 2, track[-1])]
    )
    sums = np.cumsum(padded)
    return np.asarray((sums[width:] - sums[:-width]) / width)
