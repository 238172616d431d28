"""What tiny trainings are about: facts, data and batches of a task of any modality and target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from emobench.api import Batch, Context, Stream, Target, TargetKind, TaskFacts
from emobench.testing.tiny import CLASSES
from emobench.training.build import schedule_for
from emobench.training.source import PreparedSource, Shuffle

TRAIN_COUNTS = (9, 6, 4, 3)
HELD_OUT = 8
"""Items of the validation set, and of the test set."""
BATCH_SIZE = 8
WIDTH = 6
SEED = 7

ITEMS = sum(TRAIN_COUNTS) + 2 * HELD_OUT
TRAIN, VALIDATION, TEST = (
    np.sort(part)
    for part in np.split(np.random.default_rng(SEED).permutation(ITEMS), [-2 * HELD_OUT, -HELD_OUT])
)
"""Positions of the three sets, which lie mixed as a split by groups leaves them."""

SHAPES: Mapping[str, tuple[int, ...]] = {"table": (12,), "audio": (8, 20), "image": (3, 12, 12)}
TARGET_NAMES: Mapping[TargetKind, str] = {
    "class": "emotion",
    "distribution": "votes",
    "labels": "units",
    "number": "valence",
}


@dataclass(frozen=True, kw_only=True)
class TinyTask:
    """What a tiny training is about: one modality, and a target of each of these kinds."""

    modality: str = "table"
    kinds: tuple[TargetKind, ...] = ("class",)

    def __str__(self) -> str:
        return f"{self.modality} with {' and '.join(self.kinds)} targets"


@dataclass(frozen=True, kw_only=True)
class TinyData:
    """Features and targets of all items."""

    features: Mapping[str, np.ndarray]
    targets: Mapping[str, np.ndarray]


@cache
def tiny_data(task: TinyTask) -> TinyData:
    """Items whose class shows in their features, rare classes among them; never written to."""
    random = np.random.default_rng(SEED)
    ids = np.zeros(ITEMS, dtype=np.int64)
    ids[TRAIN] = random.permutation(np.repeat(np.arange(len(CLASSES)), TRAIN_COUNTS))
    ids[VALIDATION] = ids[TEST] = np.arange(HELD_OUT) % len(CLASSES)
    shape = SHAPES[task.modality]
    centres = random.standard_normal((len(CLASSES), *shape))
    features = centres[ids] + random.standard_normal((len(ids), *shape))
    votes = random.random((len(ids), len(CLASSES))) + 2 * np.eye(len(CLASSES))[ids]
    known: Mapping[TargetKind, np.ndarray] = {
        "class": ids,
        "distribution": (votes / votes.sum(axis=1, keepdims=True)).astype(np.float32),
        "labels": (votes > np.median(votes)).astype(np.float32),
        "number": (ids - 1.5 + 0.1 * random.standard_normal(len(ids))).astype(np.float32),
    }
    return TinyData(
        features={task.modality: features.astype(np.float32)},
        targets={TARGET_NAMES[kind]: known[kind] for kind in task.kinds},
    )


def training_context(task: TinyTask, *, seed: int = SEED, epochs: int = 2) -> Context:
    """The context that a tiny training's components are built with."""
    data = tiny_data(task)
    counts: dict[str, tuple[int, ...]] = {}
    for kind in task.kinds:
        targets = data.targets[TARGET_NAMES[kind]][TRAIN]
        if kind == "class":
            counts[TARGET_NAMES[kind]] = TRAIN_COUNTS
        elif kind != "number":
            counts[TARGET_NAMES[kind]] = tuple(int(x) for x in targets.sum(axis=0).round())
    facts = TaskFacts(
        name="tiny/random",
        modalities=(task.modality,),
        targets=tuple(
            Target(name=TARGET_NAMES[kind], kind=kind, classes=() if kind == "number" else CLASSES)
            for kind in task.kinds
        ),
        metric="ccc" if task.kinds[0] == "number" else "macro_f1",
        train_items=len(TRAIN),
        class_counts=counts,
        rates={"audio": 16_000} if task.modality == "audio" else {},
    )
    return Context(
        task=facts,
        stream=Stream(seed),
        schedule=schedule_for(epochs, steps=-(-len(TRAIN) // BATCH_SIZE)),
        modality=task.modality,
        inputs={task.modality: SHAPES[task.modality]},
        width=WIDTH,
        target=facts.targets[0],
    )


class WatchedSource(PreparedSource):
    """Prepared batches; notes when one that is only to be predicted comes back changed."""

    changed = False

    def validation(self) -> Iterator[Batch]:
        """The validation set, in order."""
        return self._lend(super().validation())

    def test(self) -> Iterator[Batch]:
        """The test set, in order."""
        return self._lend(super().test())

    def _lend(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            before = self._rows(batch)
            yield batch
            after = self._rows(batch)
            same = before.keys() == after.keys() and all(
                np.array_equal(before[name], after[name]) for name in before
            )
            self.changed |= not same

    def _rows(self, batch: Batch) -> dict[str, np.ndarray]:
        tensors = {**batch.inputs, **batch.targets, "items": batch.items}
        return {name: tensor.numpy().copy() for name, tensor in tensors.items()}


def tiny_source(task: TinyTask) -> WatchedSource:
    """Batches of the task's data, in an order of its own each epoch."""
    data = tiny_data(task)
    return WatchedSource(
        features={name: array.copy() for name, array in data.features.items()},
        targets={name: array.copy() for name, array in data.targets.items()},
        train_positions=TRAIN,
        validation_positions=VALIDATION,
        test_positions=TEST,
        sampler=Shuffle(len(TRAIN), Stream(SEED, "run/sampler")),
        batch_size=BATCH_SIZE,
        device=torch.device("cpu"),
    )
