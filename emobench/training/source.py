"""Batches for the loop: prepared arrays, a sampler, sample-level augmentations in training."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol

import numpy as np
import torch

from emobench.api import Batch, Frontend, PluginError, SampleAugmentation, Sampler, Stream

DECODED_BYTES = 2**29
"""How much memory decoded items may take: half a GiB, two hours of speech at 16 kHz."""


class Decoded:
    """Decoded items, kept in memory up to a limit: later epochs decode only what did not fit."""

    def __init__(self, load: Callable[[int], np.ndarray], *, limit: int = DECODED_BYTES) -> None:
        self._load = load
        self._room = limit
        self._kept: dict[int, np.ndarray] = {}

    def __call__(self, position: int) -> np.ndarray:
        """The item at this position, as an array that nobody else holds."""
        kept = self._kept.get(position)
        if kept is not None:
            return kept.copy()
        item = self._load(position)
        if item.nbytes <= self._room:
            self._room -= item.nbytes
            self._kept[position] = item.copy()
        return item


class Chain(Protocol):
    """The way of a training item when augmentations act on it."""

    def batch(
        self, positions: Sequence[int], *, turns: Sequence[int], epoch: int, progress: float
    ) -> torch.Tensor:
        """The augmented items' features; an item that an epoch draws again has turns 0, 1, ..."""
        ...


@dataclass(frozen=True, kw_only=True)
class Augmenter:
    """Sample-level augmentations in the recipe's order, each with its own draws."""

    augmentations: Mapping[str, SampleAugmentation]
    stream: Stream

    def apply(self, item: np.ndarray, *, counters: tuple[int, ...], progress: float) -> np.ndarray:
        """The item, changed; equal counters give equal draws."""
        for name, augmentation in self.augmentations.items():
            random = self.stream.child(name).numpy(*counters)
            item = augmentation.apply(item, random=random, progress=progress)
        return item


@dataclass(frozen=True, kw_only=True)
class StoredCopies:
    """Features of the items `(items, *shape)`, and of copies of them that were drawn beforehand.

    Each epoch shows another of an item's copies, or the item itself, and a later turn the next.
    """

    originals: np.ndarray
    copies: np.ndarray

    def batch(
        self, positions: Sequence[int], *, turns: Sequence[int], epoch: int, progress: float
    ) -> torch.Tensor:
        """The features that are these items' in this epoch."""
        shown = self.copies.shape[1] + 1
        rows = []
        for position, turn in zip(positions, turns, strict=True):
            drawn = (epoch + position + turn) % shown
            rows.append(self.copies[position, drawn - 1] if drawn else self.originals[position])
        return torch.from_numpy(np.stack(rows))


@dataclass(frozen=True, kw_only=True)
class SampleChain:
    """Decode, augment, frontend: every epoch draws anew."""

    load: Callable[[int], np.ndarray]
    frontend: Frontend
    augmenter: Augmenter
    workers: int = 0

    def batch(
        self, positions: Sequence[int], *, turns: Sequence[int], epoch: int, progress: float
    ) -> torch.Tensor:
        """The augmented items' features; draws depend on the epoch, the item and its turn alone.

        An item that the epoch draws more than once has turns 0, 1, ..., each with its own draws.
        """

        def one(position: int, turn: int) -> np.ndarray:
            counters = (epoch, position, turn) if turn else (epoch, position)
            item = self.load(position)
            return self.augmenter.apply(item, counters=counters, progress=progress)

        if self.workers:
            with ThreadPoolExecutor(self.workers) as pool:
                items = list(pool.map(one, positions, turns))
        else:
            items = list(map(one, positions, turns))
        return self.frontend.apply(items)


