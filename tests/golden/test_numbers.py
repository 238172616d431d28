"""What the loop promises of numbers: equal to the bit, and equal to plain PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emobench.api import Context, RunState, Stream, Target, TaskFacts, event
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import load_registry
from emobench.training.build import build_run, schedule_for
from emobench.training.loop import Diverged, LoopDefaults, fit, train_epoch
from emobench.training.source import PreparedSource, Shuffle

ITEMS, CLASSES, WIDTH = 60, 3, 6
RECIPE = """
schema: 1
frontend: values
backbone: {use: dense, hidden: [16], dropout: 0.2}
head: {use: linear}
loss: {use: cross_entropy}
optimizer: {use: sgd, lr: 0.1, momentum: 0.8, nesterov: false, weight_decay: 0}
train: {epochs: 3, batch_size: 16}
"""


@cache
def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(0, CLASSES, ITEMS)
    features = random.standard_normal((ITEMS, WIDTH)).astype(np.float32)
    features[:, :CLASSES] += 2 * np.eye(CLASSES, dtype=np.float32)[labels]
    return features, labels


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    path = tmp_path / "plain.yaml"
    path.write_text(RECIPE)
    return load_recipe(str(path), registry=load_registry())


def changed(recipe: Recipe, *overrides: str, text: str = "") -> Recipe:
    path = Path(recipe.path)
    path.write_text(RECIPE + text)
    return load_recipe(str(path), overrides=overrides, registry=load_registry())


class Observer:
    def __init__(self) -> None:
        self.metrics: list[dict[str, float]] = []

    def step_done(self, run: RunState, steps: int, totals: Any) -> None: ...

    @event
    def epoch_end(self, metrics: Mapping[str, float]) -> None:
        self.metrics.append(dict(metrics))


def build(recipe: Recipe, *, seed: int = 0) -> tuple[RunState, PreparedSource, Observer]:
    features, labels = data()
    positions = np.arange(ITEMS)
    stream = Stream(seed)
    source = PreparedSource(
        features={"table": features},
        targets={"emotion": labels},
        train_positions=positions[:48],
        validation_positions=positions[48:],
        test_positions=positions[48:],
        sampler=Shuffle(48, stream.child("sampler")),
        batch_size=recipe.train.batch_size,
        device=torch.device("cpu"),
    )
    target = Target(name="emotion", kind="class", classes=("a", "b", "c"))
    context = Context(
        task=TaskFacts(
            name="toy",
            modalities=("table",),
            targets=(target,),
            metric="uar",
            train_items=48,
            class_counts={"emotion": tuple(np.bincount(labels[:48], minlength=3).tolist())},
        ),
        stream=stream,
        schedule=schedule_for(recipe.train.epochs, steps=source.steps),
        modality="table",
        inputs={"table": (WIDTH,)},
    )
    observer = Observer()
    run, _ = build_run(recipe, context=context, registry=load_registry(), observer=observer)
    return run, source, observer


def trained(recipe: Recipe, *, seed: int = 0) -> tuple[dict[str, torch.Tensor], Observer]:
    run, source, observer = build(recipe, seed=seed)
    fit(run, source, observer)
    return dict(run.model.state_dict()), observer


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(recipe: Recipe) -> None:
    first, _ = trained(recipe)
    assert equal(first, trained(recipe)[0])
    assert not equal(first, trained(recipe, seed=1)[0])


def test_learning_happens(recipe: Recipe) -> None:
    _, observer = trained(changed(recipe, "train.epochs=15"))
    assert observer.metrics[-1]["train_accuracy"] > 0.8
    assert observer.metrics[-1]["train_loss"] < 0.7 * observer.metrics[0]["train_loss"]


def test_the_loop_equals_plain_pytorch_to_the_bit(recipe: Recipe) -> None:
    plain = changed(recipe, "backbone.dropout=0")
    ours, _ = trained(plain)
    run, _, _ = build(plain)
    features, labels = (torch.from_numpy(array) for array in data())
    optimizer = torch.optim.SGD(run.model.parameters(), lr=0.1, momentum=0.8)
    run.model.train()
    for epoch in range(3):
        order = Stream(0).child("sampler").numpy(epoch).permutation(48)
        for batch in torch.from_numpy(order).split(16):
            optimizer.zero_grad()
            logits = run.model({"table": features[batch]})["emotion"]
            torch.nn.functional.cross_entropy(logits, labels[batch]).backward()
            optimizer.step()
    assert equal(ours, dict(run.model.state_dict()))


@pytest.mark.parametrize(
    "technique",
    [
        "{use: mixup, alpha: 0}",
        "{use: accumulation, steps: 1}",
        "{use: gradient_clipping, norm: 1e9}",
        "{use: early_stopping, patience: 1000}",
    ],
)
def test_a_technique_at_zero_strength_equals_its_absence(recipe: Recipe, technique: str) -> None:
    without, _ = trained(changed(recipe, "train.epochs=2"))
    having, _ = trained(changed(recipe, "train.epochs=2", text=f"techniques: [{technique}]\n"))
    assert equal(without, having)


def test_a_technique_that_draws_does_not_move_dropout(recipe: Recipe) -> None:
    """Mixing draws from its own stream; what differs is the data alone, not the masks."""

    def masks(text: str) -> list[torch.Tensor]:
        run, source, observer = build(changed(recipe, text=text))
        seen: list[torch.Tensor] = []
        dropout = next(m for m in run.model.modules() if isinstance(m, torch.nn.Dropout))
        dropout.register_forward_hook(lambda module, inputs, output: seen.append(output == 0))
        observer.step_done = lambda *_: None  # type: ignore[method-assign]
        train_epoch(run, source, observer)
        return seen

    plain = masks("")
    mixed = masks("techniques: [{use: mixup, alpha: 0.4}]\n")
    dropped = [(a & b).sum() / a.sum().clamp(min=1) for a, b in zip(plain, mixed, strict=True)]
    assert min(dropped) > 0.5


def test_accumulating_two_halves_equals_one_batch(recipe: Recipe) -> None:
    plain = ("backbone.dropout=0", "backbone.batch_norm=false")
    whole, _ = trained(changed(recipe, *plain, "train.batch_size=16"))
    halves, _ = trained(
        changed(
            recipe,
            *plain,
            "train.batch_size=8",
            text="techniques: [{use: accumulation, steps: 2}]\n",
        )
    )
    for name in whole:
        assert torch.allclose(whole[name], halves[name], atol=1e-6), name


def test_schedules_count_updates_not_micro_batches(recipe: Recipe) -> None:
    run, source, observer = build(
        changed(
            recipe,
            "train.batch_size=8",
            text="scheduler: onecycle\ntechniques: [{use: accumulation, steps: 2}]\n",
        )
    )
    assert (run.schedule.steps_per_epoch, run.schedule.updates_per_epoch) == (6, 3)
    fit(run, source, observer)
    assert run.update == run.schedule.updates == 9


class Penalty:
    """Adds a constant to the loss under its own name."""

    @event
    def loss_terms(self, run: RunState) -> dict[str, torch.Tensor]:
        return {"penalty": torch.tensor(10.0)}


class TwoSteps:
    """Replaces the update by one that looks at the loss twice, as sharpness-aware methods do."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.gradients: list[torch.Tensor] = []

    @event
    def update(self, run: RunState, closure: Any) -> bool:
        parameter = next(iter(run.model.parameters()))
        assert parameter.grad is not None
        before = parameter.grad.clone()
        self.losses.append(float(closure()))
        self.gradients += [before, parameter.grad.clone()]
        run.optimizer.step()
        return True


