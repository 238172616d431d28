"""MixUp (Zhang et al. 2018): train on blends of two examples and of their labels."""

from __future__ import annotations

import torch

from emobench.api import Batch, Context, RunState, event
from emobench_essentials.losses import as_distribution
from emobench_essentials.options import MixUpOptions


def blend(values: torch.Tensor, *, partners: torch.Tensor, share: float) -> torch.Tensor:
    """`share` of each row and the rest of its partner's."""
    return share * values + (1 - share) * values[partners]


class MixUp:
    """Draws one share a batch from Beta(alpha, alpha) and blends every input and every target."""

    def __init__(self, options: MixUpOptions, context: Context) -> None:
        self.alpha = options.alpha

    @event
    def transform_batch(self, run: RunState, batch: Batch) -> None:
        """Blend each item of the batch with another."""
        if self.alpha == 0:
            return
        random = run.stream.child("mixup").numpy(run.epoch, run.step)
        share = float(random.beta(self.alpha, self.alpha))
        partners = torch.from_numpy(random.permutation(len(batch))).to(batch.items.device)
        for modality, values in batch.inputs.items():
            batch.inputs[modality] = blend(values, partners=partners, share=share)
        for name, targets in batch.targets.items():
            soft = as_distribution(targets, classes=run.task.target(name).width)
            batch.targets[name] = blend(soft, partners=partners, share=share)
        if batch.weights is not None:
            batch.weights = blend(batch.weights, partners=partners, share=share)
