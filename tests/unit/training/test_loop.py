"""Evaluation in the loop: what a technique sees of the truth, and what it may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from emobench.api import Batch, Evaluation, RunState, Schedule, Stream, Target, TaskFacts, event
from emobench.training.events import connect
from emobench.training.loop import Diverged, LoopDefaults, fit
from emobench.training.source import PreparedSource, Shuffle

ITEMS, CLASSES = 40, 3


class Model(torch.nn.Module):
    """Logits straight from the inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, CLASSES)

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"emotion": self.layer(inputs["table"])}


class StillRate:
    def after_update(self, update: int) -> None: ...

    def after_epoch(self, metrics: Mapping[str, float]) -> None: ...


class Noting:
    """Keeps the metrics of every epoch."""

    def __init__(self) -> None:
        self.seen: list[dict[str, float]] = []

    def step_done(self, run: RunState, steps: int, totals: Any) -> None: ...

    @event
    def epoch_end(self, metrics: Mapping[str, float]) -> None:
        self.seen.append(dict(metrics))


def loss(logits: torch.Tensor, targets: torch.Tensor, weights: Any = None) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits, targets)


@pytest.fixture
def source() -> PreparedSource:
    random = np.random.default_rng(0)
    return PreparedSource(
        features={"table": random.standard_normal((ITEMS, 4)).astype(np.float32)},
        targets={"emotion": random.integers(0, CLASSES, ITEMS)},
        train_positions=np.arange(20),
        validation_positions=np.arange(20, 30),
        test_positions=np.arange(30, 40),
        sampler=Shuffle(20, Stream(0)),
        batch_size=10,
        device=torch.device("cpu"),
    )


def run_with(technique: object, observer: Noting | None = None) -> RunState:
    target = Target(name="emotion", kind="class", classes=("a", "b", "c"))
    torch.manual_seed(0)
    model = Model()
    task = TaskFacts(
        name="toy", modalities=("table",), targets=(target,), metric="uar", train_items=20
    )
    return RunState(
        task=task,
        stream=Stream(0),
        schedule=Schedule(epochs=2, updates_per_epoch=2, steps_per_epoch=2),
        device=torch.device("cpu"),
        model=model,
        losses={"emotion": loss},
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        scheduler=StillRate(),
        hooks=connect({"mine": technique}, defaults=LoopDefaults(), observer=observer),
    )


class Knowing:
    """Takes whatever truth a batch carries for its answer."""

    def __init__(self) -> None:
        self.carried: list[dict[str, torch.Tensor]] = []

    @event(wrapper=True)
    def predict(self, batch: Batch) -> Iterator[Any]:
        self.carried.append(batch.targets)
        output: Any = yield
        truth = batch.targets.get("emotion")
        if truth is None:
            return output
        return {"emotion": 5 * torch.nn.functional.one_hot(truth, CLASSES).float()}


@pytest.mark.parametrize("part", ["validation", "test"])
def test_predict_is_handed_no_truth(source: PreparedSource, part: str) -> None:
    knowing = Knowing()
    run = run_with(knowing)
    run.hooks.evaluate(run=run, loader=getattr(source, part)())
    assert knowing.carried == [{}]


def test_the_test_set_is_evaluated_to_logits_alone(source: PreparedSource) -> None:
    run = run_with(Knowing())
    found: Evaluation = run.hooks.evaluate(run=run, loader=source.test())
    with torch.no_grad():
        expected = run.model({"table": torch.from_numpy(source.features["table"][30:])})
    np.testing.assert_array_equal(found.logits["emotion"], expected["emotion"].numpy())
    assert (found.targets, found.metrics) == ({}, {})
    assert found.items.tolist() == list(range(30, 40))


def test_validation_is_scored_against_the_data(source: PreparedSource) -> None:
    run = run_with(Knowing())
    found: Evaluation = run.hooks.evaluate(run=run, loader=source.validation())
    truth = source.targets["emotion"][20:30]
    assert found.targets["emotion"].tolist() == truth.tolist()
    right = found.logits["emotion"].argmax(axis=1) == truth
    assert found.metrics["accuracy"] == pytest.approx(float(right.mean()))
    powers = np.exp(found.logits["emotion"].astype(float))
    shares = powers[np.arange(10), truth] / powers.sum(axis=1)
    assert found.metrics["loss"] == pytest.approx(float(-np.log(shares).mean()), rel=1e-5)


def test_logits_of_the_test_set_that_are_not_finite_end_the_run(source: PreparedSource) -> None:
    source.features["table"][35] = np.nan
    run = run_with(Knowing())
    with pytest.raises(Diverged, match="the model's output is not finite after epoch 1"):
        run.hooks.evaluate(run=run, loader=source.test())


class Flattering:
    @event
    def epoch_end(self, metrics: dict[str, float]) -> None:
        metrics["validation_uar"] = 1.0


def test_no_technique_changes_what_the_best_epoch_is_picked_by(source: PreparedSource) -> None:
    noting = Noting()
    with pytest.raises(TypeError, match="does not support item assignment"):
        fit(run_with(Flattering(), noting), source, noting)
    assert noting.seen == []
