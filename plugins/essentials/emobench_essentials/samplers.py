"""The `weighted` sampler. Plain shuffling is the loop's own."""

from __future__ import annotations

import numpy as np

from emobench.api import SamplerContext, UsageError
from emobench_essentials.options import WeightedSamplerOptions


def draw_shares(labels: np.ndarray, *, power: float) -> np.ndarray:
    """Each item's chance of being drawn: its class's count to the power of minus `power`."""
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights = counts.astype(np.float64)[classes] ** -power
    shares: np.ndarray = weights / weights.sum()
    return shares


class Weighted:
    """Draws as many items as there are, with replacement."""

    def __init__(self, options: WeightedSamplerOptions, context: SamplerContext) -> None:
        labels = context.labels
        if labels.ndim == 2:
            labels = labels.argmax(axis=1)
        elif not np.issubdtype(labels.dtype, np.integer):
            raise UsageError(
                "sampler 'weighted' balances classes, but the target is a number; "
                "leave the sampler out"
            )
        self.stream = context.stream
        self.shares = draw_shares(labels, power=options.power)

    def indices(self, epoch: int) -> np.ndarray:
        """Positions within the training set."""
        random: np.random.Generator = self.stream.numpy(epoch)
        return random.choice(len(self.shares), size=len(self.shares), p=self.shares)

    def __len__(self) -> int:
        return len(self.shares)
