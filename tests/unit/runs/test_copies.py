"""Stored copies: drawn once from the seed, kept beside the features, the same for every fold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from emobench.api import Items, Stream, Target, UsageError
from emobench.runs.copies import CopiesOf, stored_copies
from emobench.training.source import Augmenter

SPEC = Target(name="emotion", kind="class", classes=("calm", "happy"))


class Clips:
    """Two clips of two samples; counts how often one was decoded."""

    modalities = ("audio",)
    rates: Mapping[str, int] = {"audio": 16_000}

    def __init__(self) -> None:
        self.loads = 0

    def items(self) -> Items:
        return Items(ids=("a", "b"), specs=(SPEC,), targets={"emotion": np.array([0, 1])})

    def fingerprint(self) -> str:
        return "clips"

    def load(self, index: int) -> dict[str, np.ndarray]:
        self.loads += 1
        return {"audio": np.full(2, index, dtype=np.float32)}


class Identity:
    """A frontend that hands its items on."""

    modality = "audio"

    def __init__(self, *, deterministic: bool = True) -> None:
        self.deterministic = deterministic

    def shape(self) -> tuple[int, ...]:
        return (2,)

    def apply(self, items: list[np.ndarray]) -> torch.Tensor:
        return torch.from_numpy(np.stack(items))


class Shift:
    level = "sample"

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        return item + random.uniform(1, 2, size=item.shape).astype(np.float32)


def copies_of(clips: Clips, seed: int = 0) -> CopiesOf:
    augmenter = Augmenter(augmentations={"shift": Shift()}, stream=Stream(seed))
    return CopiesOf(clips, augmenter=augmenter, modality="audio", copies=3)


def stored(cache: Path, clips: Clips, *, seed: int = 0, deterministic: bool = True) -> np.ndarray:
    originals = np.array([[0, 0], [1, 1]], dtype=np.float32)
    return stored_copies(
        copies_of(clips, seed),
        originals,
        frontend=Identity(deterministic=deterministic),
        key={"seed": seed},
        cache=cache,
    ).copies


def test_every_item_has_its_own_copies_and_no_two_are_alike(tmp_path: Path) -> None:
    copies = stored(tmp_path, Clips())
    assert copies.shape == (2, 3, 2)
    assert (np.floor(copies[0]) == 1).all()
    assert (np.floor(copies[1]) == 2).all()
    assert len({row.tobytes() for row in (copies - [[[0]], [[1]]]).reshape(6, 2)}) == 6


def test_copies_are_made_once_a_seed(tmp_path: Path) -> None:
    clips = Clips()
    first = stored(tmp_path, clips)
    decoded = clips.loads
    assert (stored(tmp_path, clips) == first).all()
    assert clips.loads == decoded
    assert (stored(tmp_path, clips, seed=1) != first).all()


def test_copies_of_a_frontend_that_draws_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Identity draws its features anew each time"):
        stored(tmp_path, Clips(), deterministic=False)
