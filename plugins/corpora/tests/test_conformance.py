"""Every corpus through the suite of datasets, on a tiny copy in its owner's layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from emobench.testing import DatasetSuite


def write_clips(root: Path, names: Iterator[str]) -> None:
    """One clip of noise a name, no two alike."""
    for seed, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = 0.1 * np.random.default_rng(seed).standard_normal(800)
        soundfile.write(path, samples, 16_000)


def ravdess_names(actors: int) -> Iterator[str]:
    for actor in range(1, actors + 1):
        for emotion in range(1, 9):
            yield f"ravdess/Actor_{actor:02d}/03-01-{emotion:02d}-01-01-01-{actor:02d}.wav"


def emodb_names(speakers: int) -> Iterator[str]:
    for speaker in ("03", "08", "09", "10", "11", "12")[:speakers]:
        for letter in "WLEAFTN":
            yield f"emodb/wav/{speaker}a01{letter}a.wav"


def cremad_names(actors: int) -> Iterator[str]:
    for actor in range(1001, 1001 + actors):
        for emotion in ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"):
            yield f"crema-d/AudioWAV/{actor}_DFA_{emotion}_XX.wav"


def tess_names(words: int) -> Iterator[str]:
    for speaker in ("OAF", "YAF"):
        for word in ("back", "bar", "base")[:words]:
            for emotion in ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad"):
                yield f"tess/{speaker}_{emotion}/{speaker}_{word}_{emotion}.wav"


def savee_names() -> Iterator[str]:
    for speaker in ("DC", "JE", "JK", "KL"):
        for emotion in ("a", "d", "f", "h", "n", "sa", "su"):
            yield f"savee/AudioData/{speaker}/{emotion}01.wav"


def exchange(root: Path, one: str, other: str) -> None:
    """Two clips take each other's names."""
    first, second = (root / one).read_bytes(), (root / other).read_bytes()
    (root / one).write_bytes(second)
    (root / other).write_bytes(first)


class TestRavdess(DatasetSuite):
    component = "ravdess"

    def write(self, root: Path) -> Mapping[str, Any]:
        write_clips(root, ravdess_names(6))
        return {}

    def relabel(self, root: Path) -> None:
        actor = "ravdess/Actor_01"
        exchange(root, f"{actor}/03-01-05-01-01-01-01.wav", f"{actor}/03-01-03-01-01-01-01.wav")


class TestEmodb(DatasetSuite):
    component = "emodb"

    def write(self, root: Path) -> Mapping[str, Any]:
        write_clips(root, emodb_names(6))
        return {}

    def relabel(self, root: Path) -> None:
        exchange(root, "emodb/wav/03a01Fa.wav", "emodb/wav/03a01Ta.wav")


class TestCremad(DatasetSuite):
    component = "crema-d"

    def write(self, root: Path) -> Mapping[str, Any]:
        write_clips(root, cremad_names(6))
        return {}

    def relabel(self, root: Path) -> None:
        old = root / "crema-d/AudioWAV/1001_DFA_ANG_XX.wav"
        old.rename(old.with_name("1001_IEO_SAD_LO.wav"))


class TestTess(DatasetSuite):
    component = "tess"

    def write(self, root: Path) -> Mapping[str, Any]:
        write_clips(root, tess_names(3))
        return {}

    def relabel(self, root: Path) -> None:
        exchange(root, "tess/OAF_angry/OAF_back_angry.wav", "tess/OAF_sad/OAF_back_sad.wav")


class TestSavee(DatasetSuite):
    component = "savee"

    def write(self, root: Path) -> Mapping[str, Any]:
        write_clips(root, savee_names())
        return {}

    def relabel(self, root: Path) -> None:
        exchange(root, "savee/AudioData/DC/a01.wav", "savee/AudioData/DC/sa01.wav")


class TestSpeechCorpora(DatasetSuite):
    component = "speech-corpora"
    options: Mapping[str, Any] = {"test_corpora": ["emodb"]}

    def write(self, root: Path) -> Mapping[str, Any]:
        for names in (ravdess_names(2), emodb_names(2), cremad_names(2), tess_names(1)):
            write_clips(root, names)
        write_clips(root, savee_names())
        return {}

    def relabel(self, root: Path) -> None:
        exchange(root, "emodb/wav/03a01Fa.wav", "emodb/wav/03a01Ta.wav")
