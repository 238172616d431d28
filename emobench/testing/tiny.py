"""Tiny tasks, contexts and items on which components are tried; nothing is read or trained here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

import numpy as np
import torch

from emobench.api import Context, Schedule, Stream, Target, TargetKind, TaskFacts

CLASSES = ("angry", "calm", "happy", "sad")
CLASS_COUNTS = (24, 12, 8, 4)
RATE = 16_000

TARGET_KINDS: tuple[TargetKind, ...] = get_args(TargetKind)
"""Every kind of target that there is."""

FEATURE_SHAPES: tuple[Mapping[str, tuple[int, ...]], ...] = (
    {"table": (12,)},
    {"audio": (16, 24)},
    {"audio": (4000,)},
    {"image": (1, 48, 48)},
    {"image": (3, 32, 32)},
)
"""What a frontend may give, by modality."""

ITEM_SHAPES: Mapping[str, tuple[int, ...]] = {
    "audio": (8000,),
    "image": (48, 48, 3),
    "table": (12,),
}
"""What a dataset may give before the frontend: half a second, a small picture, a row."""


def tiny_target(kind: TargetKind = "class", *, classes: int = len(CLASSES)) -> Target:
    """A target of that kind, with so many classes where it has any."""
    named = () if kind == "number" else CLASSES[:classes]
    return Target(name="emotion", kind=kind, classes=named)


def tiny_context(
    *,
    kind: TargetKind = "class",
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    seed: int = 0,
    epochs: int = 4,
    updates: int = 6,
    width: int = 8,
    classes: int = len(CLASSES),
) -> Context:
    """A context of a small task: one target, one modality, few imbalanced training items."""
    shapes = FEATURE_SHAPES[0] if inputs is None else inputs
    target = tiny_target(kind, classes=classes)
    counts = CLASS_COUNTS[: target.width]
    task = TaskFacts(
        name="tiny/groups",
        modalities=tuple(shapes),
        targets=(target,),
        metric="ccc" if kind == "number" else "macro_f1",
        train_items=sum(CLASS_COUNTS if kind == "number" else counts),
        class_counts={} if kind == "number" else {target.name: counts},
        rates={"audio": RATE} if "audio" in shapes else {},
    )
    return Context(
        task=task,
        stream=Stream(seed, "tiny"),
        schedule=Schedule(epochs=epochs, updates_per_epoch=updates, steps_per_epoch=updates),
        modality=next(iter(shapes)),
        inputs=shapes,
        width=width,
        target=target,
    )


def tiny_inputs(context: Context, *, items: int = 6, seed: int = 0) -> dict[str, torch.Tensor]:
    """Features of a batch, by modality, of the shapes that the context names."""
    random = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(items, *shape, generator=random) for name, shape in context.inputs.items()
    }


def tiny_labels(
    kind: TargetKind, *, items: int = 6, seed: int = 0, classes: int = len(CLASSES)
) -> torch.Tensor:
    """Targets of a batch: every class at least once where `items` allows it."""
    random = torch.Generator().manual_seed(seed + 1)
    if kind == "number":
        return torch.randn(items, generator=random)
    if kind == "labels":
        return (torch.rand(items, classes, generator=random) < 0.4).float()
    ids = torch.arange(items) % classes
    if kind == "class":
        return ids[torch.randperm(items, generator=random)]
    shares = torch.rand(items, classes, generator=random) + 2 * torch.eye(classes)[ids]
    return shares / shares.sum(dim=1, keepdim=True)


def tiny_items(modality: str, *, count: int = 3, seed: int = 0) -> list[np.ndarray]:
    """Decoded items as a dataset gives them: no two alike, clips of different lengths."""
    return list(_items(modality, np.random.default_rng(seed), count))


def _items(modality: str, random: np.random.Generator, count: int) -> Iterator[np.ndarray]:
    shape = ITEM_SHAPES[modality]
    for index in range(count):
        if modality == "image":
            yield random.integers(0, 256, shape, dtype=np.uint8)
        elif modality == "table":
            yield random.standard_normal(shape).astype(np.float32)
        else:
            samples = np.arange(shape[0] - 700 * index) / RATE
            tone = np.sin(2 * np.pi * (180 + 60 * index) * samples)
            noise = random.standard_normal(len(samples))
            yield (0.3 * tone + 0.05 * noise).astype(np.float32)
