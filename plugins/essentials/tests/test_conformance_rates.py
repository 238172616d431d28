"""The optimizers and schedules of this package under the conformance suites, against torch's."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import nn

from emobench.testing import OptimizerSuite, SchedulerSuite


class TestAdamW(OptimizerSuite):
    component = "adamw"

    def reference(self, model: nn.Module) -> torch.optim.Optimizer:
        weights = dict(model.named_parameters())
        groups = [
            {"params": [weights["matrix"]], "weight_decay": 0.01},
            {"params": [weights["bias"]], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=1e-3)


class TestAdam(OptimizerSuite):
    component = "adam"
    options = {"weight_decay": 0.1}

    def reference(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=0.1)


class TestSgd(OptimizerSuite):
    component = "sgd"

    def reference(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.SGD(
            model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4
        )


@cache
def torch_factors(schedule: type, updates: int, **options: object) -> list[float]:
    """The curve of one of torch's schedules."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    curve = schedule(optimizer, **options)
    factors = []
    for update in range(updates):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if update + 1 < updates:
            curve.step()
    return factors


class TestOneCycle(SchedulerSuite):
    component = "onecycle"
    options = {"rise": 0.25, "start": 10.0, "end": 100.0}

    def reference(self, update: int, *, updates: int) -> float | None:
        if updates < 4:
            return None  # torch divides by zero where there is no room to rise
        return torch_factors(
            torch.optim.lr_scheduler.OneCycleLR,
            updates,
            max_lr=1.0,
            total_steps=updates,
            pct_start=0.25,
            div_factor=10.0,
            final_div_factor=100.0,
        )[update]


class TestCosine(SchedulerSuite):
    component = "cosine"
    options = {"warmup": 0.0, "floor": 0.1}

    def reference(self, update: int, *, updates: int) -> float:
        return torch_factors(
            torch.optim.lr_scheduler.CosineAnnealingLR, updates, T_max=updates, eta_min=0.1
        )[update]


class TestCosineWithWarmUp(SchedulerSuite):
    component = "cosine"
    options = {"warmup": 0.25}

    def reference(self, update: int, *, updates: int) -> float:
        rise = round(0.25 * updates)
        if update < rise:
            return (update + 1) / (rise + 1)
        return math.cos(math.pi / 2 * (update - rise) / (updates - rise)) ** 2


class TestCosineThatEndsEarly(SchedulerSuite):
    component = "cosine"
    options = {"warmup": 0.0, "floor": 0.1, "decay": 0.5}

    def reference(self, update: int, *, updates: int) -> float | None:
        if updates < 4:
            return None  # half of so few updates is no curve
        whole = {"T_max": updates / 2, "eta_min": 0.1}
        curve = torch_factors(torch.optim.lr_scheduler.CosineAnnealingLR, updates, **whole)
        return curve[update] if update < updates / 2 else 0.1


class TestCyclicCosine(SchedulerSuite):
    component = "cyclic_cosine"
    options = {"cycles": 3, "floor": 0.1}

    def reference(self, update: int, *, updates: int) -> float:
        return torch_factors(
            torch.optim.lr_scheduler.CosineAnnealingWarmRestarts,
            updates,
            T_0=math.ceil(updates / 3),
            eta_min=0.1,
        )[update]


class TestPlateau(SchedulerSuite):
    component = "plateau"
    options = {"patience": 1, "factor": 0.5, "floor": 0.2, "min_delta": 0.0}

    def reference(self, update: int, *, updates: int) -> float | None:
        """Nothing improves: the rate falls after every second epoch but the first."""
        epochs = {24: 6, 70: 7}.get(updates)
        if epochs is None:
            return None
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        curve = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, mode="max", factor=0.5, patience=1, threshold=0.0, min_lr=0.2
        )
        for _ in range(update // epochs):
            curve.step(0.5)
        return float(optimizer.param_groups[0]["lr"])
