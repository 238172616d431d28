"""`synthetic-au`: the draw as a row of action-unit intensities, as OpenFace would rate a face."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from emobench.api import DatasetContext, Items
from emobench.data.synthetic.action_units import (
    COLUMNS,
    HIGHEST,
    Movement,
    Subject,
    draw_subject,
    draw_units,
)
from emobench.data.synthetic.latent import (
    Latents,
    draw_latents,
    fingerprint,
    identity_random,
    item_random,
)
from emobench.data.synthetic.options import TableOptions

MOVEMENT = Movement(spread=0.55, rest=0.6, habit=0.5)
RATER_NOISE = 0.25
"""Deviation of a rating from the face that was rated."""


class SyntheticTable:
    """Rows of action-unit intensities that show the drawn emotion on the drawn subject."""

    modalities: tuple[str, ...] = ("table",)
    rates: Mapping[str, int] = {}
    columns: tuple[str, ...] = COLUMNS

    def __init__(self, options: TableOptions, context: DatasetContext) -> None:
        self.options = options

    @cached_property
    def latents(self) -> Latents:
        """What every row was drawn from."""
        return draw_latents(self.options)

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """The subjects."""
        return tuple(
            draw_subject(
                identity_random(self.options, "au", identity),
                movement=MOVEMENT,
                variation=self.options.variation,
            )
            for identity in range(self.options.identities)
        )

    def items(self) -> Items:
        """The table of rows: emotion, intensity, subject."""
        return self.latents.items("au", group="subject")

    def true_labels(self) -> np.ndarray:
        """The emotion that each row shows, before label noise; for tests of the bench."""
        return self.latents.emotions

    def fingerprint(self) -> str:
        """Changes with the options and with the generator."""
        return fingerprint("au", self.options)

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Rate one face."""
        random = item_random(self.options, "au", index)
        subject = self.subjects[self.latents.identity[index]]
        units = draw_units(self.latents, index, subject, random, movement=MOVEMENT)
        rated = units + RATER_NOISE * random.normal(size=len(units))
        # Two decimals, as the real tables have: it also hides processors' last-bit differences.
        return {"table": np.clip(np.round(rated, 2), 0.0, HIGHEST).astype(np.float32)}
