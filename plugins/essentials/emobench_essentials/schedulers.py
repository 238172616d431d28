"""Learning rates over time, each a pure curve first: the factor of the optimizer's own rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from emobench.api import Context
from emobench_essentials.options import (
    CosineOptions,
    CyclicCosineOptions,
    OneCycleOptions,
    PlateauOptions,
)
from emobench_essentials.watching import Watch


def onecycle_factor(update: int, *, updates: int, options: OneCycleOptions) -> float:
    """Two half cosines: first / peak in the `rise`, peak / last after it."""
    first = options.peak / options.start
    last = first / options.end
    top = options.rise * updates - 1
    final = updates - 1
    update = min(update, final)
    if update <= top:
        return _half_cosine(first, options.peak, update / top if top > 0 else 1.0)
    return _half_cosine(options.peak, last, (update - top) / (final - top))


def cosine_factor(update: int, *, updates: int, options: CosineOptions) -> float:
    """A line up to 1 over the warm-up, half a cosine down to the floor, and there it stays."""
    warmup = round(options.warmup * updates)
    if update < warmup:
        return (update + 1) / (warmup + 1)
    share = min(1.0, (update - warmup) / max(1.0, options.decay * updates - warmup))
    return _half_cosine(1.0, options.floor, share)


def cycle_length(updates: int, *, cycles: int) -> int:
    """Updates in each of so many cycles; the last one is the shorter where they do not divide."""
    return max(1, math.ceil(updates / cycles))


def cyclic_factor(update: int, *, updates: int, options: CyclicCosineOptions) -> float:
    """Half a cosine from 1 down towards the floor, and from the start again in every cycle."""
    length = cycle_length(updates, cycles=options.cycles)
    return _half_cosine(1.0, options.floor, update % length / length)


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


class _Rate:
    """Sets every group's rate to a factor of the rate that the optimizer was built with."""

    optimizer: torch.optim.Optimizer

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Take the optimizer and set the rate of the first update."""
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])

    def set_factor(self, factor: float) -> None:
        """Set the rate of the next update."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor

    def after_update(self, update: int) -> None:
        """Nothing changes within an epoch, unless a subclass says so."""

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Nothing changes between epochs, unless a subclass says so."""


class _Curve(_Rate):
    """A rate that is a function of the updates done alone."""

    def __init__(self) -> None:
        self.done = 0

    def factor_at(self, update: int) -> float:
        """The factor of the update after `update` ones."""
        raise NotImplementedError

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Take the optimizer and set the rate of the first update."""
        super().attach(optimizer)
        self.set_factor(self.factor_at(self.done))

    def after_update(self, update: int) -> None:
        """Set the rate of the update after `update` ones."""
        self.done = update
        self.set_factor(self.factor_at(update))

    def state_dict(self) -> dict[str, Any]:
        """Updates done."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up such a state."""
        self.after_update(state["done"])


class OneCycle(_Curve):
    """The one-cycle policy; the curve of `torch.optim.lr_scheduler.OneCycleLR`."""

    def __init__(self, options: OneCycleOptions, context: Context) -> None:
        super().__init__()
        self.options = options
        self.updates = context.schedule.updates

    def factor_at(self, update: int) -> float:
        """The factor of the update after `update` ones."""
        return onecycle_factor(update, updates=self.updates, options=self.options)


class Cosine(_Curve):
    """Warm-up, then cosine annealing."""

    def __init__(self, options: CosineOptions, context: Context) -> None:
        super().__init__()
        self.options = options
        self.updates = context.schedule.updates

    def factor_at(self, update: int) -> float:
        """The factor of the update after `update` ones."""
        return cosine_factor(update, updates=self.updates, options=self.options)


class CyclicCosine(_Curve):
    """Cosine annealing with warm restarts, in cycles of one length."""

    def __init__(self, options: CyclicCosineOptions, context: Context) -> None:
        super().__init__()
        self.options = options
        self.updates = context.schedule.updates

    def factor_at(self, update: int) -> float:
        """The factor of the update after `update` ones."""
        return cyclic_factor(update, updates=self.updates, options=self.options)


class Plateau(_Rate):
    """Multiplies the rate by `factor` when the metric has not improved for `patience` epochs."""

    def __init__(self, options: PlateauOptions, context: Context) -> None:
        self.options = options
        self.watch = Watch(
            options.metric or f"validation_{context.task.metric}",
            direction=options.better,
            min_delta=options.min_delta,
        )
        self.factor = 1.0

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Look at the epoch's figures."""
        self.watch.see(metrics, user="scheduler 'plateau'")
        if self.watch.waited > self.options.patience:
            self.factor = max(self.options.floor, self.factor * self.options.factor)
            self.watch.waited = 0
            self.set_factor(self.factor)

    def state_dict(self) -> dict[str, Any]:
        """The factor and what has been seen."""
        return {"factor": self.factor, "watch": self.watch.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up such a state."""
        self.factor = state["factor"]
        self.watch.load_state_dict(state["watch"])
        self.set_factor(self.factor)
