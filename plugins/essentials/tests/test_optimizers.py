import pytest
import torch
from torch import nn

from emobench.api import UsageError
from emobench_essentials.optimizers import AdamW
from emobench_essentials.options import AdamWOptions, SgdOptions


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


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(UsageError, match="nesterov needs a momentum above 0"):
        SgdOptions(momentum=0.0)
