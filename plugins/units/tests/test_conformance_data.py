"""The datasets of this package against the suite of their kind."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emobench.testing import DatasetSuite
from emobench_units.columns import CLIP_COLUMNS, FRAME_COLUMNS

EMOTIONS = ("happy", "sad", "angry")
SUBJECTS = ("s1", "s2", "s3", "s4", "s5", "s6")


def write_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    lines = [",".join(header), *(",".join(map(str, row)) for row in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
    else:
        path.write_text(text)


def replace_in(path: Path, old: str, new: str) -> None:
    packed = path.suffix == ".gz"
    text = gzip.decompress(path.read_bytes()).decode() if packed else path.read_text()
    assert old in text
    changed = text.replace(old, new)
    path.write_bytes(gzip.compress(changed.encode())) if packed else path.write_text(changed)


def frames_of(index: int, count: int = 4) -> np.ndarray:
    random = np.random.default_rng(index)
    ratings = np.round(random.gamma(1.0, size=(count, 17)) + 0.3 * (index % 3), 2)
    return np.concatenate([ratings, random.integers(0, 2, (count, 18))], axis=1)


class TestSyntheticUnits(DatasetSuite):
    component = "synthetic-units"
    options = {"clips": 96, "subjects": 12, "frames": 6}


class TestSyntheticUnitsFrameByFrame(DatasetSuite):
    component = "synthetic-units"
    options = {"clips": 48, "subjects": 12, "frames": 4, "rows": "frame"}


class TestSyntheticUnitsWithGeneratedLabels(DatasetSuite):
    component = "synthetic-units"
    options = {"clips": 96, "subjects": 12, "frames": 6, "target": "generated"}


class OpenFaceFolder(DatasetSuite):
    """One file a clip, in class folders, the subject in the file's name."""

    component = "openface"

    def write(self, root: Path) -> Mapping[str, Any]:
        header = ["frame", " confidence", " success", *(f" {name}" for name in FRAME_COLUMNS)]
        places = [(emotion, subject) for emotion in EMOTIONS for subject in SUBJECTS]
        for index, (emotion, subject) in enumerate(places):
            rows = [[at, 0.9, 1, *frame] for at, frame in enumerate(frames_of(index))]
            write_rows(root / "processed" / emotion / f"{subject}_a.csv", header, rows)
        return {"root": "processed", "group": {"pattern": "^(?P<subject>[^_]+)_"}}


class TestOpenFaceFolder(OpenFaceFolder):
    pass


class TestOpenFaceFolderFrameByFrame(OpenFaceFolder):
    options = {"rows": "frame"}


class TestOpenFaceFolderWithGeneratedLabels(OpenFaceFolder):
    options = {"target": "generated-before"}

    def relabel(self, root: Path) -> None:
        """The label follows from what a file holds."""
        other = root / "processed" / "angry" / "s2_a.csv"
        (root / "processed" / "happy" / "s1_a.csv").write_bytes(other.read_bytes())


class TestOpenFaceTable(DatasetSuite):
    component = "openface"

    def write(self, root: Path) -> Mapping[str, Any]:
        rows: list[list[object]] = []
        for index in range(12):
            words = [f"clip{index:02d}", EMOTIONS[index % 3], SUBJECTS[index % 6]]
            rows += [[*words, at, *frame] for at, frame in enumerate(frames_of(index))]
        write_rows(
            root / "faces" / "all.csv", ["clip", "emotion", "who", "frame", *FRAME_COLUMNS], rows
        )
        return {
            "root": "faces",
            "table": "all.csv",
            "label": {"column": "emotion"},
            "group": {"column": "who"},
        }

    def relabel(self, root: Path) -> None:
        replace_in(root / "faces" / "all.csv", "clip00,happy", "clip00,sad")


def ravdess_names() -> list[str]:
    """Every emotion twice of each of the five actors."""
    return [
        f"01-01-{emotion:02d}-01-01-{take:02d}-{actor:02d}"
        for emotion in range(1, 9)
        for take in (1, 2)
        for actor in range(1, 6)
    ]


class TestRavdessAu(DatasetSuite):
    component = "ravdess-au"

    def write(self, root: Path) -> Mapping[str, Any]:
        random = np.random.default_rng(0)
        values = np.round(random.gamma(1.0, size=(80, 69)), 5)
        rows = [[name, *row] for name, row in zip(ravdess_names(), values, strict=True)]
        write_rows(root / "ravdess-au" / "clips.csv", ["clip", *CLIP_COLUMNS], rows)
        return {}

    def relabel(self, root: Path) -> None:
        replace_in(
            root / "ravdess-au" / "clips.csv", "01-01-03-01-01-01-02,", "01-01-04-02-01-01-02,"
        )


class TestRavdessAuFrameByFrame(DatasetSuite):
    component = "ravdess-au"
    options = {"rows": "frame"}

    def write(self, root: Path) -> Mapping[str, Any]:
        rows = [
            [name, at, *frame]
            for index, name in enumerate(ravdess_names())
            for at, frame in enumerate(frames_of(index, count=2))
        ]
        write_rows(root / "ravdess-au" / "frames.csv.gz", ["clip", "frame", *FRAME_COLUMNS], rows)
        return {}

    def change(self, path: Path) -> None:
        replace_in(path, ",0.", ",1.")

    def relabel(self, root: Path) -> None:
        replace_in(
            root / "ravdess-au" / "frames.csv.gz", "01-01-03-01-01-01-02,", "01-01-04-02-01-01-02,"
        )
