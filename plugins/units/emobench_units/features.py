"""The `unit_features` frontend: which columns of a row are kept, and which are engineered.

The guide recommends "additional features from AUs (ratios, differences, etc.)" and names none. The
pairs here are ours: units that pull one part of the face in opposite directions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
import torch

from emobench.api import Context, UsageError
from emobench_units.columns import (
    CLIP_COLUMNS,
    DEVIATIONS,
    FRAME_COLUMNS,
    INTENSITIES,
    MAXIMA,
    MEANS,
    PRESENCES,
    SHARES,
    intensity_of,
)
from emobench_units.options import Added, Kept, UnitFeaturesOptions

PAIRS = ((12, 15), (6, 7), (1, 4), (2, 4), (5, 7), (25, 23), (26, 17), (20, 14), (10, 9))
"""Lip corners up or down, cheeks or lids, brows up or down (inner, outer), lids wide or tight, lips
parted or tightened, jaw down or chin up, mouth stretched or dimpled, upper lip or nose."""

CALM = 0.5
"""Added to both units of a ratio: two units at rest are even, not 0 / 0."""

LAYOUTS: Mapping[int, Mapping[Kept, tuple[str, ...]]] = {
    len(INTENSITIES): {"intensity": INTENSITIES},
    len(FRAME_COLUMNS): {"intensity": INTENSITIES, "presence": PRESENCES},
    len(CLIP_COLUMNS): {
        "intensity": MEANS,
        "presence": SHARES,
        "statistics": (*MAXIMA, *DEVIATIONS),
    },
}
ORDER: Mapping[int, tuple[str, ...]] = {
    len(INTENSITIES): INTENSITIES,
    len(FRAME_COLUMNS): FRAME_COLUMNS,
    len(CLIP_COLUMNS): CLIP_COLUMNS,
}
"""By the number of columns, which tells a row of ratings, of a frame and of a clip apart."""


def unit_ratios(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The share of the first: (a + c) / (a + b + 2c), from 0 to 1, one half where they are even."""
    shares: np.ndarray = (first + CALM) / (first + second + 2 * CALM)
    return shares


def unit_differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """a - b."""
    return np.asarray(first - second)


FORMULAS = {"ratios": (unit_ratios, "/"), "differences": (unit_differences, "-")}


class UnitFeatures:
    """Columns by group, then ratios and differences of the intensities (of a clip: their means)."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "table"

    def __init__(self, options: UnitFeaturesOptions, context: Context) -> None:
        width = _width(context)
        keep = options.keep
        self.names: tuple[str, ...] = ORDER[width]
        if isinstance(keep, tuple):
            _refuse_absent(keep, width, context.task.name)
            self.names = tuple(name for group in keep for name in LAYOUTS[width][group])
        self.kept = [ORDER[width].index(name) for name in self.names]
        self.added: tuple[Added, ...] = options.add
        self.first, self.second = (
            [intensity_of(unit) for unit in side] for side in zip(*PAIRS, strict=True)
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """What each feature is, such as `AU12_r_max` or `AU12/AU15`."""
        return self.names + tuple(
            f"AU{one:02d}{FORMULAS[how][1]}AU{other:02d}"
            for how in self.added
            for one, other in PAIRS
        )

    def shape(self) -> tuple[int, ...]:
        """How many features."""
        return (len(self.columns),)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Rows to `(batch, features)`."""
        rows = np.stack(items).astype(np.float64)
        first, second = rows[:, self.first], rows[:, self.second]
        added = [FORMULAS[how][0](first, second) for how in self.added]
        features = np.concatenate([rows[:, self.kept], *added], axis=1)
        return torch.from_numpy(features.astype(np.float32))


def _width(context: Context) -> int:
    shape = context.inputs.get("table")
    if shape is None:
        offered = ", ".join(context.inputs) or "nothing"
        raise UsageError(
            f"frontend 'unit_features' reads tables of action units, but task "
            f"'{context.task.name}' offers {offered}; choose a frontend for that"
        )
    if shape[0] not in ORDER:
        raise UsageError(
            f"frontend 'unit_features' reads rows of {', '.join(map(str, ORDER))} columns "
            f"(ratings, a frame, a clip), but task '{context.task.name}' has {shape[0]}; "
            "frontend 'values' takes any table as it is"
        )
    return shape[0]


def _refuse_absent(keep: Sequence[Kept], width: int, task: str) -> None:
    absent = [group for group in keep if group not in LAYOUTS[width]]
    if absent:
        raise UsageError(
            f"frontend 'unit_features': task '{task}' has rows of {width} columns, which hold "
            f"{', '.join(LAYOUTS[width])} and no {absent[0]}; choose of those, or keep: everything"
        )
