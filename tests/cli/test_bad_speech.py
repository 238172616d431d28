"""A corpus whose clips have every fault at once: it is trained on, and what was wrong is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

ACTORS, EMOTIONS = range(1, 7), range(1, 9)
SHORTENED = (
    *("--set", "train.epochs=1", "--set", "train.copies=1"),
    *("--set", "backbone.channels=[4,8,8,4]", "--set", "head.hidden=[8,8,8]"),
)


def name_of(actor: int, emotion: int, repetition: int) -> str:
    return f"03-01-{emotion:02d}-01-01-{repetition:02d}-{actor:02d}"


@pytest.fixture
def corpus(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six actors' clips in the layout of RAVDESS, some at 8, 16 and 48 kHz, some in stereo."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    root = folder / "data" / "ravdess"
    random = np.random.default_rng(0)
    for actor in ACTORS:
        (root / f"Actor_{actor:02d}").mkdir(parents=True)
        for emotion in EMOTIONS:
            for repetition in (1, 2):
                rate = (8_000, 16_000, 48_000)[(actor + emotion + repetition) % 3]
                tone = np.sin(2 * np.pi * 100 * emotion * np.arange(rate // 4) / rate)
                clip = 0.3 * tone + 0.02 * random.standard_normal(len(tone))
                channels = clip if emotion % 2 else np.stack([clip, clip / 2], axis=1)
                path = root / f"Actor_{actor:02d}" / f"{name_of(actor, emotion, repetition)}.wav"
                soundfile.write(path, channels, rate)
    return root


def path_of(corpus: Path, actor: int, emotion: int) -> Path:
    return corpus / f"Actor_{actor:02d}" / f"{name_of(actor, emotion, 2)}.wav"


def run(emobench: Callable[..., Any], recipe: str, *more: str) -> tuple[Any, dict[str, Any]]:
    """Train on it; gives the outcome, and the record."""
    outcome = emobench(
        *("run", recipe, "--task", "ravdess/actors", "--fold", "0", "--data-root", "data"), *more
    )
    assert outcome.code == 0, outcome.err
    (path,) = Path("runs").glob("*/record.json")
    return outcome, json.loads(path.read_text())


@pytest.mark.parametrize("recipe", ["enhanced", "baseline"])
def test_silence_single_samples_stereo_and_mixed_rates_are_trained_on(
    corpus: Path, emobench: Callable[..., Any], recipe: str
) -> None:
    for actor in ACTORS:
        soundfile.write(path_of(corpus, actor, 1), np.zeros(4_000), 16_000)
        soundfile.write(path_of(corpus, actor, 2), np.full(1, 0.5), 16_000)
    changes = SHORTENED if recipe == "enhanced" else ("--set", "train.epochs=1")
    _, record = run(emobench, recipe, *changes)
    assert record["state"] in ("ok", "collapsed")
    assert record["data"]["skipped"] == []
    assert sum(record["data"][part] for part in ("train", "validation", "test")) == 96


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (
            lambda path: soundfile.write(path, np.full(900, np.nan), 16_000, subtype="FLOAT"),
            "not finite",
        ),
        (lambda path: path.write_bytes(path.read_bytes()[:600]), "is truncated"),
        (lambda path: path.write_text("Dear diary"), "cannot be decoded as audio"),
    ],
    ids=["not numbers", "truncated", "text in a sound file's name"],
)
def test_a_clip_that_cannot_be_used_is_left_out_by_name(
    corpus: Path, emobench: Callable[..., Any], spoil: Callable[[Path], None], reason: str
) -> None:
    spoil(path_of(corpus, 3, 5))
    outcome, record = run(emobench, "enhanced", *SHORTENED)
    ((name, why),) = record["data"]["skipped"]
    assert name == name_of(3, 5, 2)
    assert reason in why
    assert "data/" not in why, "a record names no path"
    assert f"warning: {name} is left out: {why}" in outcome.err


def test_files_of_other_kinds_are_not_clips(corpus: Path, emobench: Callable[..., Any]) -> None:
    path = path_of(corpus, 3, 5)
    path.rename(path.with_suffix(".txt"))
    _, record = run(emobench, "enhanced", *SHORTENED)
    assert sum(record["data"][part] for part in ("train", "validation", "test")) == 95
