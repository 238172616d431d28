"""What is watched of a training: the figures are true, and watching changes nothing."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from emobench.api import (
    Batch,
    Features,
    RunState,
    Schedule,
    Step,
    Stream,
    Target,
    TaskFacts,
    event,
)
from emobench.training.build import ConstantRate
from emobench.training.events import connect
from emobench.training.evidence import Watch, loss_slopes, prediction_figures
from emobench.training.loop import LoopDefaults, fit
from emobench.training.model import EmotionModel
from emobench.training.probes import Probe, dropout_kept
from emobench.training.source import PreparedSource, Shuffle

CLASSES = ("calm", "happy", "sad")
TARGET = Target(name="emotion", kind="class", classes=CLASSES)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.width = 8
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.25))

    def forward(self, inputs: dict[str, torch.Tensor]) -> Features:
        return Features(embedding=self.layers(inputs["table"]))


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 3)

    def forward(self, features: Features) -> torch.Tensor:
        logits: torch.Tensor = self.linear(features.embedding)
        return logits


class Loss:
    kinds: ClassVar[frozenset[str]] = frozenset({"class"})

    def __init__(self, weights: list[float] | None = None, scale: float = 1.0) -> None:
        self.weights = torch.tensor(weights) if weights else None
        self.scale = scale

    def __call__(self, logits: Any, targets: Any, weights: Any = None) -> torch.Tensor:
        return self.scale * functional.cross_entropy(logits, targets, weight=self.weights)


class Watching:
    """Lends its ears to a watch, as the executor's observer does."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.rows: list[dict[str, float]] = []

    def step_done(self, run: RunState, steps: int, totals: Any) -> None: ...

    @event
    def fit_start(self, run: RunState) -> None:
        self.watch.fit_start(run)

    @event
    def epoch_start(self, run: RunState) -> None:
        self.watch.epoch_start(run)

    @event(wrapper=True)
    def transform_batch(self, batch: Batch) -> Any:
        yield from self.watch.transform_batch(batch)

    @event
    def before_update(self, run: RunState, window: list[Step]) -> None:
        self.watch.before_update(run, window)

    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Any:
        return (yield from self.watch.evaluate(run))

    @event
    def epoch_end(self, run: RunState) -> None:
        self.rows.append(self.watch.figures(run))


class Unwatched:
    def step_done(self, run: RunState, steps: int, totals: Any) -> None: ...


class AllCalm:
    @event
    def transform_batch(self, batch: Batch) -> None:
        batch.targets["emotion"] = torch.zeros_like(batch.targets["emotion"])


def trained(observer: Any, *, loss: Loss | None = None, technique: Any = None) -> RunState:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 0, 0, 1, 1, 2], 12)
    features = random.standard_normal((72, 4)).astype(np.float32)
    positions, stream = np.arange(72), Stream(0)
    source = PreparedSource(
        features={"table": features},
        targets={"emotion": labels},
        train_positions=positions[:60],
        validation_positions=positions[60:],
        test_positions=positions[60:],
        sampler=Shuffle(60, stream.child("sampler")),
        batch_size=20,
        device=torch.device("cpu"),
    )
    torch.manual_seed(0)
    model = EmotionModel(Net(), {"emotion": Head()})
    run = RunState(
        task=TaskFacts(
            name="t", modalities=("table",), targets=(TARGET,), metric="uar", train_items=60
        ),
        stream=stream,
        schedule=Schedule(epochs=3, updates_per_epoch=3, steps_per_epoch=3),
        device=torch.device("cpu"),
        model=model,
        losses={"emotion": loss or Loss()},
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        scheduler=ConstantRate(),
        hooks=connect(
            {"technique": technique} if technique else {},
            defaults=LoopDefaults(),
            observer=observer,
        ),
    )
    fit(run, source, observer)
    return run


def watched(**changes: Any) -> list[dict[str, float]]:
    watching = Watching()
    trained(watching, **changes)
    return watching.rows


def test_watching_changes_no_weight_and_no_draw() -> None:
    watching = Watching()
    with_it, without = trained(watching), trained(Unwatched())
    for name, value in without.model.state_dict().items():
        assert torch.equal(with_it.model.state_dict()[name], value), name


def test_shares_of_labels_and_predictions_add_up() -> None:
    rows = watched()
    for row in rows:
        for name in ("taught", "predicted", "pull"):
            shares = [row[f"{name}.{label}"] for label in CLASSES]
            assert sum(shares) == pytest.approx(1.0)
    assert rows[0]["taught.calm"] == pytest.approx(36 / 60)


