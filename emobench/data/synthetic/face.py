"""`synthetic-face`: the draw as small grey pictures of drawn faces."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from emobench.api import DatasetContext, Items
from emobench.data.synthetic.action_units import Movement, Subject, draw_subject, draw_units
from emobench.data.synthetic.drawing import Face, draw, draw_face_shape, draw_pose
from emobench.data.synthetic.latent import (
    Latents,
    draw_latents,
    fingerprint,
    identity_random,
    item_random,
)
from emobench.data.synthetic.options import FaceOptions

MOVEMENT = Movement(spread=0.2, rest=0.25, habit=0.3)


class SyntheticFace:
    """Pictures of faces whose action units show the drawn emotion on the drawn subject."""

    modalities: tuple[str, ...] = ("image",)
    rates: Mapping[str, int] = {}

    def __init__(self, options: FaceOptions, context: DatasetContext) -> None:
        self.options = options

    @cached_property
    def latents(self) -> Latents:
        """What every picture was drawn from."""
        return draw_latents(self.options)

    @cached_property
    def subjects(self) -> tuple[tuple[Face, Subject], ...]:
        """The subjects: their faces, and how these move."""
        return tuple(self._subject(identity) for identity in range(self.options.identities))

    def _subject(self, identity: int) -> tuple[Face, Subject]:
        random = identity_random(self.options, "face", identity)
        variation = self.options.variation
        face = draw_face_shape(random, variation=variation)
        return face, draw_subject(random, movement=MOVEMENT, variation=variation)

    def items(self) -> Items:
        """The table of pictures: emotion, intensity, subject."""
        return self.latents.items("face", group="subject")

    def true_labels(self) -> np.ndarray:
        """The emotion that each picture shows, before label noise; for tests of the bench."""
        return self.latents.emotions

    def fingerprint(self) -> str:
        """Changes with the options and with the generator."""
        return fingerprint("face", self.options)

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Draw one picture."""
        random = item_random(self.options, "face", index)
        face, subject = self.subjects[self.latents.identity[index]]
        units = draw_units(self.latents, index, subject, random, movement=MOVEMENT)
        return {"image": draw(face, units, draw_pose(random), random)}
