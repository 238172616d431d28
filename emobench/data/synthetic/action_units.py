"""How an emotion looks: action units of each emotion, in several ways, and a subject's own habits.

Shared by the drawn faces and the table. Intensities are on the usual scale from 0 to 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emobench.data.synthetic.latent import EMOTIONS, Latents

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
"""The units that OpenFace rates, by number of the Facial Action Coding System."""

COLUMNS = tuple(f"AU{unit:02d}_r" for unit in UNITS)
HIGHEST = 5.0

WAYS: Mapping[str, tuple[Mapping[int, float], ...]] = {
    "neutral": ({}, {14: 0.5, 17: 0.4}, {4: 0.8, 7: 0.6}),
    "calm": ({12: 1.0, 45: 1.2}, {14: 0.9, 45: 2.2}, {1: 0.8, 12: 0.7, 6: 0.6}),
    "happy": ({6: 2.6, 12: 3.4, 25: 2.0}, {12: 3.0, 7: 1.4}, {6: 2.4, 12: 2.6, 25: 2.6, 26: 2.4}),
    "sad": (
        {1: 2.6, 4: 2.0, 15: 2.4},
        {15: 2.0, 17: 2.2, 45: 1.6},
        {1: 2.2, 4: 1.4, 7: 1.0, 14: 1.4},
    ),
    "angry": (
        {4: 3.0, 5: 2.0, 7: 2.2, 23: 2.6},
        {4: 2.6, 7: 2.0, 17: 2.2, 15: 1.2},
        {4: 2.6, 10: 2.0, 25: 2.6, 26: 1.6, 9: 0.8},
    ),
    "fearful": (
        {1: 2.8, 2: 1.8, 4: 1.8, 5: 2.8, 20: 2.4, 25: 1.6},
        {1: 2.4, 2: 2.0, 5: 2.6, 26: 2.0, 25: 2.0},
        {1: 2.2, 4: 2.0, 7: 1.6, 20: 2.8, 25: 2.0},
    ),
    "disgust": (
        {9: 3.0, 10: 2.2, 4: 1.6, 7: 1.4},
        {10: 2.8, 17: 2.2, 15: 1.2},
        {9: 2.4, 4: 2.0, 25: 2.0, 10: 1.8, 26: 1.2},
    ),
    "surprised": (
        {1: 2.8, 2: 3.0, 5: 2.6, 25: 2.4, 26: 3.2},
        {1: 2.4, 2: 2.6, 5: 2.0},
        {2: 2.0, 5: 2.4, 25: 2.2, 26: 2.6, 12: 1.2},
    ),
}
"""Each emotion in three ways; which one a subject prefers is part of the subject."""

WAY_COUNT = 3
PROTOTYPES = np.array(
    [[[way.get(unit, 0.0) for unit in UNITS] for way in WAYS[emotion]] for emotion in EMOTIONS]
)
"""`(emotions, ways, units)`."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """How one subject's face rests and moves."""

    rest: np.ndarray
    gains: np.ndarray
    habits: np.ndarray
    preference: np.ndarray
    expressiveness: float


@dataclass(frozen=True, kw_only=True)
class Movement:
    """How much clip-to-clip movement and subject-to-subject difference a renderer wants."""

    spread: float
    rest: float
    habit: float


def draw_subject(random: np.random.Generator, *, movement: Movement, variation: float) -> Subject:
    """A subject; `variation` 0 gives everybody the same face at rest and in motion."""
    emotions, units = len(EMOTIONS), len(UNITS)
    preference = random.dirichlet(np.full(WAY_COUNT, 0.8), size=emotions)
    return Subject(
        rest=variation * movement.rest * np.abs(random.normal(size=units)),
        gains=np.exp(variation * 0.3 * random.normal(size=units)),
        habits=variation * movement.habit * random.normal(size=(emotions, units)),
        preference=np.cumsum(preference, axis=1),
        expressiveness=float(np.exp(variation * 0.2 * random.normal())),
    )


def draw_units(
    latents: Latents,
    index: int,
    subject: Subject,
    random: np.random.Generator,
    *,
    movement: Movement,
) -> np.ndarray:
    """The action units of one item, `(units,)` from 0 to 5."""
    drawn = random.random(len(EMOTIONS))
    way = (drawn[:, None] > subject.preference[:, :-1]).sum(axis=1)
    shown = latents.mixture(PROTOTYPES[np.arange(len(EMOTIONS)), way], index)
    moved = shown * subject.expressiveness * subject.gains
    moved = moved + subject.habits[latents.emotions[index]] * latents.intensity[index]
    moved = moved + movement.spread * random.normal(size=len(UNITS))
    return np.asarray(np.clip(subject.rest + moved, 0.0, HIGHEST))
