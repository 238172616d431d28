import pytest
import torch

from emobench.api import UsageError
from emobench_vision.cnn2d import Cnn2d
from emobench_vision.options import Cnn2dOptions

SMALL = Cnn2dOptions(channels=[6, 4], dropout=0.0)


def test_a_pattern_is_recognised_wherever_it_stands_in_the_image(make_context):
    backbone = Cnn2d(SMALL, make_context(inputs={"image": (1, 48, 48)})).eval()
    first, second = torch.zeros(1, 1, 48, 48), torch.zeros(1, 1, 48, 48)
    pattern = torch.randn(6, 6)
    first[0, 0, 12:18, 12:18], second[0, 0, 24:30, 20:26] = pattern, pattern
    torch.testing.assert_close(
        backbone({"image": first}).embedding, backbone({"image": second}).embedding
    )


@pytest.mark.parametrize("pooling", ["avg", "max", "avgmax"])
def test_the_embedding_is_pooled_from_the_maps(make_context, pooling):
    options = SMALL.replace(pooling=pooling)
    backbone = Cnn2d(options, make_context(inputs={"image": (1, 20, 20)})).eval()
    features = backbone({"image": torch.randn(2, 1, 20, 20)})
    rows = features.maps.flatten(2)
    pools = {"avg": [rows.mean(-1)], "max": [rows.amax(-1)]}
    pools["avgmax"] = pools["avg"] + pools["max"]
    torch.testing.assert_close(features.embedding, torch.cat(pools[pooling], dim=1))
    assert features.embedding.shape[1] == backbone.width


def test_images_smaller_than_the_halvings_still_train(make_context):
    options = Cnn2dOptions(channels=[4, 4, 4, 4], dropout=0.0)
    backbone = Cnn2d(options, make_context(inputs={"image": (1, 3, 3)}))
    backbone({"image": torch.randn(2, 1, 3, 3)}).embedding.square().sum().backward()
    assert all(torch.isfinite(weights.grad).all() for weights in backbone.parameters())


def test_inputs_that_are_no_image_are_refused(make_context):
    with pytest.raises(UsageError) as caught:
        Cnn2d(SMALL, make_context(inputs={"audio": (64, 94)}, modality="audio"))
    assert str(caught.value) == (
        "backbone 'cnn2d' needs (channels, height, width) of 'audio', but the frontend gives "
        "audio (64, 94); use an image frontend such as 'pixels'"
    )
