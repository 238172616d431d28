import torch
from torch import nn

from emobench_speech.backbone_options import CnnLstmOptions
from emobench_speech.cnn_lstm import CnnLstm


class PlainHybrid(nn.Module):
    """The same network as one would write it in a notebook."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(
            nn.Conv1d(5, 6, 3, padding=1, bias=False),
            nn.BatchNorm1d(6),
            nn.ReLU(),
            nn.MaxPool1d(2, ceil_mode=True),
            nn.Conv1d(6, 8, 3, padding=1, bias=False),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.MaxPool1d(2, ceil_mode=True),
        )
        self.lstm = nn.LSTM(8, 4, batch_first=True, bidirectional=True)

    def forward(self, x):
        states, _ = self.lstm(self.blocks(x).transpose(1, 2))
        return states.mean(dim=1)


def test_it_is_the_hybrid_written_plainly(make_context):
    options = CnnLstmOptions(channels=[6, 8], kernel=3, units=[4], pooling="mean", dropout=0.0)
    ours = CnnLstm(options, make_context(inputs={"audio": (5, 18)}))
    plain = PlainHybrid()
    plain.load_state_dict(dict(zip(plain.state_dict(), ours.state_dict().values(), strict=True)))
    clips = torch.randn(4, 5, 18)
    for mode in (True, False):
        ours.train(mode), plain.train(mode)
        torch.testing.assert_close(ours({"audio": clips}).embedding, plain(clips))


def test_clips_with_fewer_frames_than_halvings_still_train(make_context):
    options = CnnLstmOptions(channels=[6, 6, 6, 6], units=[4])
    network = CnnLstm(options, make_context(inputs={"audio": (5, 3)}))
    network({"audio": torch.randn(2, 5, 3)}).embedding.square().sum().backward()
    assert all(torch.isfinite(weights.grad).all() for weights in network.parameters())
