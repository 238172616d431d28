import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emobench.api import UsageError
from emobench_speech.augmentation_options import SpecAugmentOptions
from emobench_speech.specaugment import SpecAugment, draw_stripes


def apply(inputs: torch.Tensor, make_context, *, seed: int = 0, **options: object) -> torch.Tensor:
    augmentation = SpecAugment(SpecAugmentOptions(**options), make_context())
    random = torch.Generator().manual_seed(seed)
    return augmentation.apply(inputs, random=random, progress=0.0)


@pytest.fixture
def inputs() -> torch.Tensor:
    return torch.randn(50, 20, 60, generator=torch.Generator().manual_seed(9))


def test_time_masks_blank_whole_frames_and_leave_the_rest_to_the_bit(make_context, inputs):
    output = apply(inputs, make_context, frequency_masks=0, time_width=0.2, fill="zero")
    changed = output != inputs
    assert changed.any()
    assert torch.equal(changed.any(dim=1), changed.all(dim=1))
    assert (output[changed] == 0).all()


def test_frequency_masks_blank_whole_bands(make_context, inputs):
    output = apply(inputs, make_context, time_masks=0, frequency_width=0.2, fill="zero")
    changed = output != inputs
    assert changed.any()
    assert torch.equal(changed.any(dim=2), changed.all(dim=2))


def test_masked_values_become_the_items_mean(make_context, inputs):
    output = apply(inputs, make_context, time_width=0.3)
    means = inputs.mean(dim=(1, 2), keepdim=True).expand_as(inputs)
    changed = output != inputs
    assert torch.equal(output[changed], means[changed])


def test_every_item_has_its_own_masks(make_context, inputs):
    changed = apply(inputs, make_context, time_width=0.3) != inputs
    assert not torch.equal(changed[0], changed[1])


@pytest.mark.parametrize(
    "options",
    [{"time_masks": 0, "frequency_masks": 0}, {"time_width": 0.0, "frequency_width": 0.0}],
)
def test_no_strength_leaves_the_very_tensor(make_context, inputs, options):
    assert apply(inputs, make_context, **options) is inputs


@given(length=st.integers(1, 40), share=st.floats(0, 1), seed=st.integers(0, 999))
def test_one_stripe_is_never_wider_than_allowed_and_has_no_gaps(length, share, seed):
    widest = int(share * length)
    random = torch.Generator().manual_seed(seed)
    stripes = draw_stripes(30, length=length, masks=1, widest=widest, random=random)
    assert int(stripes.sum(dim=1).max()) <= widest
    edges = torch.nn.functional.pad(stripes.int(), (1, 1)).diff(dim=1)
    assert int((edges == 1).sum(dim=1).max()) <= 1


def test_widths_from_nothing_to_the_widest_are_equally_likely():
    random = torch.Generator().manual_seed(0)
    stripes = draw_stripes(8000, length=30, masks=1, widest=3, random=random)
    shares = torch.bincount(stripes.sum(dim=1), minlength=4) / 8000
    assert shares.tolist() == pytest.approx([0.25] * 4, abs=0.02)


def test_a_frontend_that_gives_no_spectrogram_is_refused(make_context):
    with pytest.raises(UsageError, match=r"'specaugment' masks \(bands, frames\) of 'audio'"):
        SpecAugment(SpecAugmentOptions(), make_context(inputs={"audio": (4000,)}))
