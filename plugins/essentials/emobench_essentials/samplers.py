"""The `weighted` and `repeated` samplers. Plain shuffling is the loop's own."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from emobench.api import SamplerContext, UsageError
from emobench_essentials.options import RepeatedSamplerOptions, WeightedSamplerOptions

SUM_TOLERANCE = 1e-3
"""How far from one a row may sum and still be a distribution; tables round their shares."""


def draw_shares(labels: np.ndarray, *, power: float) -> np.ndarray:
    """Each item's chance of being drawn, from class ids `(items,)` or rows `(items, classes)`.

    A class weighs its count to the power of minus `power`; the count of rows is their sum.
    """
    if labels.ndim == 2:
        weights = _row_weights(labels.astype(np.float64), power=power)
    else:
        _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        weights = counts.astype(np.float64)[classes] ** -power
    shares: np.ndarray = weights / weights.sum()
    return shares


def _row_weights(rows: np.ndarray, *, power: float) -> np.ndarray:
    """The expected weight of a distribution's class; of several 0/1 labels, the rarest one's."""
    counts = rows.sum(axis=0)
    class_weights = np.where(counts > 0, counts, 1.0) ** -power
    if np.allclose(rows.sum(axis=1), 1, atol=SUM_TOLERANCE):
        expected: np.ndarray = rows @ class_weights
        return expected
    present = rows > 0
    rarest: np.ndarray = np.where(present, class_weights, 0.0).max(axis=1)
    labelled = present.any(axis=1)
    # A row without labels is no class of its own: it neither gains nor loses by the balancing.
    return np.where(labelled, rarest, rarest[labelled].mean() if labelled.any() else 1.0)


class Weighted:
    """Draws as many items as there are, with replacement."""

    exact: ClassVar[frozenset[Literal["items", "classes", "groups"]]] = frozenset()

    def __init__(self, options: WeightedSamplerOptions, context: SamplerContext) -> None:
        labels = context.labels
        if labels.ndim == 1 and not np.issubdtype(labels.dtype, np.integer):
            raise UsageError(
                "sampler 'weighted' balances classes, but the target is a number; "
                "leave the sampler out"
            )
        self.stream = context.stream
        self.shares = draw_shares(labels, power=options.power)

    def expected(self) -> np.ndarray:
        """How often each item is drawn in an epoch, on average."""
        return self.shares * len(self.shares)

    def indices(self, epoch: int) -> np.ndarray:
        """Positions within the training set."""
        random: np.random.Generator = self.stream.numpy(epoch)
        return random.choice(len(self.shares), size=len(self.shares), p=self.shares)

    def __len__(self) -> int:
        return len(self.shares)


class Repeated:
    """Draws every item `times` times an epoch; once is plain shuffling, to the bit."""

    exact: ClassVar[frozenset[Literal["items", "classes", "groups"]]] = frozenset(
        {"items", "classes", "groups"}
    )

    def __init__(self, options: RepeatedSamplerOptions, context: SamplerContext) -> None:
        self.stream = context.stream
        self.items, self.times = len(context.labels), options.times

    def expected(self) -> np.ndarray:
        """How often each item is drawn in an epoch."""
        return np.full(self.items, float(self.times))

    def indices(self, epoch: int) -> np.ndarray:
        """Positions within the training set."""
        random: np.random.Generator = self.stream.numpy(epoch)
        return random.permutation(len(self)) % self.items

    def __len__(self) -> int:
        return self.items * self.times
