"""The conformance suite of optimizers: each is tried on a bowl."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import nn

from emobench.api import Context, Kind
from emobench.testing.suite import Suite, assert_same, not_shown
from emobench.testing.training import through_a_checkpoint

UPDATES = 1000
STRIDE = 50
LEFT = 0.2
"""The share of a quadratic's start that may be left after so many updates: Adadelta takes them."""

BLOWN_UP = 1000
"""How many times its start the loss may grow before it is given up."""


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


def descend(bowl: Bowl, optimizer: torch.optim.Optimizer, *, updates: int) -> None:
    """So many updates down the bowl."""
    for _ in range(updates):
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward([bowl()])
        optimizer.step()
