"""The loop against a hand-written PyTorch loop that does the same work on the same data.

Three epochs take turns: by hand, by the loop alone, and by the loop with what a run watches for a
later diagnosis. All start from the same weights and end with equal ones; the script prints the
ratios of their processor times (medians over the turns) at a step of about 20 ms.

    python -P benchmarks/overhead.py [--repetitions 41] [--steps 30] [--threads 1]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from emobench.api import (
    Batch,
    Evaluation,
    Features,
    Model,
    RunState,
    Schedule,
    Step,
    Stream,
    Target,
    TargetKind,
    TaskFacts,
    event,
)
from emobench.training.build import ConstantRate
from emobench.training.events import connect
from emobench.training.evidence import Watch
from emobench.training.loop import LoopDefaults, Totals, train_epoch
from emobench.training.model import EmotionModel
from emobench.training.source import PreparedSource, Shuffle, split_batches

CLASSES = 8
BATCH = 28
WIDTH = 256


class Network(nn.Module):
    """A small convolutional net whose step takes about 20 ms on two cores."""

    def __init__(self) -> None:
        super().__init__()
        self.width = WIDTH
        self.layers = nn.Sequential(
            nn.Conv1d(64, 128, 5, padding=2, bias=False),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.MaxPool1d(4),
            nn.Conv1d(128, WIDTH, 5, padding=2, bias=False),
            nn.BatchNorm1d(WIDTH),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
        )

    def forward(self, inputs: dict[str, torch.Tensor]) -> Features:
        """Inputs to features."""
        return Features(self.layers(inputs["audio"]))


class Head(nn.Module):
    """A linear head."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Features) -> torch.Tensor:
        """Features to logits."""
        logits: torch.Tensor = self.linear(features.embedding)
        return logits


class CrossEntropy:
    """The plain loss."""

    kinds: ClassVar[frozenset[TargetKind]] = frozenset({"class"})

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The mean."""
        return functional.cross_entropy(logits, targets)


class Silent:
    """An observer that hears nothing."""

    def step_done(self, run: RunState, steps: int, totals: Totals) -> None:
        """Say nothing."""


class Watching:
    """Lends the watch its ears, as a run's observer does."""

    def __init__(self) -> None:
        self.watch = Watch()

    @event(wrapper=True)
    def transform_batch(self, batch: Batch) -> Generator[None, None, None]:
        """See the labels."""
        yield from self.watch.transform_batch(batch)

    @event
    def before_update(self, run: RunState, window: Sequence[Step]) -> None:
        """See the gradients."""
        self.watch.before_update(run, window)


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What an epoch took, by the clock on the wall and by the processor's, and what it left."""

    wall_s: float
    processor_s: float
    model: Model


class Stopwatch:
    """Both clocks from now on."""

    def __init__(self) -> None:
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def stop(self, model: Model) -> Epoch:
        """What has passed."""
        wall_s, processor_s = time.perf_counter(), time.process_time()
        return Epoch(
            wall_s=wall_s - self.wall, processor_s=processor_s - self.processor, model=model
        )


def new_model() -> EmotionModel:
    """The same weights every time."""
    torch.manual_seed(0)
    return EmotionModel(Network(), {"emotion": Head()})


def new_run(source: PreparedSource, stream: Stream, observer: object | None) -> RunState:
    """A run of one epoch, with the events of `observer` if there is one."""
    model = new_model()
    names = tuple("abcdefgh")
    return RunState(
        task=TaskFacts(
            name="overhead",
            modalities=("audio",),
            targets=(Target(name="emotion", kind="class", classes=names),),
            metric="uar",
            train_items=len(source.train_positions),
        ),
        stream=stream,
        schedule=Schedule(epochs=1, updates_per_epoch=source.steps, steps_per_epoch=source.steps),
        device=torch.device("cpu"),
        model=model,
        losses={"emotion": CrossEntropy()},
        optimizer=torch.optim.AdamW(model.parameters(), lr=1e-3),
        scheduler=ConstantRate(),
        hooks=connect({}, defaults=LoopDefaults(), observer=observer),
    )


def new_source(features: np.ndarray, labels: np.ndarray, stream: Stream) -> PreparedSource:
    """The data in the order that the stream draws."""
    positions = np.arange(len(labels))
    return PreparedSource(
        features={"audio": features},
        targets={"emotion": labels},
        train_positions=positions,
        validation_positions=positions[:BATCH],
        test_positions=positions[:BATCH],
        sampler=Shuffle(len(labels), stream.child("sampler")),
        batch_size=BATCH,
        device=torch.device("cpu"),
    )


