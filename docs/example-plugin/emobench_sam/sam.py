"""Sharpness-aware minimisation (Foret et al. 2021), and its adaptive form (Kwon et al. 2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from emobench.api import Context, Model, RunState, event
from emobench_sam.options import SamOptions

TINY = 1e-12


def ascent(
    weights: Sequence[torch.Tensor],
    gradients: Sequence[torch.Tensor],
    *,
    radius: float,
    adaptive: bool,
) -> list[torch.Tensor]:
    """The step of length `radius` that raises the loss most, to first order.

    SAM: `radius * g / ||g||`. ASAM: `radius * w**2 * g / ||w * g||`, the same in coordinates in
    which every weight has size one.
    """
    sizes = [w.abs() if adaptive else torch.ones_like(w) for w in weights]
    scaled = [size * g for size, g in zip(sizes, gradients, strict=True)]
    length = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(s) for s in scaled]))
    factor = radius / length.clamp_min(TINY)
    return [factor * size * s for size, s in zip(sizes, scaled, strict=True)]


@contextmanager
def frozen_statistics(model: Model) -> Iterator[None]:
    """Keep batch norm's running statistics as they are: the neighbour is not where we train."""
    norms: list[Any] = [
        module for module in model.modules() if getattr(module, "track_running_stats", False)
    ]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


class Sam:
    """Updates with the gradients found at the worst neighbour instead of those found here.

    Replaces `update`, so that it takes no second replacer (such as `amp`) beside it. Each update
    costs a second forward and backward pass.
    """

    def __init__(self, options: SamOptions, context: Context) -> None:
        self.radius = options.radius
        self.adaptive = options.adaptive

    @event
    def update(self, run: RunState, closure: Callable[[], torch.Tensor]) -> bool:
        """Climb, find the gradients there, come back, step."""
        if self.radius > 0:
            self._take_gradients_from_worst_neighbour(run, closure)
        run.optimizer.step()
        return True

    @torch.no_grad()
    def _take_gradients_from_worst_neighbour(
        self, run: RunState, closure: Callable[[], torch.Tensor]
    ) -> None:
        weights = [w for w in run.model.parameters() if w.grad is not None]
        gradients = [w.grad for w in weights if w.grad is not None]
        before = [w.clone() for w in weights]
        steps = ascent(before, gradients, radius=self.radius, adaptive=self.adaptive)
        for w, step in zip(weights, steps, strict=True):
            w.add_(step)
        with frozen_statistics(run.model), torch.enable_grad():
            closure()
        for w, value in zip(weights, before, strict=True):
            w.copy_(value)
