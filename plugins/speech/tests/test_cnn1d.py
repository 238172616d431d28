import pytest
import torch
from torch import nn

from emobench.api import UsageError
from emobench_speech.cnn1d import Cnn1d
from emobench_speech.options import Cnn1dOptions

SMALL = Cnn1dOptions(channels=[8, 6], dropout=0.0)


def test_a_pattern_is_recognised_wherever_it_stands_in_the_clip(make_context):
    """Pooling over the frames makes the embedding blind to shifts of what the blocks halve."""
    backbone = Cnn1d(SMALL, make_context(inputs={"audio": (4, 64)})).eval()
    early, late = torch.zeros(1, 4, 64), torch.zeros(1, 4, 64)
    pattern = torch.randn(4, 8)
    early[0, :, 16:24], late[0, :, 32:40] = pattern, pattern
    torch.testing.assert_close(
        backbone({"audio": early}).embedding, backbone({"audio": late}).embedding
    )


@pytest.mark.parametrize("pooling", ["avg", "max", "avgmax"])
def test_the_embedding_is_pooled_from_the_maps(make_context, pooling):
    options = SMALL.replace(pooling=pooling)
    backbone = Cnn1d(options, make_context(inputs={"audio": (4, 40)})).eval()
    features = backbone({"audio": torch.randn(2, 4, 40)})
    pools = {"avg": [features.maps.mean(-1)], "max": [features.maps.amax(-1)]}
    pools["avgmax"] = pools["avg"] + pools["max"]
    assert torch.equal(features.embedding, torch.cat(pools[pooling], dim=1))
    assert features.embedding.shape[1] == backbone.width


def test_clips_with_fewer_frames_than_halvings_still_train(make_context):
    options = Cnn1dOptions(channels=[8, 8, 8, 8, 8], dropout=0.0)
    backbone = Cnn1d(options, make_context(inputs={"audio": (4, 3)}))
    backbone({"audio": torch.randn(2, 4, 3)}).embedding.square().sum().backward()
    assert all(torch.isfinite(weights.grad).all() for weights in backbone.parameters())


def test_a_row_of_statistics_is_scaled_and_read_as_one_band(make_context):
    backbone = Cnn1d(SMALL, make_context(inputs={"audio": (392,)}))
    rows = 1000 * torch.randn(6, 392) + 5000
    maps = backbone({"audio": rows}).maps
    scaled = (rows - rows.mean(dim=0)) / rows.std(dim=0, correction=0)
    torch.testing.assert_close(maps, backbone.blocks(scaled.unsqueeze(1)), rtol=1e-3, atol=1e-3)


def test_inputs_that_are_no_frames_are_refused(make_context):
    with pytest.raises(UsageError) as caught:
        Cnn1d(SMALL, make_context(inputs={"image": (3, 48, 48)}, modality="image"))
    assert str(caught.value) == (
        "backbone 'cnn1d' needs (bands, frames) or at most 1024 values of 'image', but the "
        "frontend gives image (3, 48, 48); use a spectrogram frontend such as 'logmel'"
    )


NORM, RELU, HALVE, DROP = nn.BatchNorm1d, nn.ReLU, nn.MaxPool1d, nn.Dropout


@pytest.mark.parametrize(
    ("order", "following"),
    [
        ("norm-relu-dropout", [NORM, RELU, HALVE, DROP]),
        ("relu-norm-dropout", [RELU, NORM, HALVE, DROP]),
        ("relu-dropout-norm", [RELU, HALVE, DROP, NORM]),
        ("dropout-norm-relu", [DROP, NORM, RELU, HALVE]),
    ],
)
def test_each_block_is_a_convolution_and_then_what_the_order_says(make_context, order, following):
    backbone = Cnn1d(SMALL.replace(order=order), make_context(inputs={"audio": (4, 16)}))
    for each in backbone.blocks:
        assert [type(part) for part in each] == [nn.Conv1d, *following]


def test_without_batch_norm_convolutions_have_a_bias(make_context):
    backbone = Cnn1d(SMALL.replace(batch_norm=False), make_context(inputs={"audio": (4, 16)}))
    assert not any(isinstance(part, NORM) for part in backbone.modules())
    assert all(part.bias is not None for part in backbone.modules() if isinstance(part, nn.Conv1d))


@pytest.mark.parametrize("order", ["relu-norm-dropout", "relu-dropout-norm", "dropout-norm-relu"])
def test_the_bias_goes_only_where_batch_norm_would_cancel_it(make_context, order):
    context = make_context(inputs={"audio": (4, 16)})
    assert Cnn1d(SMALL, context).blocks[0][0].bias is None
    assert Cnn1d(SMALL.replace(order=order), context).blocks[0][0].bias is not None


def test_a_block_forgets_as_fast_as_its_norm_momentum_says(make_context):
    """Keras: moving = moving * 0.99 + batch * 0.01, from a mean of 0."""
    backbone = Cnn1d(SMALL.replace(norm_momentum=0.01), make_context(inputs={"audio": (4, 16)}))
    clips = torch.randn(3, 4, 16)
    with torch.no_grad():
        means = backbone.blocks[0][0](clips).mean(dim=(0, 2))
    backbone({"audio": clips})
    torch.testing.assert_close(backbone.blocks[0][1].running_mean, 0.01 * means)