def connected(run: RunState, technique: object, observer: Observer) -> None:
    from emobench.training.events import connect

    run.hooks = connect({"mine": technique}, defaults=LoopDefaults(), observer=observer)


def test_loss_terms_are_added_to_the_loss(recipe: Recipe) -> None:
    run, source, observer = build(recipe)
    connected(run, Penalty(), observer)
    fit(run, source, observer)
    _, without = trained(recipe)
    added = [
        a["train_loss"] - b["train_loss"]
        for a, b in zip(observer.metrics, without.metrics, strict=True)
    ]
    assert added == pytest.approx([10, 10, 10], abs=1e-4)


def test_the_closure_computes_the_same_gradients_anew(recipe: Recipe) -> None:
    run, source, observer = build(recipe)
    technique = TwoSteps()
    connected(run, technique, observer)
    train_epoch(run, source, observer)
    pairs = zip(technique.gradients[::2], technique.gradients[1::2], strict=True)
    assert all(torch.equal(before, again) for before, again in pairs)


def test_a_loss_that_is_no_number_ends_the_run(recipe: Recipe) -> None:
    run, source, observer = build(changed(recipe, "optimizer.lr=1e30"))
    with pytest.raises(Diverged, match="not finite"):
        fit(run, source, observer)


class StopsAfter:
    """Stops the run at the end of its second epoch."""

    @event
    def epoch_end(self, run: RunState) -> None:
        if run.epoch == 1:
            run.stop("enough")


def test_a_technique_may_end_training(recipe: Recipe) -> None:
    run, source, observer = build(changed(recipe, "train.epochs=9"))
    connected(run, StopsAfter(), observer)
    fit(run, source, observer)
    assert (len(observer.metrics), run.stop_reason) == (2, "enough")


class Averaged:
    """Evaluates with other weights than it trains: wraps evaluate, gives the weights back."""

    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Iterator[Any]:
        kept = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
        run.model.load_state_dict({name: torch.zeros_like(x) for name, x in kept.items()})
        result: Any = yield
        run.model.load_state_dict(kept)
        return result


def test_a_wrapper_may_swap_weights_for_the_evaluation_alone(recipe: Recipe) -> None:
    run, source, observer = build(recipe)
    connected(run, Averaged(), observer)
    fit(run, source, observer)
    straight, _ = trained(recipe)
    assert equal(straight, dict(run.model.state_dict()))
    chance = [row["validation_loss"] for row in observer.metrics]
    assert chance == pytest.approx([np.log(3)] * 3, abs=1e-5)


def test_the_numbers_of_a_seeded_run_stay_what_they_were(recipe: Recipe) -> None:
    """A change here moves scores: say so in the changelog and raise the versions it touches."""
    _, observer = trained(recipe)
    losses = [row["train_loss"] for row in observer.metrics]
    assert losses == pytest.approx([1.138, 1.041, 0.928], abs=1e-3)
    recalls = [row["validation_uar"] for row in observer.metrics]
    assert recalls == pytest.approx([0.389, 0.511, 0.633], abs=1e-3)
