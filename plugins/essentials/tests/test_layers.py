import torch
from torch import nn

from emobench_essentials.layers import dense_layers


def test_each_layer_is_linear_then_norm_then_relu_then_dropout():
    layers = dense_layers(5, hidden=(8, 4), dropout=(0.5, 0.2), batch_norm=True)
    one = (nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Dropout)
    assert [type(layer) for layer in layers] == [*one, *one]


def test_without_norm_and_dropout_it_is_the_textbook_formula():
    layers = dense_layers(3, hidden=(4,), dropout=(0.0,), batch_norm=False)
    rows = torch.randn(6, 3)
    expected = (rows @ layers[0].weight.T + layers[0].bias).clamp_min(0)
    torch.testing.assert_close(layers(rows), expected)
