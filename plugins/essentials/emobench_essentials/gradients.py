"""Techniques that correct gradients before an update: accumulation and clipping."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from emobench.api import Context, RunState, Step, event
from emobench_essentials.options import AccumulationOptions, GradientClippingOptions


class GradientClipping:
    """Scales all gradients down together when their common norm exceeds `norm`."""

    def __init__(self, options: GradientClippingOptions, context: Context) -> None:
        self.norm = options.norm
        self.total: torch.Tensor | float = 0.0
        self.updates = 0

    @event
    def epoch_start(self) -> None:
        """Measure each epoch anew."""
        self.total, self.updates = 0.0, 0

    @event
    def before_update(self, run: RunState) -> None:
        """Clip, and log the epoch's mean norm as it was before clipping."""
        norm = torch.nn.utils.clip_grad_norm_(run.model.parameters(), self.norm)
        self.total = self.total + norm.detach()
        self.updates += 1

    @event
    def epoch_end(self, run: RunState) -> None:
        """Log the epoch's mean norm; only here does the device have to be waited for."""
        if self.updates:
            run.log("gradient_norm", float(self.total) / self.updates)


class Accumulation:
    """Updates once in `steps_per_update` micro-batches, with the mean of their gradients.

    Each of those is a mean over its items, so an item of a shorter micro-batch counts more.
    """

    def __init__(self, options: AccumulationOptions, context: Context) -> None:
        self.steps_per_update = options.steps
        self.waiting = 0

    @event
    def epoch_start(self) -> None:
        """The loop flushes an incomplete window at an epoch's end."""
        self.waiting = 0

    @event
    def ready_to_step(self) -> bool:
        """Whether the window is full."""
        self.waiting += 1
        return self.waiting >= self.steps_per_update

    @event(tryfirst=True)
    def before_update(self, run: RunState, window: Sequence[Step]) -> None:
        """Turn the sum of the micro-batches' gradients into their mean."""
        self.waiting = 0
        if len(window) > 1:
            for weights in run.model.parameters():
                if weights.grad is not None:
                    weights.grad.div_(len(window))