def by_loop(features: np.ndarray, labels: np.ndarray) -> Epoch:
    """An epoch through the loop, with its events, streams and bookkeeping."""
    stream = Stream(0)
    source = new_source(features, labels, stream)
    run = new_run(source, stream, None)
    stopwatch = Stopwatch()
    train_epoch(run, source, Silent()).mean_loss()
    return stopwatch.stop(run.model)


def watched(features: np.ndarray, labels: np.ndarray) -> Epoch:
    """The same, with all that the history tells of an epoch beside its scores."""
    stream, observer = Stream(0), Watching()
    source = new_source(features, labels, stream)
    run = new_run(source, stream, observer)
    observer.watch.fit_start(run)
    stopwatch = Stopwatch()
    observer.watch.epoch_start(run)
    train_epoch(run, source, Silent()).mean_loss()
    look(observer.watch, run)
    observer.watch.figures(run)
    return stopwatch.stop(run.model)


def look(watch: Watch, run: RunState) -> None:
    """What the watch does around an evaluation, which itself is not measured."""
    answers = np.zeros((BATCH, CLASSES), dtype=np.float32)
    evaluation = Evaluation(
        items=np.arange(BATCH), logits={"emotion": answers}, targets={}, metrics={}
    )
    around = watch.evaluate(run)
    next(around)
    with suppress(StopIteration):
        around.send(evaluation)


def by_hand(features: np.ndarray, labels: np.ndarray) -> Epoch:
    """The same epoch as one would write it in a notebook."""
    model = new_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    inputs, targets = torch.from_numpy(features), torch.from_numpy(labels)
    order = torch.from_numpy(Stream(0).child("sampler").numpy(0).permutation(len(labels)))
    stopwatch = Stopwatch()
    model.train()
    loss_sum, correct = torch.zeros(()), torch.zeros(())
    for batch in hand_batches(order):
        logits = model({"audio": inputs.index_select(0, batch)})["emotion"]
        truth = targets.index_select(0, batch)
        loss = functional.cross_entropy(logits, truth)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss_sum += loss.detach() * len(batch)
        correct += (logits.detach().argmax(dim=1) == truth).sum()
    float(loss_sum)
    return stopwatch.stop(model)


def hand_batches(order: torch.Tensor) -> Iterator[torch.Tensor]:
    """Slices of the order."""
    for start, stop in split_batches(len(order), BATCH):
        yield order[start:stop]


def largest_difference(first: Model, second: Model) -> float:
    """Between any two weights."""
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return max(float((a.double() - b.double()).abs().max()) for a, b in pairs)


Kind = Callable[[np.ndarray, np.ndarray], Epoch]
KINDS: dict[str, Kind] = {"by hand": by_hand, "the loop": by_loop, "the loop, watched": watched}


def main() -> None:
    """Measure in turns, and print every kind beside the one by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=41)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    random = np.random.default_rng(0)
    features = random.standard_normal((arguments.steps * BATCH, 64, 94), dtype=np.float32)
    labels = random.integers(0, CLASSES, arguments.steps * BATCH)
    epochs: dict[str, list[Epoch]] = {name: [] for name in KINDS}
    names = list(KINDS)
    for repetition in range(arguments.repetitions + 1):
        for name in names:
            epoch = KINDS[name](features, labels)
            if repetition:
                epochs[name].append(epoch)
        names = [*names[1:], names[0]]  # whoever goes first meets the colder caches
    report(epochs, steps=arguments.steps)


def report(epochs: dict[str, list[Epoch]], *, steps: int) -> None:
    """A line a kind, and how far apart their weights ended."""
    hand = epochs["by hand"]
    print("| an epoch | ms a step | ratio of medians | median of ratios | by the wall clock |")
    print("|---|---:|---:|---:|---:|")
    usual = statistics.median(epoch.processor_s for epoch in hand)
    for name, found in epochs.items():
        middle = statistics.median(epoch.processor_s for epoch in found)
        pairs = list(zip(found, hand, strict=True))
        ratio = statistics.median(a.processor_s / b.processor_s for a, b in pairs)
        wall = statistics.median(a.wall_s / b.wall_s for a, b in pairs)
        print(
            f"| {name} | {1000 * middle / steps:.2f} | {middle / usual:.3f} | {ratio:.3f} | "
            f"{wall:.3f} |"
        )
    apart = max(
        largest_difference(found[-1].model, hand[-1].model) for found in list(epochs.values())[1:]
    )
    print(f"\nlargest difference between final weights: {apart:g}")


if __name__ == "__main__":
    main()