@dataclass(kw_only=True)
class PreparedSource:
    """Prepared features and targets of the whole dataset, and which positions are whose."""

    features: Mapping[str, np.ndarray]
    targets: Mapping[str, np.ndarray]
    train_positions: np.ndarray
    validation_positions: np.ndarray
    test_positions: np.ndarray
    sampler: Sampler
    batch_size: int
    device: torch.device
    chains: Mapping[str, Chain] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._features = {name: _share(array) for name, array in self.features.items()}
        self._targets = {name: _share(array) for name, array in self.targets.items()}
        self._resident = _fits(sum(array.nbytes for array in self.features.values()), self.device)
        if self._resident:
            self._features = {name: x.to(self.device) for name, x in self._features.items()}
            self._targets = {name: x.to(self.device) for name, x in self._targets.items()}

    @property
    def steps(self) -> int:
        """Micro-batches in an epoch."""
        return len(split_batches(len(self.sampler), self.batch_size))

    def train(self, epoch: int, *, progress: float) -> Iterator[Batch]:
        """The epoch's micro-batches in the sampler's order."""
        drawn = self.sampler.indices(epoch)
        if len(drawn) != len(self.sampler):
            raise PluginError(
                f"the sampler says that an epoch has {len(self.sampler)} items, but drew "
                f"{len(drawn)}; schedules rest on that number"
            )
        order = self.train_positions[drawn]
        turns = count_turns(order)
        for start, stop in split_batches(len(order), self.batch_size):
            yield self._train_batch(order[start:stop], turns[start:stop], epoch, progress)

    def validation(self) -> Iterator[Batch]:
        """The validation set, in order."""
        return self._in_order(self.validation_positions)

    def test(self) -> Iterator[Batch]:
        """The test set, in order and without its truth; asked for once, after the last decision."""
        for batch in self._in_order(self.test_positions):
            yield replace(batch, targets={})

    def _train_batch(
        self, positions: np.ndarray, turns: np.ndarray, epoch: int, progress: float
    ) -> Batch:
        batch = self._gather(positions, skip=set(self.chains))
        for modality, chain in self.chains.items():
            features = chain.batch(
                positions.tolist(), turns=turns.tolist(), epoch=epoch, progress=progress
            )
            batch.inputs[modality] = features.to(self.device)
        return batch

    def _in_order(self, positions: np.ndarray) -> Iterator[Batch]:
        size = max(self.batch_size, 256)
        for start in range(0, len(positions), size):
            yield self._gather(positions[start : start + size])

    def _gather(self, positions: np.ndarray, *, skip: set[str] | None = None) -> Batch:
        items = torch.from_numpy(np.ascontiguousarray(positions))
        index = items.to(self.device) if self._resident else items

        def pick(rows: torch.Tensor) -> torch.Tensor:
            return rows.index_select(0, index).to(self.device)

        return Batch(
            inputs={
                name: pick(features)
                for name, features in self._features.items()
                if name not in (skip or ())
            },
            targets={name: pick(targets) for name, targets in self._targets.items()},
            items=items,
        )


def count_turns(order: np.ndarray) -> np.ndarray:
    """How often each entry stands in `order` before itself."""
    sorted_places = np.argsort(order, kind="stable")
    ordered = order[sorted_places]
    turns = np.empty(len(order), dtype=np.int64)
    turns[sorted_places] = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return turns


def split_batches(items: int, size: int) -> list[tuple[int, int]]:
    """Cut `items` into batches; a last one of a single item joins the one before.

    Batch norm cannot train on one item, and dropping it would leave an item out.
    """
    starts = list(range(0, items, size))
    if len(starts) > 1 and items - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], items], strict=True))


@dataclass(frozen=True)
class Shuffle:
    """Every training item once an epoch, in a new order each time."""

    exact: ClassVar[frozenset[Literal["items", "classes", "groups"]]] = frozenset({"items"})
    items: int
    stream: Stream

    def expected(self) -> np.ndarray:
        """Once each."""
        return np.ones(self.items)

    def indices(self, epoch: int) -> np.ndarray:
        """A permutation drawn for this epoch."""
        return self.stream.numpy(epoch).permutation(self.items)

    def __len__(self) -> int:
        return self.items


def _fits(size: int, device: torch.device) -> bool:
    """Whether the features may live on the device: at most half of its free memory."""
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return 2 * size < free


def _share(array: np.ndarray) -> torch.Tensor:
    """A tensor over the array's own memory; nobody writes to it, so read-only is fine."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
