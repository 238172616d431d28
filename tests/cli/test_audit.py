"""`emobench audit`: leaks are told with their evidence, without training, and exit with 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Emobench = Callable[..., Any]


@pytest.fixture
def pictures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures of six people in two classes; one of each is in again, mirrored, as another's."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    random = np.random.default_rng(0)
    for person in range(6):
        for emotion in ("happy", "sad"):
            place = folder / "pictures" / emotion
            place.mkdir(parents=True, exist_ok=True)
            for number in range(4):
                coarse = random.integers(0, 256, (8, 8)).astype(np.uint8)
                image = Image.fromarray(coarse).resize((48, 48), Image.Resampling.BICUBIC)
                image.save(place / f"p{person}_{number}.png")
                if number == 0:
                    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
                    mirrored.save(place / f"p{(person + 1) % 6}_copy.png")
    return folder / "pictures"


def test_copies_across_people_are_found_and_named(pictures: Path, emobench: Emobench) -> None:
    outcome = emobench("audit", "--data", str(pictures), "--group", "^(p\\d)_", "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert document["verdict"] == "leaky"
    (audit,) = document["audits"]
    (found,) = [one for one in audit["findings"] if one["check"] == "near-duplicates"]
    assert found["share"] >= 0.05
    assert all("copy" in one or "copy" in other for one, other in found["pairs"])


def test_a_terminal_reads_what_to_do(pictures: Path, emobench: Emobench) -> None:
    outcome = emobench("audit", "--data", str(pictures), "--group", "^(p\\d)_")
    assert outcome.code == 0
    assert "do: remove all but one of each" in outcome.out


def test_a_task_or_a_folder_must_be_named(emobench: Emobench) -> None:
    outcome = emobench("audit")
    assert outcome.code == 2
    assert "name one task, or a folder of your own with --data DIR" in outcome.err
