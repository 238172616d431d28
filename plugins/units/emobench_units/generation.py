"""The guide's label generation: soft labels of six emotions from action-unit intensities.

A label is the mean intensity of the emotion's units, divided and cut at 1. The guide gives the
divisors, "less conservative normalization", and is silent about the units: those are ours, after
the usual prototypes (Ekman & Friesen's EMFACS; guilt and anxiety, which have none there, after
sadness and fear). A target made so is a function of the inputs, and `DERIVED` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from emobench_units.columns import intensity_of

Divisors = Literal["before", "improved"]

GENERATED_UNITS: Mapping[str, tuple[int, ...]] = {
    "happiness": (6, 12),
    "anger": (4, 5, 7, 23),
    "sadness": (1, 4, 15),
    "guilt": (1, 4, 14, 17),
    "fear": (1, 2, 4, 5, 7, 20, 26),
    "anxiety": (1, 2, 4, 20),
}
GENERATED_CLASSES = tuple(GENERATED_UNITS)

DIVISORS: Mapping[Divisors, Mapping[str, float]] = {
    "before": {
        "happiness": 2.5,
        "anger": 2.0,
        "sadness": 2.0,
        "guilt": 2.0,
        "fear": 1.5,
        "anxiety": 1.5,
    },
    "improved": {
        "happiness": 1.5,
        "anger": 1.2,
        "sadness": 1.2,
        "guilt": 1.2,
        "fear": 1.0,
        "anxiety": 1.0,
    },
}
"""The guide's section 2: `/1.5` instead of `/2.5`, and so on."""

THRESHOLD = 0.5
"""A label is present above it, as the guide has it."""

DERIVED = "the row's own action-unit intensities, by the guide's rule for generated labels"


def generate_labels(rows: np.ndarray, *, divisors: Divisors, soft: bool = True) -> np.ndarray:
    """Labels `(rows, 6)` from rows of any layout; hard ones are 1 above one half."""
    means = np.stack(
        [
            rows[:, [intensity_of(unit) for unit in units]].mean(axis=1, dtype=np.float64)
            for units in GENERATED_UNITS.values()
        ],
        axis=1,
    )
    shares: np.ndarray = np.clip(means / np.array(list(DIVISORS[divisors].values())), 0.0, 1.0)
    return shares.astype(np.float32) if soft else (shares > THRESHOLD).astype(np.float32)


def distribution_words(labels: np.ndarray) -> str:
    """How often each label is present, for the user to see before training."""
    counts = (labels > THRESHOLD).sum(axis=0)
    means = labels.mean(axis=0)
    shown = (
        f"{name} {count} ({100 * count / max(1, len(labels)):.0f}%, mean {mean:.2f})"
        for name, count, mean in zip(GENERATED_CLASSES, counts, means, strict=True)
    )
    return f"labels above one half, of {len(labels)} rows: {', '.join(shown)}"
