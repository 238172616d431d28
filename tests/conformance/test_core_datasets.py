"""The datasets that the core brings along, against the suite of datasets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from emobench.testing import DatasetSuite

TONES = {"angry": 220, "happy": 440, "sad": 880}
SPEAKERS = ("ann", "bob", "cleo", "dan", "eve", "finn")
RATE = 8000


class TestSyntheticSpeech(DatasetSuite):
    component = "synthetic-speech"
    options = {"items": 96, "identities": 12, "shortest": 0.5, "longest": 0.6}


class TestSyntheticFace(DatasetSuite):
    component = "synthetic-face"
    options = {"items": 96, "identities": 12}


class TestSyntheticAu(DatasetSuite):
    component = "synthetic-au"
    options = {"items": 96, "identities": 12}


class TestFolderOfClips(DatasetSuite):
    component = "folder"

    def write(self, root: Path) -> Mapping[str, Any]:
        times = np.arange(RATE // 10) / RATE
        for name, tone in TONES.items():
            (root / "clips" / name).mkdir(parents=True)
            for number, speaker in enumerate(SPEAKERS):
                clip = 0.3 * np.sin(2 * np.pi * (tone + number) * times)
                soundfile.write(root / "clips" / name / f"{speaker}_{number}.wav", clip, RATE)
        return {"root": "clips", "group": {"pattern": "^([a-z]+)_"}}


class TestFolderOfPicturesInATable(DatasetSuite):
    component = "folder"

    def write(self, root: Path) -> Mapping[str, Any]:
        (root / "faces").mkdir()
        random = np.random.default_rng(0)
        rows = ["file,emotion,subject"]
        for number, name in enumerate(["happy", "sad"] * 5):
            pixels = random.integers(0, 256, (9, 7, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / "faces" / f"{number}.png")
            rows.append(f"{number}.png,{name},s{number // 2}")
        (root / "faces" / "about.csv").write_text("\n".join(rows))
        return {
            "root": "faces",
            "table": "about.csv",
            "label": {"column": "emotion"},
            "group": {"column": "subject"},
        }

    def relabel(self, root: Path) -> None:
        table = root / "faces" / "about.csv"
        table.write_text(table.read_text().replace("0.png,happy", "0.png,sad"))
