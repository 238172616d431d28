"""A small registry of made-up components, and recipes written to a temporary folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pytest

from emobench.api import Component, Field, Kind, Options, Search
from emobench.registry import Plugin, Registry

PLAIN = """\
schema: 1
frontend: logmel
backbone: {use: cnn, channels: [8, 16]}
head: linear
loss: {use: cross_entropy, label_smoothing: 0.1}
techniques: [{use: mixup, alpha: 0.4}, stopping]
optimizer: {use: adamw, lr: 1e-3}
train: {epochs: 3}
"""


class Mels(Options):
    mels: int = Field(64, ge=1, description="bands")


class Cnn(Options):
    channels: tuple[int, ...] = Field((8,), ge=1, min_length=1, description="widths")
    scale: float | None = Field(None, gt=0, description="factor")


class CrossEntropy(Options):
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="smoothing")
    class_weights: Literal["none", "sqrt"] = Field("none", description="weights")


class Focal(Options):
    gamma: float = Field(2, ge=0, description="focus")
    words: dict[str, str] = Field({}, description="free words")


class AdamW(Options):
    lr: Annotated[float, Search(1e-5, 1e-2, log=True)] = Field(gt=0, description="rate")
    fused: bool = Field(False, description="fused kernel")


class MixUp(Options):
    alpha: float = Field(0.2, gt=0, description="strength")


class Vote(Options):
    weights: tuple[float, ...] | None = Field(None, description="one a member")


COMPONENTS: list[tuple[Kind, str, type[Options] | None]] = [
    ("frontend", "logmel", Mels),
    ("backbone", "cnn", Cnn),
    ("head", "linear", None),
    ("loss", "cross_entropy", CrossEntropy),
    ("loss", "focal", Focal),
    ("optimizer", "adamw", AdamW),
    ("optimizer", "sgd", None),
    ("scheduler", "cosine", None),
    ("sampler", "weighted", None),
    ("technique", "mixup", MixUp),
    ("technique", "stopping", None),
    ("augmentation", "noise", Mels),
    ("postprocessor", "tta", Mels),
    ("combiner", "vote", Vote),
    ("combiner", "stack", None),
]


@pytest.fixture(scope="session")
def registry() -> Registry:
    result = Registry()
    plugin = Plugin(package="acme", version="2.0", module="acme.plugin")
    for kind, name, options in COMPONENTS:
        extra = {} if options is None else {"options": options}
        result.add(kind, Component(name=name, target="a:B", summary="made up", **extra), plugin)
    return result


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a recipe below a temporary working folder; gives its relative path."""
    monkeypatch.chdir(tmp_path)

    def write_recipe(text: str = PLAIN, name: str = "mine.yaml") -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_recipe


@pytest.fixture(scope="session")
def plain_recipe() -> str:
    return PLAIN
