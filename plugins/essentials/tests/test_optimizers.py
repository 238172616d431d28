import pytest
import torch
from torch import nn

from emobench.api import UsageError
from emobench_essentials.optimizers import Adam, AdamW, Sgd
from emobench_essentials.options import AdamOptions, AdamWOptions, SgdOptions


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def test_adamw_leaves_biases_and_norms_undecayed(make_context):
    network = model()
    optimizer = AdamW(AdamWOptions(lr=0.1, weight_decay=0.5), make_context()).build(network)
    before = {name: weights.detach().clone() for name, weights in network.named_parameters()}
    for weights in network.parameters():
        weights.grad = torch.zeros_like(weights)
    optimizer.step()
    for name, weights in network.named_parameters():
        factor = 0.95 if weights.ndim > 1 else 1.0
        torch.testing.assert_close(weights.detach(), before[name] * factor)


def test_decay_norms_puts_every_weight_in_one_group(make_context):
    optimizer = AdamW(AdamWOptions(decay_norms=True), make_context()).build(model())
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize(
    ("rule", "options", "reference"),
    [
        (
            AdamW,
            AdamWOptions(lr=0.01, weight_decay=0.1, decay_norms=True),
            lambda weights: torch.optim.AdamW(weights, lr=0.01, weight_decay=0.1),
        ),
        (
            Adam,
            AdamOptions(lr=0.01, weight_decay=0.1),
            lambda weights: torch.optim.Adam(weights, lr=0.01, weight_decay=0.1),
        ),
        (
            Sgd,
            SgdOptions(lr=0.01, weight_decay=0.1),
            lambda weights: torch.optim.SGD(
                weights, lr=0.01, weight_decay=0.1, momentum=0.9, nesterov=True
            ),
        ),
    ],
)
def test_steps_are_those_of_torch(make_context, rule, options, reference):
    ours, theirs = model(), model()
    theirs.load_state_dict(ours.state_dict())
    pairs = (
        (ours, rule(options, make_context()).build(ours)),
        (theirs, reference(theirs.parameters())),
    )
    inputs = torch.randn(5, 3)
    for network, optimizer in pairs:
        for _ in range(3):
            optimizer.zero_grad()
            network(inputs).square().sum().backward()
            optimizer.step()
    assert torch.equal(ours[0].weight, theirs[0].weight)


def test_frozen_weights_are_left_out(make_context):
    network = model()
    network[0].requires_grad_(False)
    optimizer = Sgd(SgdOptions(), make_context()).build(network)
    held = {id(weights) for group in optimizer.param_groups for weights in group["params"]}
    assert id(network[0].weight) not in held
    assert id(network[2].weight) in held


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(UsageError, match="nesterov needs a momentum above 0"):
        SgdOptions(momentum=0.0)
