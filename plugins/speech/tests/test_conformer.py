import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from emobench.api import UsageError
from emobench_speech.backbone_options import ConformerOptions
from emobench_speech.conformer import Conformer, ConformerBlock, SelfAttention, sinusoids

TINY = ConformerOptions(width=8, blocks=2, heads=2, kernel=3, expansion=2, dropout=0.0)


def test_attention_is_torchs_own(make_context):
    ours, torchs = SelfAttention(8, heads=2), nn.MultiheadAttention(8, 2, batch_first=True)
    with torch.no_grad():
        torchs.in_proj_weight.copy_(ours.project_in.weight)
        torchs.in_proj_bias.copy_(ours.project_in.bias)
        torchs.out_proj.load_state_dict(ours.project_out.state_dict())
    frames = torch.randn(3, 5, 8)
    normed = functional.layer_norm(frames, (8,))
    torch.testing.assert_close(ours(frames), torchs(normed, normed, normed)[0])


def plain_block(block: ConformerBlock, x: torch.Tensor) -> torch.Tensor:
    """Gulati et al. 2020, equation 1, with plain functions and the block's weights."""

    def feed_forward(layers, x):
        x = functional.layer_norm(x, (8,))
        x = x @ layers[1].weight.T + layers[1].bias
        return (x * torch.sigmoid(x)) @ layers[3].weight.T + layers[3].bias

    def convolve(part, x):
        x = functional.layer_norm(x, (8,)) @ part.gate.weight.T + part.gate.bias
        x = (x[..., :8] * torch.sigmoid(x[..., 8:])).transpose(1, 2)
        padded = functional.pad(x, (1, 1))
        taps = part.depthwise.weight[:, 0]
        x = sum(padded[:, :, k : k + x.shape[2]] * taps[:, k, None] for k in range(3))
        x = (x - x.mean((0, 2), keepdim=True)) / (
            x.var((0, 2), correction=0, keepdim=True) + 1e-5
        ).sqrt()
        return (x * torch.sigmoid(x)).transpose(1, 2) @ part.project.weight.T + part.project.bias

    x = x + feed_forward(block.before, x) / 2
    x = x + block.attention(x)
    x = x + convolve(block.convolution, x)
    x = x + feed_forward(block.after, x) / 2
    return functional.layer_norm(x, (8,))


def test_a_block_is_that_of_the_paper():
    block, frames = ConformerBlock(TINY), torch.randn(3, 6, 8)
    torch.testing.assert_close(block(frames), plain_block(block, frames), rtol=1e-4, atol=1e-5)


def test_places_are_told_by_the_sines_of_the_paper():
    table = sinusoids(5, width=6)
    for place in range(5):
        for pair in range(3):
            angle = place / 10_000 ** (2 * pair / 6)
            assert table[place, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[place, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


@pytest.mark.parametrize(("bands", "frames", "left"), [(16, 24, 6), (13, 94, 24), (1, 1, 1)])
def test_a_quarter_of_the_frames_is_left_rounded_up(make_context, bands, frames, left):
    network = Conformer(TINY, make_context(inputs={"audio": (bands, frames)}))
    assert network({"audio": torch.randn(2, bands, frames)}).maps.shape == (2, 8, left)


def test_the_order_of_the_frames_matters(make_context):
    options = TINY.replace(pooling="mean", kernel=1)
    network = Conformer(options, make_context(inputs={"audio": (16, 64)})).eval()
    clip = torch.randn(1, 16, 64)
    turned = torch.cat([clip[..., 32:], clip[..., :32]], dim=-1)
    assert not torch.allclose(
        network({"audio": clip}).embedding, network({"audio": turned}).embedding, atol=1e-3
    )


def test_sizes_that_do_not_fit_are_refused_together():
    with pytest.raises(UsageError) as caught:
        ConformerOptions(width=9, heads=2, kernel=4)
    assert "heads (2) must divide width (9)" in str(caught.value)
    assert "width must be even, for sines and cosines: 9 is odd" in str(caught.value)
    assert "kernel must be odd, or frames shift: 4 is even" in str(caught.value)
