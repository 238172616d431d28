import pytest
import torch
from torch import nn

from emobench_speech.backbone_options import LstmOptions
from emobench_speech.lstm import Lstm


@pytest.mark.parametrize("bidirectional", [True, False])
def test_equal_layers_are_torchs_own_stack(make_context, bidirectional):
    options = LstmOptions(units=[4, 4], bidirectional=bidirectional, dropout=0.0)
    ours = Lstm(options, make_context(inputs={"audio": (3, 7)}))
    stack = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=bidirectional)
    with torch.no_grad():
        for target, source in zip(stack.parameters(), ours.parameters(), strict=True):
            target.copy_(source)
    clips = torch.randn(5, 3, 7)
    states, (last, _) = stack(clips.transpose(1, 2))
    features = ours({"audio": clips})
    torch.testing.assert_close(features.maps, states.transpose(1, 2))
    expected = torch.cat([last[-2], last[-1]], dim=1) if bidirectional else last[-1]
    torch.testing.assert_close(features.embedding, expected)


def test_read_in_one_direction_the_first_frames_know_nothing_of_the_last(make_context):
    options = LstmOptions(units=[4, 4], bidirectional=False, dropout=0.0)
    network = Lstm(options, make_context(inputs={"audio": (3, 8)}))
    clip = torch.randn(1, 3, 8)
    changed = clip.clone()
    changed[:, :, 5:] += 1
    before, after = network({"audio": clip}).maps, network({"audio": changed}).maps
    assert torch.equal(before[..., :5], after[..., :5])
    assert not torch.allclose(before[..., 5:], after[..., 5:])


def test_joined_frames_are_one_step(make_context):
    options = LstmOptions(units=[4], join=4)
    network = Lstm(options, make_context(inputs={"audio": (3, 10)}))
    assert network({"audio": torch.randn(2, 3, 10)}).maps.shape == (2, 8, 3)


def test_autocast_on_a_cpu_leaves_the_lstm_in_32_bits(make_context):
    """In 16 bits torch's LSTM does not run on every processor."""
    network = Lstm(LstmOptions(units=[4]), make_context(inputs={"audio": (3, 10)})).eval()
    clips = torch.randn(2, 3, 10)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        lowered = network({"audio": clips}).embedding
    assert torch.equal(lowered, network({"audio": clips}).embedding)
