"""The columns that OpenFace writes, and the three layouts of a row that this package reads.

frame  (35)   17 intensities, 18 presences
clip   (69)   17 mean intensities, their maxima, their deviations, 18 shares of presence
rating (17)   intensities alone, as the embedded `synthetic-au` gives
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
"""The units that OpenFace rates from 0 to 5, by number of the Facial Action Coding System."""

PRESENCE_UNITS = (*UNITS[:15], 26, 28, 45)
"""The units that it calls present or absent: those, and lip suck."""

INTENSITIES = tuple(f"AU{unit:02d}_r" for unit in UNITS)
PRESENCES = tuple(f"AU{unit:02d}_c" for unit in PRESENCE_UNITS)
FRAME_COLUMNS = (*INTENSITIES, *PRESENCES)
MEANS = tuple(f"{name}_mean" for name in INTENSITIES)
MAXIMA = tuple(f"{name}_max" for name in INTENSITIES)
DEVIATIONS = tuple(f"{name}_std" for name in INTENSITIES)
SHARES = tuple(f"{name}_mean" for name in PRESENCES)
CLIP_COLUMNS = (*MEANS, *MAXIMA, *DEVIATIONS, *SHARES)

INTENSITY_COUNT = len(INTENSITIES)
NAMED = 4
"""Missing columns that a message names."""


def lacking(columns: Sequence[str], *, found: Collection[str]) -> str:
    """Which of the columns are not among those found, each with the nearest; empty when none."""
    gone = [name for name in columns if name not in found]
    if not gone:
        return ""
    told = []
    for name in gone[:NAMED]:
        near = difflib.get_close_matches(name, sorted(found), n=1, cutoff=0.7)
        told.append(f"'{name}' (nearest: '{near[0]}')" if near else f"'{name}'")
    more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
    return f"{len(gone)} of {len(columns)} columns of action units are missing: " + (
        ", ".join(told) + more
    )


def intensity_of(unit: int) -> int:
    """Where the unit's intensity (or its mean) stands in a row of any layout."""
    return UNITS.index(unit)
