import pytest
import torch
from torch import nn

from emobench.api import UsageError
from emobench_essentials.backbones import Dense
from emobench_essentials.options import DenseOptions


def test_every_modality_reaches_the_embedding(make_context):
    context = make_context(inputs={"table": (4,), "audio": (2, 3)})
    dense = Dense(DenseOptions(hidden=[16], dropout=0.0), context).eval()
    inputs = {"table": torch.randn(2, 4), "audio": torch.randn(2, 2, 3)}
    before = dense(inputs).embedding
    for name in inputs:
        changed = {**inputs, name: inputs[name] + 1}
        assert not torch.allclose(dense(changed).embedding, before)


def test_columns_need_no_scaler(make_context):
    dense = Dense(DenseOptions(dropout=0.0), make_context(inputs={"table": (3,)})).train()
    rows = torch.randn(32, 3)
    scaled = rows * torch.tensor([1000.0, 1.0, 50.0]) + torch.tensor([5e3, 0.0, -7.0])
    torch.testing.assert_close(
        dense({"table": rows}).embedding, dense({"table": scaled}).embedding, atol=1e-3, rtol=1e-2
    )


def test_batch_norm_between_layers_takes_the_place_of_their_bias(make_context):
    """The action-unit guide's model: 256, 128, 64, a batch norm and a dropout of its own each."""
    options = DenseOptions(
        hidden=[256, 128, 64], dropout=[0.4, 0.3, 0.2], batch_norm=False, hidden_batch_norm=True
    )
    dense = Dense(options, make_context(inputs={"table": (17,)}))
    built = [type(layer) for layer in dense.layers]
    assert built == [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Dropout] * 3
    assert [layer.p for layer in dense.layers if isinstance(layer, nn.Dropout)] == [0.4, 0.3, 0.2]
    weights = 17 * 256 + 256 * 128 + 128 * 64
    norms = 2 * (256 + 128 + 64)
    assert sum(each.numel() for each in dense.parameters()) == weights + norms


def test_norm_momentum_and_order_reach_every_layer(make_context):
    options = DenseOptions(
        hidden=[8, 6], hidden_batch_norm=True, norm_momentum=0.01, order="dropout-norm-relu"
    )
    dense = Dense(options, make_context(inputs={"table": (5,)}))
    norms = [layer for layer in dense.modules() if isinstance(layer, nn.BatchNorm1d)]
    assert [norm.momentum for norm in norms] == [0.01] * 3
    built = [type(layer) for layer in dense.layers]
    assert built == [nn.Linear, nn.Dropout, nn.BatchNorm1d, nn.ReLU] * 2


def test_dropout_for_another_number_of_layers_is_refused():
    with pytest.raises(UsageError, match="dropout lists 2 shares but hidden lists 3 layers"):
        DenseOptions(hidden=[8, 8, 8], dropout=[0.1, 0.2])
