"""`ravdess-au`: OpenFace's ratings of the RAVDESS videos, a row a clip or a row a frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from emobench.api import DataError, DatasetContext, Items, file_digest
from emobench_units.clips import UnitRows, clip_rows, clips_of, rows_of
from emobench_units.options import RavdessAuOptions
from emobench_units.registration import RAVDESS_AU
from emobench_units.tables import Table, read_table
from emobench_units.unit_items import About, digest_of, make_items

FOLDER = "ravdess-au"
CLIPS_FILE = "clips.csv"
FRAMES_FILE = "frames.csv.gz"

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
"""In the order of their codes, 01 to 08."""

INTENSITY_NAMES = ("normal", "strong")
NAME_PATTERN = re.compile(r"\d\d-\d\d-0[1-8]-0[12]-\d\d-\d\d-\d\d")


@dataclass(frozen=True, kw_only=True)
class ClipName:
    """The fields of a RAVDESS name, such as `01-01-03-02-01-02-05`."""

    emotion: str
    intensity: str
    statement: str
    repetition: str
    actor: str


def parse_name(name: str, *, place: str) -> ClipName:
    """The fields of a clip's name."""
    if not NAME_PATTERN.fullmatch(name):
        raise DataError(
            f"{place}: '{name}' is no RAVDESS name: seven numbers of two digits joined by '-', "
            "the third the emotion (01 to 08), the last the actor, such as 01-01-03-01-02-02-05"
        )
    _, _, emotion, intensity, statement, repetition, actor = name.split("-")
    return ClipName(
        emotion=EMOTIONS[int(emotion) - 1],
        intensity=INTENSITY_NAMES[int(intensity) - 1],
        statement=statement,
        repetition=repetition,
        actor=actor,
    )


class RavdessAu:
    """The tables `clips.csv` and `frames.csv.gz`; words about a clip come from its name."""

    modalities: tuple[str, ...] = ("table",)
    rates: Mapping[str, int] = {}

    def __init__(self, options: RavdessAuOptions, context: DatasetContext) -> None:
        self.options = options
        self.root = Path(context.data_root, FOLDER).expanduser()

    @property
    def file(self) -> Path:
        """The table that is read for the rows asked for."""
        return self.root / (CLIPS_FILE if self.options.rows == "clip" else FRAMES_FILE)

    @cached_property
    def rows(self) -> UnitRows:
        """The rows, read once."""
        if not self.file.is_file():
            raise RAVDESS_AU.missing(str(self.root))
        table = read_table(self.file, place=f"{FOLDER}/{self.file.name}")
        return clip_rows(table, clip="clip") if self.options.rows == "clip" else frame_rows(table)

    @cached_property
    def table(self) -> Items:
        """The items, built once."""
        names = [parse_name(clip, place=f"{FOLDER}/{self.file.name}") for clip in self.rows.clips]
        about = About(
            emotions=tuple(name.emotion for name in names),
            classes=tuple(word for word in EMOTIONS if word in {name.emotion for name in names}),
            groups=tuple(name.actor for name in names),
            group_name="actor",
            fields={
                field: tuple(getattr(name, field) for name in names)
                for field in ("intensity", "statement", "repetition")
            },
        )
        return make_items(self.rows, about, options=self.options)

    def items(self) -> Items:
        """The table of items; raises DataError when the tables are not there or not whole."""
        return self.table

    def fingerprint(self) -> str:
        """A hash of the table's bytes, of labels and actors, and of the options."""
        return digest_of(self.table, self.options, file_digest(self.file))

    def load(self, index: int) -> dict[str, np.ndarray]:
        """One row."""
        return {"table": self.rows.values[index].copy()}


def frame_rows(table: Table) -> UnitRows:
    """Rows of the table of frames, which lists those that OpenFace had tracked."""
    clips, notes = clips_of(table, clip="clip", confidence=0.0)
    return rows_of(clips, rows="frame", notes=notes)
