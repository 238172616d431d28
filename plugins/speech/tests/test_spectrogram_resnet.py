import pytest
import torch
from torch import nn
from torch.nn import functional

from emobench_speech.backbone_options import SpectrogramResnetOptions
from emobench_speech.spectrogram_resnet import SpectrogramResnet


class PlainResnet(nn.Module):
    """Two stages of one block each, written out."""

    def __init__(self):
        super().__init__()
        self.stem, self.stem_norm = nn.Conv2d(1, 4, 5, 2, 2, bias=False), nn.BatchNorm2d(4)
        self.a1, self.n1 = nn.Conv2d(4, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4)
        self.a2, self.n2 = nn.Conv2d(4, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4)
        self.b1, self.m1 = nn.Conv2d(4, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6)
        self.b2, self.m2 = nn.Conv2d(6, 6, 3, 1, 1, bias=False), nn.BatchNorm2d(6)
        self.cut, self.cut_norm = nn.Conv2d(4, 6, 1, 2, bias=False), nn.BatchNorm2d(6)

    def forward(self, x):
        x = functional.relu(self.stem_norm(self.stem(x[:, None])))
        x = functional.relu(x + self.n2(self.a2(functional.relu(self.n1(self.a1(x))))))
        body = self.m2(self.b2(functional.relu(self.m1(self.b1(x)))))
        return functional.relu(self.cut_norm(self.cut(x)) + body)


def test_it_is_the_residual_network_written_plainly(make_context):
    options = SpectrogramResnetOptions(channels=[4, 6])
    ours = SpectrogramResnet(options, make_context(inputs={"audio": (12, 17)}))
    plain = PlainResnet()
    plain.load_state_dict(dict(zip(plain.state_dict(), ours.state_dict().values(), strict=True)))
    clips = torch.randn(3, 12, 17)
    for mode in (True, False):
        ours.train(mode), plain.train(mode)
        torch.testing.assert_close(ours({"audio": clips}).maps, plain(clips))


@pytest.mark.parametrize("pooling", ["avg", "max", "avgmax"])
def test_the_embedding_is_pooled_from_the_maps(make_context, pooling):
    options = SpectrogramResnetOptions(channels=[4, 6], pooling=pooling)
    network = SpectrogramResnet(options, make_context(inputs={"audio": (12, 17)}))
    features = network({"audio": torch.randn(2, 12, 17)})
    pools = {"avg": [features.maps.mean((2, 3))], "max": [features.maps.amax((2, 3))]}
    pools["avgmax"] = pools["avg"] + pools["max"]
    torch.testing.assert_close(features.embedding, torch.cat(pools[pooling], dim=1))
    assert features.embedding.shape[1] == network.width


def test_a_pattern_a_few_bands_higher_is_the_same_pattern(make_context):
    options = SpectrogramResnetOptions(channels=[4], pooling="max")
    network = SpectrogramResnet(options, make_context(inputs={"audio": (48, 48)})).eval()
    pattern = torch.randn(6, 6)
    low, high = torch.zeros(1, 48, 48), torch.zeros(1, 48, 48)
    low[0, 16:22, 20:26], high[0, 24:30, 20:26] = pattern, pattern
    torch.testing.assert_close(
        network({"audio": low}).embedding, network({"audio": high}).embedding
    )
