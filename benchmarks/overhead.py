"""The loop against a hand-written PyTorch loop that does the same work on the same data.

Both start from the same weights and end with equal ones; the script prints the ratio of their
times (medians of alternating repetitions) at a step of about 20 ms.

    python benchmarks/overhead.py [--repetitions 41] [--steps 15]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from emobench.api import (
    Features,
    RunState,
    Schedule,
    Stream,
    Target,
    TargetKind,
    TaskFacts,
)
from emobench.training.build import ConstantRate
from emobench.training.events import connect
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


def new_model() -> EmotionModel:
    """The same weights every time."""
    torch.manual_seed(0)
    return EmotionModel(Network(), {"emotion": Head()})


def ours(features: np.ndarray, labels: np.ndarray) -> tuple[float, EmotionModel]:
    """An epoch through the loop, with its events, streams and bookkeeping."""
    model = new_model()
    positions = np.arange(len(labels))
    stream = Stream(0)
    source = PreparedSource(
        features={"audio": features},
        targets={"emotion": labels},
        train_positions=positions,
        validation_positions=positions[:BATCH],
        test_positions=positions[:BATCH],
        sampler=Shuffle(len(labels), stream.child("sampler")),
        batch_size=BATCH,
        device=torch.device("cpu"),
    )
    names = tuple("abcdefgh")
    run = RunState(
        task=TaskFacts(
            name="overhead",
            modalities=("audio",),
            targets=(Target(name="emotion", kind="class", classes=names),),
            metric="uar",
            train_items=len(labels),
        ),
        stream=stream,
        schedule=Schedule(epochs=1, updates_per_epoch=source.steps, steps_per_epoch=source.steps),
        device=torch.device("cpu"),
        model=model,
        losses={"emotion": CrossEntropy()},
        optimizer=torch.optim.AdamW(model.parameters(), lr=1e-3),
        scheduler=ConstantRate(),
        hooks=connect({}, defaults=LoopDefaults()),
    )
    started = time.perf_counter()
    totals = train_epoch(run, source, Silent())
    totals.mean_loss()
    return time.perf_counter() - started, model


def by_hand(features: np.ndarray, labels: np.ndarray) -> tuple[float, EmotionModel]:
    """The same epoch as one would write it in a notebook."""
    model = new_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    inputs, targets = torch.from_numpy(features), torch.from_numpy(labels)
    order = torch.from_numpy(Stream(0).child("sampler").numpy(0).permutation(len(labels)))
    started = time.perf_counter()
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
    return time.perf_counter() - started, model


def hand_batches(order: torch.Tensor) -> Iterator[torch.Tensor]:
    """Slices of the order."""
    for start, stop in split_batches(len(order), BATCH):
        yield order[start:stop]


def largest_difference(first: EmotionModel, second: EmotionModel) -> float:
    """Between any two weights."""
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return max(float((a.double() - b.double()).abs().max()) for a, b in pairs)


def main() -> None:
    """Measure, alternating, and print the medians' ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=41)
    parser.add_argument("--steps", type=int, default=15)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    features = random.standard_normal((arguments.steps * BATCH, 64, 94), dtype=np.float32)
    labels = random.integers(0, CLASSES, arguments.steps * BATCH)
    times: dict[str, list[float]] = {"loop": [], "hand": []}
    for repetition in range(arguments.repetitions + 1):
        if repetition % 2:  # whoever goes first meets the colder caches
            loop_s, loop_model = ours(features, labels)
            hand_s, hand_model = by_hand(features, labels)
        else:
            hand_s, hand_model = by_hand(features, labels)
            loop_s, loop_model = ours(features, labels)
        if repetition:
            times["loop"].append(loop_s)
            times["hand"].append(hand_s)
    loop, hand = statistics.median(times["loop"]), statistics.median(times["hand"])
    pairs = [a / b for a, b in zip(times["loop"], times["hand"], strict=True)]
    print(f"a step by hand: {1000 * hand / arguments.steps:.2f} ms")
    print(f"a step of the loop: {1000 * loop / arguments.steps:.2f} ms")
    print(
        f"ratio of medians: {loop / hand:.3f}; "
        f"median of pairwise ratios: {statistics.median(pairs):.3f}"
    )
    print(
        f"largest difference between final weights: {largest_difference(loop_model, hand_model):g}"
    )


if __name__ == "__main__":
    main()
