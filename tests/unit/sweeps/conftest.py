"""A made-up registry, and a recipe of its components."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from emobench.api import Component, Field, Kind, Options, Search
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import Plugin, Registry
from emobench.sweeps.overview import Overview, Shown
from emobench.sweeps.ranges import trace
from emobench.sweeps.searcher import RandomSearch, Searcher
from emobench.sweeps.suggest import Conflict, Suggest

RECIPE = """\
schema: 1
task: made/up
frontend: values
backbone: {use: dense, hidden: [8]}
head: linear
loss: {use: focal, gamma: 2.0, reduction: sum}
optimizer: {use: adamw, lr: 1e-3}
augmentations: [{use: noise, level: 1}, {use: noise, level: 2}]
techniques: [{use: mixup, alpha: 0.4, mode: half}]
train: {epochs: 3, batch_size: 8}
"""


class Dense(Options):
    hidden: Annotated[tuple[int, ...], Search(choices=((8,), (16, 8)))] = Field(
        (8,), description="widths"
    )


class Focal(Options):
    gamma: Annotated[float, Search(0.5, 5.0)] = Field(2.0, description="focus")
    reduction: str = Field("mean", description="not searched")


class AdamW(Options):
    lr: Annotated[float, Search(1e-4, 1e-2, log=True)] = Field(gt=0, description="rate")


class Noise(Options):
    level: Annotated[int, Search(1, 9)] = Field(1, description="strength")


class MixUp(Options):
    alpha: Annotated[float, Search(0.1, 0.8)] = Field(0.2, description="strength")
    mode: str = Field("whole", description="not searched")


class Teacher(Options):
    teacher: str = Field(description="the record of a teacher")
    weight: Annotated[float, Search(0.1, 0.9)] = Field(0.5, description="its share")


class Ordered(Options):
    low: Annotated[int, Search(0, 3)] = Field(0, description="the lower end")
    high: Annotated[int, Search(0, 3)] = Field(3, description="the higher end")

    def conflicts(self) -> list[str]:
        return ["low must lie below high"] if self.low >= self.high else []


class Broken(Options):
    share: Annotated[float, Search(2.0, 3.0)] = Field(0.5, le=1, description="a share")


COMPONENTS: list[tuple[Kind, str, type[Options] | None]] = [
    ("frontend", "values", None),
    ("backbone", "dense", Dense),
    ("head", "linear", None),
    ("loss", "cross_entropy", None),
    ("loss", "focal", Focal),
    ("optimizer", "adamw", AdamW),
    ("optimizer", "sgd", AdamW),
    ("scheduler", "cosine", None),
    ("augmentation", "noise", Noise),
    ("technique", "clipping", Ordered),
    ("technique", "distillation", Teacher),
    ("technique", "mixup", MixUp),
    ("postprocessor", "broken", Broken),
]


@pytest.fixture
def registry() -> Registry:
    """A registry of its own for each test."""
    result = Registry()
    plugin = Plugin(package="acme", version="2.0", module="acme.plugin")
    for kind, name, options in COMPONENTS:
        extra = {} if options is None else {"options": options}
        result.add(kind, Component(name=name, target="a:B", summary="made up", **extra), plugin)
    return result


@pytest.fixture
def recipe(tmp_path: Path, registry: Registry) -> Recipe:
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE)
    return load_recipe(path, registry=registry)


class Noted:
    """Passes on what another suggests, and keeps it."""

    def __init__(self, inner: Suggest) -> None:
        self._inner = inner
        self.values: dict[str, Any] = {}

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        self.values[key] = value = self._inner.one_of(key, choices)
        return value

    def whole(self, key: str, low: int, high: int, *, log: bool) -> int:
        self.values[key] = value = self._inner.whole(key, low, high, log=log)
        return value

    def real(self, key: str, low: float, high: float, *, log: bool) -> float:
        self.values[key] = value = self._inner.real(key, low, high, log=log)
        return value


@pytest.fixture
def noted() -> type[Noted]:
    """Wraps a suggestion; `values` has what was asked of it."""
    return Noted


class MadeUpSearch:
    """A space with a condition and a conflict, and trials of it, without recipes."""

    def build(self, suggest: Suggest) -> None:
        """`gamma` counts with the focal loss alone; a big batch does not go with the widest net."""
        suggest.real("lr", 1e-4, 1.0, log=True)
        batch = suggest.whole("batch", 8, 64, log=True)
        if suggest.one_of("loss", ["cross_entropy", "focal"]) == "focal":
            suggest.real("gamma", 0.0, 4.0, log=False)
        if suggest.one_of("hidden", [[8], [16, 8]]) == [16, 8] and batch > 60:
            raise Conflict("too big")

    def draw(self, searcher: Searcher, trial: int) -> dict[str, Any]:
        """What the searcher suggests for a trial, asked until nothing conflicts."""
        for attempt in itertools.count():
            noted = Noted(searcher.ask(trial, attempt=attempt))
            try:
                self.build(noted)
            except Conflict:
                searcher.refuse(trial)
                continue
            searcher.take(trial, noted.values)
            return noted.values
        raise AssertionError

    def shown(self, index: int, values: Mapping[str, Any], figure: float | None) -> Shown:
        """A trial that was trained to its end, or failed."""
        return Shown(
            index=index,
            state="failed" if figure is None else "ok",
            validation=figure,
            reports={} if figure is None else {1: figure / 2, 3: figure},
            values=values,
            placed=trace(self.build, values),
            origin="searched",
            epochs=3,
        )

    def overview(self, *trials: Shown, **changes: Any) -> Overview:
        """A sweep of these trials."""
        scored = [trial for trial in trials if trial.validation is not None]
        best = max(scored, key=lambda trial: trial.validation or 0.0, default=None)
        plain = Overview(
            name="mine-1a2b",
            task="made/up",
            metric="uar",
            trials=trials,
            best=best.index if best else None,
        )
        return replace(plain, **changes)

    def sweep(self, count: int, **changes: Any) -> Overview:
        """Trials by chance whose figure is that of the learning rate and of the loss alone."""
        trials = []
        for index in range(count):
            values = self.draw(RandomSearch(seed=0), index)
            figure = 0.7 - 0.1 * abs(math.log10(values["lr"]) + 2)
            figure += 0.05 * (values["loss"] == "focal")
            trials.append(self.shown(index, values, figure))
        return self.overview(*trials, **changes)


@pytest.fixture
def search() -> MadeUpSearch:
    return MadeUpSearch()
