import torch
from torch import nn

from emobench_speech.backbone_options import MultiscaleOptions
from emobench_speech.multiscale import Multiscale, SqueezeExcitation


class PlainBlock(nn.Module):
    """The block as one would write it in a notebook, in the textbook's order."""

    def __init__(self, before, parts, hidden):
        super().__init__()
        after = sum(parts)
        self.three = nn.Conv1d(before, parts[0], 3, padding="same", bias=False)
        self.five = nn.Conv1d(before, parts[1], 5, padding="same", bias=False)
        self.seven = nn.Conv1d(before, parts[2], 7, padding="same", bias=False)
        self.norm = nn.BatchNorm1d(after)
        self.squeeze, self.excite = nn.Linear(after, hidden), nn.Linear(hidden, after)

    def forward(self, x):
        x = torch.cat([self.three(x), self.five(x), self.seven(x)], dim=1)
        x = nn.functional.max_pool1d(torch.relu(self.norm(x)), 2, ceil_mode=True)
        weights = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean(2)))))
        return x * weights[:, :, None]


class PlainNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = PlainBlock(5, (4, 3, 3), 5), PlainBlock(10, (4, 4, 4), 6)
        self.wide = nn.LSTM(12, 6, batch_first=True, bidirectional=True)
        self.narrow = nn.LSTM(12, 4, batch_first=True, bidirectional=True)

    def forward(self, x):
        states, _ = self.wide(self.second(self.first(x)).transpose(1, 2))
        _, (last, _) = self.narrow(states)
        return torch.cat([last[0], last[1]], dim=1)


def test_it_is_the_network_of_the_guide_written_plainly(make_context):
    options = MultiscaleOptions(channels=[10, 12], recurrent=[6, 4], reduction=2, dropout=0.0)
    ours = Multiscale(options, make_context(inputs={"audio": (5, 21)}))
    plain = PlainNetwork()
    pairs = zip(plain.state_dict(), ours.state_dict().values(), strict=True)
    plain.load_state_dict(dict(pairs))
    clips = torch.randn(3, 5, 21)
    for mode in (True, False):
        ours.train(mode), plain.train(mode)
        torch.testing.assert_close(ours({"audio": clips}).embedding, plain(clips))
    assert ours.width == 8


def test_the_sizes_of_the_guide_can_be_had(make_context):
    options = MultiscaleOptions(channels=[128, 256], recurrent=[128, 64])
    network = Multiscale(options, make_context(inputs={"audio": (392,)}))
    assert network({"audio": torch.randn(2, 392)}).embedding.shape == (2, 2 * 64)


def test_squeeze_excitation_weighs_a_channel_by_the_whole_clip():
    """What one frame says moves every frame of the clip, by one factor a channel."""
    attention = SqueezeExcitation(6, reduction=1)
    calm = torch.rand(1, 6, 8)
    loud = calm.clone()
    loud[:, :, 0] += 5
    factors = (attention(loud) / loud)[:, :, 1:] / (attention(calm) / calm)[:, :, 1:]
    torch.testing.assert_close(factors, factors[:, :, :1].expand_as(factors))
    assert not torch.allclose(factors, torch.ones_like(factors))
