"""A sound optimizer and a sound schedule, and what each becomes by one mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from emobench.api import Context, NoOptions

RATE = 0.1


class Sound:
    """Stochastic gradient descent with momentum."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        pass

    def build(self, model: nn.Module) -> torch.optim.Optimizer:
        return self.rule([each for each in model.parameters() if self.takes(each)])

    def takes(self, weights: nn.Parameter) -> bool:
        return weights.requires_grad

    def rule(self, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(weights, lr=RATE, momentum=0.9)


class Climbs(Sound):
    def rule(self, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(weights, lr=RATE, momentum=0.9, maximize=True)


class ForgetsBiases(Sound):
    def takes(self, weights: nn.Parameter) -> bool:
        return weights.requires_grad and weights.ndim > 1


class ThawsFrozenWeights(Sound):
    def takes(self, weights: nn.Parameter) -> bool:
        return True


class Slides(Sound):
    def rule(self, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(weights, lr=RATE, momentum=0.8)


class OwnRule(torch.optim.Optimizer):
    """Momentum by hand, kept in a place of its own."""

    def __init__(self, weights: Iterable[nn.Parameter]) -> None:
        super().__init__(weights, {"lr": RATE})
        self.speed: dict[nn.Parameter, torch.Tensor] = {}

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                speed = 0.9 * self.speed.get(weights, torch.zeros_like(weights)) + weights.grad
                self.speed[weights] = speed
                weights -= self.rate(group) * speed

    def rate(self, group: Mapping[str, Any]) -> float:
        return float(group["lr"])


class FixedRule(OwnRule):
    def rate(self, group: Mapping[str, Any]) -> float:
        return RATE


class ForgetsItsSpeed(Sound):
    def rule(self, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return OwnRule(weights)


class IgnoresTheGroupsRate(Sound):
    def rule(self, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return FixedRule(weights)


class SoundSchedule:
    """A line down to nothing."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        self.updates = context.schedule.updates
        self.done = 0

    def factor(self, update: int) -> float:
        return max(0.0, (self.updates - update) / (self.updates + 1))

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.set_rates()

    def set_rates(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * self.factor(self.done)

    def after_update(self, update: int) -> None:
        self.done = update
        self.set_rates()

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.after_update(state["done"])


class StartsLate(SoundSchedule):
    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])


class OneUpdateAhead(SoundSchedule):
    def factor(self, update: int) -> float:
        return super().factor(update + 1)


class FallsBelowZero(SoundSchedule):
    def factor(self, update: int) -> float:
        return (self.updates - update) / (self.updates + 1)


class LevelsGroups(SoundSchedule):
    def set_rates(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.factor(self.done)


class CountsForItself(SoundSchedule):
    def after_update(self, update: int) -> None:
        super().after_update(self.done + 1)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.set_rates()


class TakesFiguresAway(SoundSchedule):
    def after_epoch(self, metrics: Any) -> None:
        metrics.pop("validation_loss")
