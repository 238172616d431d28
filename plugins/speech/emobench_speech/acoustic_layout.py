"""Which 392 numbers `acoustic392` gives, as data; loads no torch.

`python -m emobench_speech.acoustic_layout` writes the table of its card.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Statistic = Literal["mean", "deviation"]

WINDOW = 2048
HOP = 512
MELS = 128
COEFFICIENTS = 40
"""librosa's defaults, but for the coefficients, of which such feature sets take 40."""

CARD = Path(__file__).parent / "cards" / "frontend" / "acoustic392.md"
TABLE_BEGINS = "<!-- layout -->"
TABLE_ENDS = "<!-- /layout -->"


@dataclass(frozen=True, kw_only=True)
class FeatureGroup:
    """Rows that are measured in every frame, and the statistics taken of each over the clip."""

    name: str
    rows: int
    statistics: tuple[Statistic, ...]
    meaning: str

    @property
    def columns(self) -> int:
        """How many of the 392 numbers come from this group."""
        return self.rows * len(self.statistics)

    def names(self) -> list[str]:
        """Names of its columns: all rows of the first statistic, then those of the second."""
        digits = len(str(self.rows))
        rows = [f"_{row:0{digits}d}" for row in range(1, self.rows + 1)] if self.rows > 1 else [""]
        return [f"{self.name}{row}_{statistic}" for statistic in self.statistics for row in rows]


BOTH: tuple[Statistic, ...] = ("mean", "deviation")

LAYOUT = (
    FeatureGroup(
        name="mfcc", rows=COEFFICIENTS, statistics=BOTH, meaning="shape of the spectrum: MFCC"
    ),
    FeatureGroup(
        name="mfcc_slope",
        rows=COEFFICIENTS,
        statistics=BOTH,
        meaning="how the MFCC move: deltas over 9 frames",
    ),
    FeatureGroup(
        name="mfcc_curvature",
        rows=COEFFICIENTS,
        statistics=("deviation",),
        meaning="delta-deltas; their mean over a clip is next to nothing and left out",
    ),
    FeatureGroup(
        name="mel", rows=MELS, statistics=("mean",), meaning="mel bands of the power, in decibels"
    ),
    FeatureGroup(
        name="chroma",
        rows=12,
        statistics=BOTH,
        meaning="energy of the 12 semitones from C, the loudest 1, tuned to A = 440 Hz",
    ),
    FeatureGroup(
        name="contrast",
        rows=7,
        statistics=BOTH,
        meaning="spectral contrast: peaks above valleys in 7 bands, in decibels",
    ),
    FeatureGroup(
        name="tonnetz",
        rows=6,
        statistics=BOTH,
        meaning="tonal centroids (fifths, minor and major thirds) of that chroma",
    ),
    FeatureGroup(
        name="zero_crossings",
        rows=1,
        statistics=BOTH,
        meaning="share of samples at which the sign changes",
    ),
    FeatureGroup(name="energy", rows=1, statistics=BOTH, meaning="root mean square of the samples"),
    FeatureGroup(name="centroid", rows=1, statistics=BOTH, meaning="centre of the spectrum, in Hz"),
    FeatureGroup(
        name="bandwidth", rows=1, statistics=BOTH, meaning="spread around that centre, in Hz"
    ),
    FeatureGroup(
        name="rolloff",
        rows=1,
        statistics=BOTH,
        meaning="frequency with 85% of the spectrum below it, in Hz",
    ),
    FeatureGroup(
        name="flatness", rows=1, statistics=BOTH, meaning="1 for noise, near 0 for a tone"
    ),
    FeatureGroup(
        name="flux", rows=1, statistics=BOTH, meaning="rise of the mel bands from frame to frame"
    ),
)


def feature_names() -> tuple[str, ...]:
    """Names of the 392 columns, in order."""
    return tuple(name for group in LAYOUT for name in group.names())


def column_slices() -> dict[str, slice]:
    """Where each group's columns lie."""
    places: dict[str, slice] = {}
    start = 0
    for group in LAYOUT:
        places[group.name] = slice(start, start + group.columns)
        start += group.columns
    return places


def layout_table() -> str:
    """The table of groups in markdown, with its sum."""
    lines = [
        "| group | rows | statistics | columns | what it measures, in every frame |",
        "|---|---|---|---|---|",
        *(
            f"| `{group.name}` | {group.rows} | {', '.join(group.statistics)} | {group.columns} "
            f"| {group.meaning} |"
            for group in LAYOUT
        ),
        f"| sum | | | {sum(group.columns for group in LAYOUT)} | |",
    ]
    return "\n".join(lines)


def with_current_layout(card: str) -> str:
    """The card with today's table between its marks."""
    before, _, rest = card.partition(TABLE_BEGINS)
    _, _, after = rest.partition(TABLE_ENDS)
    return f"{before}{TABLE_BEGINS}\n{layout_table()}\n{TABLE_ENDS}{after}"


if __name__ == "__main__":
    CARD.write_text(with_current_layout(CARD.read_text(encoding="utf-8")), encoding="utf-8")
