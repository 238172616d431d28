import pytest
import torch
from torch import nn

from emobench.api import Features, NoOptions, UsageError
from emobench_essentials.heads import LinearHead, MlpHead
from emobench_essentials.options import MlpOptions


def test_linear_is_one_matrix_and_a_bias(make_context):
    head = LinearHead(NoOptions(), make_context(width=5))
    rows = torch.randn(3, 5)
    expected = rows @ head.output.weight.T + head.output.bias
    torch.testing.assert_close(head(Features(embedding=rows)), expected)


def test_batch_norm_takes_the_place_of_the_hidden_bias(make_context):
    with_norm = MlpHead(MlpOptions(hidden=[8], batch_norm=True), make_context(width=5))
    without = MlpHead(MlpOptions(hidden=[8]), make_context(width=5))
    assert with_norm.hidden[0].bias is None
    assert without.hidden[0].bias is not None


def test_dropout_shares_go_to_their_layers(make_context):
    options = MlpOptions(hidden=[8, 6], dropout=[0.5, 0.25])
    head = MlpHead(options, make_context(width=5))
    shares = [layer.p for layer in head.hidden if isinstance(layer, nn.Dropout)]
    assert shares == [0.5, 0.25]


def test_batch_norm_makes_the_logits_blind_to_the_embeddings_scale(make_context):
    options = MlpOptions(hidden=[8], batch_norm=True, dropout=0.0)
    head = MlpHead(options, make_context(width=5)).train()
    rows = torch.randn(16, 5)
    small, large = head(Features(embedding=rows)), head(Features(embedding=rows * 1000))
    torch.testing.assert_close(small, large, atol=1e-3, rtol=1e-3)


def test_norm_momentum_and_order_reach_the_layers(make_context):
    options = MlpOptions(
        hidden=[8, 6], batch_norm=True, norm_momentum=0.01, order="relu-dropout-norm"
    )
    head = MlpHead(options, make_context(width=5))
    assert [type(layer) for layer in head.hidden][:4] == [
        nn.Linear,
        nn.ReLU,
        nn.Dropout,
        nn.BatchNorm1d,
    ]
    norms = [layer for layer in head.hidden if isinstance(layer, nn.BatchNorm1d)]
    assert [norm.momentum for norm in norms] == [0.01, 0.01]


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(UsageError) as caught:
        MlpOptions(hidden=[8, 6], dropout=[0.5])
    assert "dropout lists 1 shares but hidden lists 2 layers" in str(caught.value)
