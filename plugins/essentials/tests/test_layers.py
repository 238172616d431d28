import pytest
import torch
from torch import nn

from emobench_essentials.layers import dense_layers
from emobench_essentials.options import MlpOptions


def layers_of(*, width: int = 5, hidden=(8, 4), dropout=(0.5, 0.2), **known) -> nn.Sequential:
    settings = {"batch_norm": True, "norm_momentum": 0.1, "order": "norm-relu-dropout", **known}
    return dense_layers(width, hidden=hidden, dropout=dropout, **settings)


@pytest.mark.parametrize(
    ("order", "following"),
    [
        ("norm-relu-dropout", [nn.BatchNorm1d, nn.ReLU, nn.Dropout]),
        ("relu-norm-dropout", [nn.ReLU, nn.BatchNorm1d, nn.Dropout]),
        ("relu-dropout-norm", [nn.ReLU, nn.Dropout, nn.BatchNorm1d]),
        ("dropout-norm-relu", [nn.Dropout, nn.BatchNorm1d, nn.ReLU]),
    ],
)
def test_each_layer_is_linear_and_then_what_the_order_says(order, following):
    assert [type(layer) for layer in layers_of(order=order)] == 2 * [nn.Linear, *following]


@pytest.mark.parametrize("order", ["relu-norm-dropout", "relu-dropout-norm", "dropout-norm-relu"])
def test_the_bias_goes_only_where_batch_norm_would_cancel_it(order):
    assert layers_of()[0].bias is None
    assert layers_of(order=order)[0].bias is not None
    assert layers_of(batch_norm=False)[0].bias is not None


def test_a_keras_momentum_of_99_percent_forgets_a_hundredth_of_the_past_a_batch():
    """Keras: moving = moving * 0.99 + batch * 0.01, from a mean of 0."""
    layers = layers_of(hidden=(1,), dropout=(0.0,), width=1, norm_momentum=0.01)
    moving = 0.0
    for rows in (torch.tensor([[1.0], [3.0]]), torch.tensor([[7.0], [2.0]])):
        with torch.no_grad():
            mean = layers[0](rows).mean().item()
        layers(rows)
        moving = moving * 0.99 + mean * 0.01
    assert layers[1].running_mean.item() == pytest.approx(moving)


def test_the_defaults_are_torchs():
    options = MlpOptions()
    assert options.norm_momentum == nn.BatchNorm1d(1).momentum
    assert options.order == "norm-relu-dropout"


def test_without_norm_and_dropout_it_is_the_textbook_formula():
    layers = layers_of(width=3, hidden=(4,), dropout=(0.0,), batch_norm=False)
    rows = torch.randn(6, 3)
    expected = (rows @ layers[0].weight.T + layers[0].bias).clamp_min(0)
    torch.testing.assert_close(layers(rows), expected)
