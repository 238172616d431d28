"""The conformance suites of optimizers and of learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch import nn

from emobench.api import Context, Kind
from emobench.testing.suite import Suite, assert_same, not_shown
from emobench.testing.tiny import tiny_context
from emobench.training.checkpoints import pack, unpack

UPDATES = 1000
STRIDE = 50
LEFT = 0.2
"""The share of a quadratic's start that may be left after so many updates: Adadelta takes them."""

BLOWN_UP = 1000
"""How many times its start the loss may grow before it is given up."""

LENGTHS = ((4, 6), (10, 7), (1, 1), (1, 2), (3, 1))
"""Epochs and updates an epoch of the trainings that schedules are tried on."""

BEYOND = 5
"""Updates after the planned end in which a schedule must still be sound."""


class Bowl(nn.Module):
    """A matrix, a bias and a frozen weight, each pulled towards one by a quadratic."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.zeros(3, 4))
        self.bias = nn.Parameter(torch.zeros(4))
        self.frozen = nn.Parameter(torch.zeros(5), requires_grad=False)

    def forward(self) -> torch.Tensor:
        """Half the squared distance; no direction is more than twice as steep as another."""
        steepness = torch.linspace(0.5, 1, 4)
        distance = ((self.matrix - 1).square() * steepness).sum()
        return 0.5 * (distance + ((self.bias - 1).square() * steepness).sum())

    def start_at(self, distance: float) -> None:
        """Put every trainable weight that far from the bottom, on either side."""
        with torch.no_grad():
            for weights in (self.matrix, self.bias):
                signs = torch.arange(weights.numel()).reshape(weights.shape) % 2 * 2.0 - 1
                weights.copy_(1 + distance * signs)


class OptimizerSuite(Suite):
    """The checks that optimizers must pass."""

    kind: ClassVar[Kind] = "optimizer"

    def reference(self, model: nn.Module) -> torch.optim.Optimizer | None:
        """The same optimizer by another's code, over the whole model; None where there is none."""
        return None

    def act(self, built: Any, context: Context) -> Sequence[torch.Tensor]:
        """The weights after three updates."""
        bowl = Bowl()
        descend(bowl, built.build(bowl), updates=3)
        return list(bowl.state_dict().values())

    def start(self) -> tuple[Bowl, torch.optim.Optimizer]:
        """A bowl and the optimizer over it."""
        bowl = Bowl()
        optimizer: torch.optim.Optimizer = self.build().build(bowl)
        return bowl, optimizer

    def test_converges_on_a_quadratic(self) -> None:
        """By its defaults it comes near the bottom of a quadratic from ten rates away."""
        kind = self.entry.component.options
        given = {each.name: self.given[each.name] for each in kind.fields() if each.required}
        bowl = Bowl()
        optimizer = self.entry.build(kind(**given), self.context).build(bowl)
        bowl.start_at(10 * max(float(group["lr"]) for group in optimizer.param_groups))
        before = bowl().item()
        after = before
        for _ in range(0, UPDATES, STRIDE):
            descend(bowl, optimizer, updates=STRIDE)
            after = bowl().item()
            if not LEFT * before < after < BLOWN_UP * before:
                break
        assert after <= LEFT * before, (
            f"after {UPDATES} updates {after / before:.3g} of the loss is left on a plain "
            f"quadratic; at most {LEFT:g} may be"
        )

    def test_every_trainable_weight_is_in_one_group(self) -> None:
        """Every trainable parameter is held once."""
        bowl, optimizer = self.start()
        held = [id(weights) for group in optimizer.param_groups for weights in group["params"]]
        for name, weights in bowl.named_parameters():
            count = held.count(id(weights))
            if weights.requires_grad:
                assert count == 1, f"the trainable '{name}' is held {count} times instead of once"

    def test_leaves_frozen_weights_alone(self) -> None:
        """What was frozen when the optimizer was built does not move, gradient or not."""
        bowl, optimizer = self.start()
        before = bowl.frozen.detach().clone()
        torch.autograd.backward([bowl()])
        bowl.frozen.grad = torch.ones_like(bowl.frozen)
        optimizer.step()
        assert torch.equal(bowl.frozen.detach(), before), (
            "a frozen parameter moves; give the optimizer those with `requires_grad` alone"
        )

    def test_obeys_the_rate_of_its_groups(self) -> None:
        """A schedule can steer it: every group has a rate, and at rate 0 nothing moves."""
        bowl, optimizer = self.start()
        for index, group in enumerate(optimizer.param_groups):
            rate = float(group.get("lr", math.nan))
            assert 0 < rate < math.inf, f"group {index} has the learning rate {rate:g}"
        descend(bowl, optimizer, updates=2)
        for group in optimizer.param_groups:
            group["lr"] = 0.0
        before = [weights.detach().clone() for weights in bowl.parameters()]
        descend(bowl, optimizer, updates=1)
        assert_same(
            before,
            list(bowl.parameters()),
            what='after an update at rate 0; read the rate from `group["lr"]` in every step',
        )

    def test_resumes_to_the_bit(self) -> None:
        """Stopped and resumed through a checkpoint it goes on as if never stopped."""
        straight, optimizer = self.start()
        descend(straight, optimizer, updates=10)
        first, before = self.start()
        descend(first, before, updates=5)
        second, after = self.start()
        second.load_state_dict(first.state_dict())
        after.load_state_dict(through_a_checkpoint(before.state_dict()))
        descend(second, after, updates=5)
        assert_same(
            list(straight.parameters()),
            list(second.parameters()),
            what="when stopped after 5 updates and resumed; keep state in `optimizer.state`",
        )

    def test_agrees_with_its_reference(self) -> None:
        """Five updates are those of another's code."""
        bowl, optimizer = self.start()
        other = Bowl()
        reference = self.reference(other)
        if reference is None:
            not_shown("the suite gives nothing to compare with", hook="reference")
        for name, each, rule in (("it", bowl, optimizer), ("its reference", other, reference)):
            descend(each, rule, updates=5)
            assert torch.isfinite(each.matrix).all(), f"{name} leads to weights that are not finite"
        for name in ("matrix", "bias"):
            ours, theirs = (getattr(each, name).detach() for each in (bowl, other))
            assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-8), (
                f"after 5 updates the {name} is off its reference by up to "
                f"{float((ours - theirs).abs().max()):.2g}"
            )


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


def descend(bowl: Bowl, optimizer: torch.optim.Optimizer, *, updates: int) -> None:
    """So many updates down the bowl."""
    for _ in range(updates):
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward([bowl()])
        optimizer.step()


def tiny_optimizer() -> torch.optim.Optimizer:
    """Two groups, at rates 1 and 0.1."""
    first, second = (torch.zeros(1, requires_grad=True) for _ in range(2))
    return torch.optim.SGD([{"params": [first], "lr": 1.0}, {"params": [second], "lr": 0.1}])


def through_a_checkpoint(state: Any) -> Any:
    """A state as a resumed run gets it: written, read back, sharing nothing."""
    text, tensors = pack(state)
    return unpack(text, {name: tensor.clone() for name, tensor in tensors.items()})
