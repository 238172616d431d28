import numpy as np
import pytest

from emobench.api import SamplerContext, Stream, UsageError
from emobench_essentials.options import WeightedSamplerOptions
from emobench_essentials.samplers import Weighted

LABELS = np.repeat([0, 1, 2], [800, 150, 50])


def sampler(power: float, labels: np.ndarray = LABELS) -> Weighted:
    context = SamplerContext(stream=Stream(0), labels=labels)
    return Weighted(WeightedSamplerOptions(power=power), context)


def drawn_shares(power: float) -> np.ndarray:
    weighted = sampler(power)
    drawn = np.concatenate([LABELS[weighted.indices(epoch)] for epoch in range(30)])
    return np.bincount(drawn) / len(drawn)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_classes_are_drawn_by_their_count_to_one_minus_power(power):
    counts = np.array([800, 150, 50.0]) ** (1 - power)
    assert drawn_shares(power) == pytest.approx(counts / counts.sum(), abs=0.012)


def test_items_of_one_class_are_drawn_alike():
    weighted = sampler(1.0)
    drawn = np.concatenate([weighted.indices(epoch) for epoch in range(60)])
    rare = np.bincount(drawn, minlength=1000)[950:]
    assert rare.min() > 0.7 * rare.mean()
    assert rare.max() < 1.3 * rare.mean()


def test_an_epoch_is_drawn_the_same_every_time_and_another_differently():
    weighted = sampler(1.0)
    assert np.array_equal(weighted.indices(3), sampler(1.0).indices(3))
    assert not np.array_equal(weighted.indices(3), weighted.indices(4))


def test_distributions_count_as_their_most_likely_class():
    soft = np.eye(3)[LABELS] * 0.8 + 0.2 / 3
    assert np.array_equal(sampler(1.0, soft).indices(0), sampler(1.0).indices(0))


def test_a_number_cannot_be_balanced():
    with pytest.raises(UsageError, match="balances classes, but the target is a number"):
        sampler(1.0, np.linspace(0, 1, 10))