def test_labels_that_a_technique_changes_are_counted() -> None:
    row = watched(technique=AllCalm())[-1]
    assert row["taught.calm"] == 1.0
    assert row["labels_moved"] == pytest.approx(24 / 60)
    assert row["labels_shifted"] == pytest.approx(24 / 60)


def test_a_weighted_loss_pulls_at_classes_by_its_weights() -> None:
    row = watched(loss=Loss([1.0, 2.0, 3.0]))[0]
    pull = np.array([36 * 1, 24 * 2, 0 * 3])
    assert [row[f"pull.{label}"] for label in CLASSES] == pytest.approx(
        (pull / pull.sum()).tolist()
    )


@pytest.mark.parametrize("scale", [1.0, 0.25, 1e-4])
def test_the_slope_of_a_scaled_cross_entropy_is_its_scale(scale: float) -> None:
    slopes = loss_slopes(trained(Unwatched(), loss=Loss(scale=scale)), TARGET)
    assert slopes is not None
    assert slopes.tolist() == pytest.approx([scale] * 3)


def test_a_loss_that_refuses_the_question_is_left_alone() -> None:
    run = trained(Unwatched())
    run.losses = {"emotion": lambda *_: 1 / 0}  # type: ignore[dict-item]
    assert loss_slopes(run, TARGET) is None


@pytest.mark.parametrize("size", [3e38, np.inf])
def test_logits_of_a_model_that_blew_up_are_figures_and_no_failure(size: float) -> None:
    logits = np.tile(np.array([size, -size, 0.0], dtype=np.float32), (5, 1))
    figures = prediction_figures(TARGET, logits)
    assert figures["logit_spread"] > 1e38 or math.isnan(figures["logit_spread"])


def test_logits_that_say_the_same_of_all_items_do_not_vary() -> None:
    figures = prediction_figures(TARGET, np.tile([2.0, 0.0, 1.0], (5, 1)))
    assert figures["logit_variation"] == 0.0
    assert figures["logit_spread"] == pytest.approx(np.std([2.0, 0.0, 1.0]))
    assert figures["predicted.calm"] == 1.0


def test_dropout_in_a_row_multiplies() -> None:
    model: Any = nn.Sequential(nn.Dropout(0.5), nn.Linear(1, 1), nn.Dropout(0.2))
    assert dropout_kept(model) == pytest.approx(0.4)


def probe(model: nn.Module, inputs: torch.Tensor) -> dict[str, float]:
    batch = Batch(
        inputs={"table": inputs},
        targets={"emotion": torch.zeros(len(inputs), dtype=torch.long)},
        items=torch.arange(len(inputs)),
    )
    step = Step(batch=batch, epoch=0, index=0, output={"emotion": torch.zeros(len(inputs), 3)})
    found = Probe.of(step, "emotion", items=64)
    assert found is not None
    anything: Any = model
    return found.figures(anything)


class Still(nn.Module):
    """A net whose ReLU passes half of its four units, behind batch norm without history."""

    def __init__(self, shift: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.relu = nn.ReLU()
        self.shift = torch.tensor([0.0, 0.0, -1e9, -1e9])
        assert self.norm.running_mean is not None
        self.norm.running_mean.fill_(shift)

    def forward(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        passed = self.relu(self.norm(inputs["table"]) + self.shift)
        return {"emotion": passed[:, :3]}


def standard(items: int) -> torch.Tensor:
    values = torch.randn(items, 4, generator=torch.Generator().manual_seed(0))
    return (values - values.mean(0)) / values.std(0, correction=0)


def test_units_that_never_speak_are_counted_dead() -> None:
    assert probe(Still(), standard(32))["dead_units"] == 0.5


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_the_lag_of_batch_norm_is_in_deviations(shift: float) -> None:
    assert probe(Still(shift), standard(32))["norm_shift"] == pytest.approx(shift, abs=1e-4)


def test_a_probe_leaves_the_mode_and_the_hooks_as_they_were() -> None:
    model = Still().train()
    probe(model, standard(16))
    assert model.training
    assert not model.relu._forward_hooks
    assert not model.norm._forward_pre_hooks
    assert not math.isnan(float(model.norm.running_mean.sum()))  # type: ignore[union-attr]
