"""Options of every component in this package. Loads neither torch nor numpy."""

from __future__ import annotations

from typing import Annotated, Literal

from emobench.api import Field, Options, Search, Where

Rows = Literal["clip", "frame"]
TargetChoice = Literal["emotion", "generated", "generated-before"]
Kept = Literal["intensity", "presence", "statistics"]
Added = Literal["ratios", "differences"]


class UnitRowsOptions(Options):
    """What the datasets of this package share: what a row is, and what is predicted."""

    rows: Rows = Field(
        "clip", description="clip: a row of statistics for each clip; frame: every frame is a row"
    )
    target: TargetChoice = Field(
        "emotion",
        description="emotion: the label that the data carry; generated and generated-before: six "
        "labels computed from the row's own intensities, by the guide's later and earlier "
        "divisors: a function of the inputs, which the audit marks",
    )
    soft: bool = Field(
        True,
        description="generated labels keep their shares from 0 to 1; false: 1 above one half, "
        "else 0",
    )


class RavdessAuOptions(UnitRowsOptions):
    """Options of `ravdess-au`."""


class SyntheticUnitsOptions(UnitRowsOptions):
    """Options of `synthetic-units`."""

    clips: int = Field(480, ge=16, description="how many clips are drawn")
    subjects: int = Field(24, ge=4, description="how many subjects share the clips")
    frames: int = Field(30, ge=2, le=1000, description="frames of a clip")
    variation: float = Field(
        1.0, ge=0, le=2, description="how much subjects differ at rest and in motion"
    )
    noise: float = Field(0.3, ge=0, le=2, description="deviation of a frame's rating from the face")
    seed: int = Field(0, ge=0, description="seed of everything drawn; part of the data")

    def conflicts(self) -> list[str]:
        """Every subject needs a clip of its own."""
        if self.clips >= self.subjects:
            return []
        return [f"clips ({self.clips}) must be at least subjects ({self.subjects})"]


class OpenFaceOptions(UnitRowsOptions):
    """Options of `openface`."""

    root: str = Field(
        description="folder that holds the CSV files; relative to the task file that names it"
    )
    table: str = Field(
        "",
        description="one CSV file with all clips, relative to root: a row a frame, or a row a clip "
        "(AU01_r_mean, ...); without it every CSV file below root holds the frames of one clip",
    )
    clip: str = Field(
        "clip", description="column of the table that names a row's clip; unused without a table"
    )
    label: Where = Field(
        Where(folder=1),
        description="where a clip's emotion is found; its parent folder by default",
    )
    group: Where = Field(
        Where(), description="where its actor or subject is found; kept apart in a split"
    )
    labels: dict[str, str] = Field(
        {}, description="class names by the labels found; labels that it lacks are refused"
    )
    confidence: float = Field(
        0.8, ge=0, le=1, description="frames that OpenFace trusts less than this are left out"
    )

    def conflicts(self) -> list[str]:
        """An emotion needs a place, columns need a table and folders need files."""
        places = {"label": self.label, "group": self.group}
        if self.target != "emotion":
            del places["label"]
        elif not self.label.given:
            return ["label: say where it is found, or set target: generated"]
        found = [
            f"{name}.column needs a table: give table: FILE.csv"
            for name, place in places.items()
            if place.column and not self.table
        ]
        return found + [
            f"{name}.folder counts folders above a clip's file, and a table has none; give "
            f"{name}: {{column: ...}} or {{pattern: ...}}"
            for name, place in places.items()
            if place.folder and self.table
        ]


class UnitFeaturesOptions(Options):
    """Options of the `unit_features` frontend."""

    keep: Annotated[
        Literal["everything"] | tuple[Kept, ...],
        Search(choices=("everything", ("intensity",))),
    ] = Field(
        "everything",
        min_length=1,
        description="columns of the table that are kept: everything, or a list of intensity, "
        "presence and statistics (the clip's maxima and deviations)",
    )
    add: Annotated[
        tuple[Added, ...],
        Search(choices=((), ("ratios",), ("differences",), ("ratios", "differences"))),
    ] = Field(
        (), description="columns computed from the intensities: a list of ratios and differences"
    )

    def conflicts(self) -> list[str]:
        """No group twice."""
        named = [*(self.keep if isinstance(self.keep, tuple) else ()), *self.add]
        twice = sorted({name for name in named if named.count(name) > 1})
        return [f"'{name}' is listed twice" for name in twice]
