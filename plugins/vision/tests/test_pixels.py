import numpy as np
import pytest
import torch
from PIL import Image

from emobench.api import UsageError
from emobench_vision.options import PixelsOptions
from emobench_vision.pixels import Pixels


def picture(height: int, width: int, channels: int = 3, *, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, channels), dtype=np.uint8)


def test_black_is_minus_one_and_white_is_one(make_context):
    frontend = Pixels(PixelsOptions(size=8, mode="rgb"), make_context())
    items = [np.full((8, 8, 3), value, np.uint8) for value in (0, 255)]
    output = frontend.apply(items)
    assert output.flatten(1).min(dim=1).values.tolist() == pytest.approx([-1, 1])
    assert output.flatten(1).max(dim=1).values.tolist() == pytest.approx([-1, 1])


def test_pixels_at_the_right_size_pass_untouched(make_context):
    frontend = Pixels(PixelsOptions(size=16, mode="rgb"), make_context())
    image = picture(16, 16)
    expected = torch.from_numpy(image).permute(2, 0, 1) / 127.5 - 1
    assert torch.equal(frontend.apply([image])[0], expected)


def test_grey_is_pillows_grey(make_context):
    frontend = Pixels(PixelsOptions(size=16), make_context())
    image = picture(16, 16)
    grey = np.asarray(Image.fromarray(image).convert("L"), dtype=np.float32)
    ours = (frontend.apply([image])[0, 0].numpy() + 1) * 127.5
    assert np.abs(ours - grey).max() < 1.0


@pytest.mark.parametrize("side", [16, 48, 100])
def test_sizes_change_as_in_pillow(make_context, side):
    frontend = Pixels(PixelsOptions(size=32), make_context())
    image = picture(side, side, 1)
    theirs = Image.fromarray(image[..., 0].astype(np.float32)).resize(
        (32, 32), Image.Resampling.BILINEAR
    )
    ours = (frontend.apply([image])[0, 0].numpy() + 1) * 127.5
    assert np.allclose(ours, np.asarray(theirs), atol=0.05)


def test_grey_images_serve_where_colours_are_wanted_and_transparency_is_dropped(make_context):
    frontend = Pixels(PixelsOptions(size=16, mode="rgb"), make_context())
    grey, clear = picture(16, 16, 1), picture(16, 16, 4)
    output = frontend.apply([grey, clear])
    assert torch.equal(output[0, 0], output[0, 2])
    assert torch.equal(output[1], frontend.apply([clear[..., :3]])[0])


def test_a_task_without_images_is_refused(make_context):
    with pytest.raises(UsageError, match="reads images, but task 'toy/subjects' offers audio"):
        Pixels(PixelsOptions(), make_context(modality="audio"))
