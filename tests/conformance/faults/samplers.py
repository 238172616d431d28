"""A sound sampler, and what it becomes by one mistake."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from emobench.api import NoOptions, SamplerContext


class Sound:
    """Every training item once, in a new order each epoch."""

    exact: ClassVar[frozenset[str]] = frozenset({"items", "classes", "groups"})

    def __init__(self, options: NoOptions, context: SamplerContext) -> None:
        self.context = context
        self.positions = self.kept(np.arange(len(context.labels)))

    def kept(self, positions: np.ndarray) -> np.ndarray:
        return positions

    def expected(self) -> np.ndarray:
        counts = np.zeros(len(self.context.labels))
        counts[self.positions] = 1
        return counts

    def random(self, epoch: int) -> np.random.Generator:
        random: np.random.Generator = self.context.stream.numpy(epoch)
        return random

    def indices(self, epoch: int) -> np.ndarray:
        return self.random(epoch).permutation(self.positions)

    def __len__(self) -> int:
        return len(self.positions)


class DropsTheLastBatch(Sound):
    def indices(self, epoch: int) -> np.ndarray:
        return super().indices(epoch)[: len(self) // 32 * 32]


class CountsFromOne(Sound):
    def indices(self, epoch: int) -> np.ndarray:
        return super().indices(epoch) + 1


class RepeatsItsEpoch(Sound):
    def random(self, epoch: int) -> np.random.Generator:
        return super().random(0)


class DrawsOn(Sound):
    """Keeps one generator, which a resumed run starts anew."""

    def random(self, epoch: int) -> np.random.Generator:
        if not hasattr(self, "kept_random"):
            self.kept_random = super().random(0)
        return self.kept_random


class IgnoresTheSeed(Sound):
    def random(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng(epoch)


class ExpectsTwice(Sound):
    def expected(self) -> np.ndarray:
        return 2 * super().expected()


class FavoursTheFirstItems(Sound):
    exact = frozenset()

    def indices(self, epoch: int) -> np.ndarray:
        shares = np.linspace(1.5, 0.5, len(self))
        return self.random(epoch).choice(self.positions, size=len(self), p=shares / shares.sum())


class DropsAClass(Sound):
    """Leaves the rarest class out, and says so."""

    def kept(self, positions: np.ndarray) -> np.ndarray:
        labels = self.context.labels
        if labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer):
            return positions[labels != np.bincount(labels).argmin()]
        return positions


class DrawsWithReplacement(Sound):
    def indices(self, epoch: int) -> np.ndarray:
        return self.random(epoch).choice(self.positions, size=len(self))


class DividesByCounts(Sound):
    """Looks for the rarest class among all that there could be."""

    def __init__(self, options: NoOptions, context: SamplerContext) -> None:
        super().__init__(options, context)
        if context.target is not None and context.target.kind == "class":
            counts = np.bincount(context.labels, minlength=len(context.target.classes)).tolist()
            self.times = sum(counts) // min(counts)


class SortsTheLabels(Sound):
    """Sorts the caller's labels, which then no longer belong to their items."""

    def indices(self, epoch: int) -> np.ndarray:
        self.context.labels.sort(axis=0)
        return super().indices(epoch)


class WalksThroughASet(Sound):
    """Draws group by group, in the order in which a set happens to give them."""

    def indices(self, epoch: int) -> np.ndarray:
        drawn = super().indices(epoch)
        groups = np.array(self.context.groups or ["all"] * len(drawn))
        return np.concatenate([drawn[groups[drawn] == name] for name in set(groups.tolist())])
