"""The conformance suite of learning-rate schedules: each is driven through short trainings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import torch

from emobench.api import Context, Kind
from emobench.testing.suite import Suite, not_shown
from emobench.testing.tiny import tiny_context
from emobench.testing.training import through_a_checkpoint

LENGTHS = ((4, 6), (10, 7), (1, 1), (1, 2), (3, 1))
"""Epochs and updates an epoch of the trainings that schedules are tried on."""

BEYOND = 5
"""Updates after the planned end in which a schedule must still be sound."""


class SchedulerSuite(Suite):
    """The checks that learning-rate schedules must pass."""

    kind: ClassVar[Kind] = "scheduler"

    def reference(self, update: int, *, updates: int) -> float | None:
        """The factor of the rate in the update after `update` of `updates`; None: not known."""
        return None

    def figures(self, epoch: int, *, context: Context) -> Mapping[str, float]:
        """What an epoch is said to have given: here nothing improves."""
        figures = {"train_loss": 1.0, "validation_loss": 1.0}
        return {**figures, f"validation_{context.task.metric}": 0.5}

    def contexts(self) -> Sequence[Context]:
        """Trainings of several lengths, down to one update."""
        return [tiny_context(epochs=epochs, updates=updates) for epochs, updates in LENGTHS]

    def act(self, built: Any, context: Context) -> Sequence[float]:
        """The rates of a whole training."""
        optimizer = tiny_optimizer()
        built.attach(optimizer)
        return self.drive(built, optimizer, context)[0]

    def drive(
        self,
        schedule: Any,
        optimizer: torch.optim.Optimizer,
        context: Context,
        *,
        done: int = 0,
        until: int | None = None,
    ) -> list[list[float]]:
        """The rates that the updates from `done` on are made with, a list a group."""
        until = context.schedule.updates if until is None else until
        rates: list[list[float]] = [[] for _ in optimizer.param_groups]
        for update in range(done, until):
            for group, seen in zip(optimizer.param_groups, rates, strict=True):
                seen.append(float(group["lr"]))
            schedule.after_update(update + 1)
            epoch, rest = divmod(update + 1, context.schedule.updates_per_epoch)
            if rest == 0:
                schedule.after_epoch(self.figures(epoch - 1, context=context))
        return rates

    def begin(self, context: Context) -> tuple[Any, torch.optim.Optimizer]:
        """A schedule attached to an optimizer of two groups, at rates 1 and 0.1."""
        schedule, optimizer = self.build(context), tiny_optimizer()
        schedule.attach(optimizer)
        return schedule, optimizer

    def test_follows_its_reference(self) -> None:
        """Its whole curve is that of another's code."""
        compared = 0
        for context in self.accepted:
            rates = self.drive(*self.begin(context), context)[0]
            for update, rate in enumerate(rates):
                expected = self.reference(update, updates=len(rates))
                if expected is None:
                    continue
                compared += 1
                assert math.isclose(rate, expected, rel_tol=1e-6, abs_tol=1e-9), (
                    f"the factor of update {update} of {len(rates)} is {rate:.6g}, by its "
                    f"reference {expected:.6g}"
                )
        if not compared:
            not_shown("the suite gives nothing to compare with", hook="reference")

    def test_attaching_sets_the_first_rate(self) -> None:
        """Attached to an optimizer it sets the rate of the first update at once."""
        for context in self.accepted:
            schedule, optimizer = self.begin(context)
            rate = optimizer.param_groups[0]["lr"]
            expected = self.reference(0, updates=context.schedule.updates)
            if expected is None:
                schedule.load_state_dict(through_a_checkpoint(schedule.state_dict()))
                expected = optimizer.param_groups[0]["lr"]
            assert math.isclose(rate, expected, rel_tol=1e-6, abs_tol=1e-9), (
                f"attached, the factor is {rate:.6g}, and that of the first update is to be "
                f"{expected:.6g}; set it in `attach`"
            )

    def test_rates_stay_sound(self) -> None:
        """Rates are finite and not negative, in short trainings too and beyond the end."""
        for context in self.accepted:
            updates = context.schedule.updates
            rates = self.drive(*self.begin(context), context, until=updates + BEYOND)[0]
            for update, rate in enumerate(rates):
                assert 0 <= rate < math.inf, (
                    f"the factor of update {update} of {updates} is {rate:g}"
                )
            assert max(rates[:updates]) > 0, f"in a training of {updates} updates all rates are 0"

    def test_groups_keep_their_ratio(self) -> None:
        """A group at a tenth of another's rate stays at a tenth."""
        for context in self.accepted:
            first, second = self.drive(*self.begin(context), context)
            for update, (fast, slow) in enumerate(zip(first, second, strict=True)):
                assert math.isclose(slow, 0.1 * fast, rel_tol=1e-6, abs_tol=1e-12), (
                    f"in update {update} two groups of rates 1 and 0.1 have {fast:.4g} and "
                    f"{slow:.4g}; multiply each group's own rate"
                )

    def test_resumes_to_the_bit(self) -> None:
        """Stopped after any epoch and resumed through a checkpoint, the curve goes on."""
        context = self.context
        whole = self.drive(*self.begin(context), context)
        for epoch in range(1, context.schedule.epochs):
            done = epoch * context.schedule.updates_per_epoch
            schedule, optimizer = self.begin(context)
            self.drive(schedule, optimizer, context, until=done)
            resumed, other = self.begin(context)
            other.load_state_dict(through_a_checkpoint(optimizer.state_dict()))
            resumed.load_state_dict(through_a_checkpoint(schedule.state_dict()))
            rest = self.drive(resumed, other, context, done=done)
            assert rest == [rates[done:] for rates in whole], (
                f"stopped after epoch {epoch} and resumed it gives other rates; keep what it needs "
                "in `state_dict`"
            )

    def test_leaves_an_epochs_figures_alone(self) -> None:
        """It takes an epoch's figures, whatever stands among them, and changes none."""
        context = self.context
        schedule, _ = self.begin(context)
        figures = {**self.figures(0, context=context), "validation_another": 0.25}
        kept = dict(figures)
        schedule.after_epoch(figures)
        assert figures == kept, "it changes the epoch's figures, which others read after it"
        schedule.after_epoch(MappingProxyType(kept))


def tiny_optimizer() -> torch.optim.Optimizer:
    """Two groups, at rates 1 and 0.1."""
    first, second = (torch.zeros(1, requires_grad=True) for _ in range(2))
    return torch.optim.SGD([{"params": [first], "lr": 1.0}, {"params": [second], "lr": 0.1}])
