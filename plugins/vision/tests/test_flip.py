import pytest
import torch

from emobench_vision.flip import Flip
from emobench_vision.options import FlipOptions


def apply(images: torch.Tensor, make_context, *, probability: float) -> torch.Tensor:
    flip = Flip(FlipOptions(probability=probability), make_context())
    return flip.apply(images, random=torch.Generator().manual_seed(0), progress=0.0)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(2000, 1, 2, 3, generator=torch.Generator().manual_seed(1))


def test_each_image_is_either_itself_or_its_mirror(make_context, images):
    output = apply(images, make_context, probability=0.5)
    same = (output == images).flatten(1).all(dim=1)
    mirrored = (output == images.flip(3)).flatten(1).all(dim=1)
    assert (same ^ mirrored).all()
    assert float(mirrored.float().mean()) == pytest.approx(0.5, abs=0.04)


def test_probability_one_mirrors_all(make_context, images):
    assert torch.equal(apply(images, make_context, probability=1.0), images.flip(3))
