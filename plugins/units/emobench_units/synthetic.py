"""`synthetic-units`: clips of action units drawn frame by frame; a test bench, not people.

The core's `synthetic-au` gives one row of intensities a face. This set gives what OpenFace gives of
a video, so that presence, clip statistics and generated labels have embedded data too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from emobench.api import DatasetContext, Items, seed_for
from emobench_units.clips import Clip, UnitRows, rows_of
from emobench_units.columns import PRESENCE_UNITS, UNITS, intensity_of
from emobench_units.options import SyntheticUnitsOptions
from emobench_units.ravdess import EMOTIONS
from emobench_units.unit_items import About, make_items

GENERATOR_VERSION = 1
"""Rises when the same options give other rows."""

SHOWN: Mapping[str, Mapping[int, float]] = {
    "neutral": {4: 0.4, 14: 0.3},
    "calm": {12: 0.8, 14: 0.5},
    "happy": {6: 2.2, 12: 2.8, 25: 1.2},
    "sad": {1: 1.8, 4: 1.4, 15: 1.6, 17: 1.0},
    "angry": {4: 2.4, 5: 1.2, 7: 1.8, 23: 1.6},
    "fearful": {1: 2.0, 2: 1.4, 4: 1.2, 5: 1.8, 20: 1.6, 26: 1.0},
    "disgust": {4: 1.2, 7: 1.0, 9: 2.0, 10: 1.6},
    "surprised": {1: 1.8, 2: 2.2, 5: 1.8, 26: 2.0},
}
"""The prototype of each emotion at its height, after the usual tables of FACS."""

HIGHEST = 5.0
PRESENT_FROM = 1.0
SPEECH = (25, 26)
"""Units that move with speech, whatever the emotion."""

BLINK = 45
LIP_SUCK = 28


class SyntheticUnits:
    """Clips that show the drawn emotion on the drawn subject's face."""

    modalities: tuple[str, ...] = ("table",)
    rates: Mapping[str, int] = {}

    def __init__(self, options: SyntheticUnitsOptions, context: DatasetContext) -> None:
        self.options = options

    @cached_property
    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """Emotion and subject of each clip: every one as often as every other."""
        options = self.options
        random = np.random.default_rng(seed_for(options.seed, "synthetic-units", "clips"))
        places = random.permutation(options.clips)
        return places % len(EMOTIONS), random.permutation(options.clips) % options.subjects

    @cached_property
    def rows(self) -> UnitRows:
        """The rows, drawn once."""
        options = self.options
        emotions, subjects = self.drawn
        clips = []
        for index in range(options.clips):
            frames = draw_clip(options, index, emotion=emotions[index], subject=subjects[index])
            name = f"clip-{index:05d}"
            clips.append(Clip(name=name, frames=frames, numbers=tuple(range(options.frames))))
        return rows_of(clips, rows=options.rows)

    @cached_property
    def table(self) -> Items:
        """The items, built once."""
        emotions, subjects = self.drawn
        of_clip = [int(clip.removeprefix("clip-")) for clip in self.rows.clips]
        about = About(
            emotions=tuple(EMOTIONS[emotions[place]] for place in of_clip),
            classes=EMOTIONS,
            groups=tuple(f"subject-{subjects[place]:03d}" for place in of_clip),
        )
        return make_items(self.rows, about, options=self.options)

    def items(self) -> Items:
        """The table of items."""
        return self.table

    def fingerprint(self) -> str:
        """Changes with the options and with the generator."""
        text = json.dumps([GENERATOR_VERSION, self.options.dump()], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def load(self, index: int) -> dict[str, np.ndarray]:
        """One row."""
        return {"table": self.rows.values[index].copy()}


def draw_clip(
    options: SyntheticUnitsOptions, index: int, *, emotion: int, subject: int
) -> np.ndarray:
    """The frames of one clip `(frames, 35)`, as OpenFace would rate them."""
    random = np.random.default_rng(seed_for(options.seed, "synthetic-units", "clip", index))
    rest, gains, habits = _subject(options, subject)
    lean = 0.5 * random.beta(1.0, 2.0)
    other = int(random.integers(len(EMOTIONS)))
    shown = (1 - lean) * _prototype(emotion) + lean * _prototype(other)
    shown = shown * random.uniform(0.4, 1.0) * gains + habits[emotion]
    time = np.linspace(0.0, 1.0, options.frames)
    height = np.exp(-(((time - random.uniform(0.4, 0.6)) / 0.3) ** 2))
    units = rest + height[:, None] * shown
    talking = np.abs(np.sin(2 * np.pi * (random.uniform(2, 4) * time + random.random())))
    for unit in SPEECH:
        units[:, intensity_of(unit)] += 1.5 * talking * random.uniform(0.6, 1.4)
    blinks = random.random(options.frames) < 0.08
    units[blinks, intensity_of(BLINK)] += 2.5
    rated = units + options.noise * random.normal(size=units.shape)
    rated = np.clip(np.round(rated, 2), 0.0, HIGHEST)
    present = [
        rated[:, intensity_of(unit)] > PRESENT_FROM
        if unit != LIP_SUCK
        else random.random(options.frames) < 0.02
        for unit in PRESENCE_UNITS
    ]
    return np.concatenate([rated, np.stack(present, axis=1)], axis=1)


def _subject(
    options: SyntheticUnitsOptions, subject: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How a subject's face rests, how far it moves, and what it adds to each emotion."""
    random = np.random.default_rng(seed_for(options.seed, "synthetic-units", "subject", subject))
    variation, units = options.variation, len(UNITS)
    rest = variation * 0.2 * np.abs(random.normal(size=units))
    gains = np.exp(variation * 0.4 * random.normal(size=units))
    return rest, gains, variation * 0.5 * random.normal(size=(len(EMOTIONS), units))


def _prototype(emotion: int) -> np.ndarray:
    shown = SHOWN[EMOTIONS[emotion]]
    return np.array([shown.get(unit, 0.0) for unit in UNITS])
