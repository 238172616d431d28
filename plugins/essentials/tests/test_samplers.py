import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emobench.api import SamplerContext, Stream, UsageError
from emobench_essentials.options import RepeatedSamplerOptions, WeightedSamplerOptions
from emobench_essentials.samplers import Repeated, Weighted, draw_shares

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


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_certain_distributions_are_drawn_as_their_classes(power):
    assert draw_shares(np.eye(3)[LABELS], power=power) == pytest.approx(
        draw_shares(LABELS, power=power)
    )


def test_a_distribution_weighs_what_its_class_is_expected_to():
    soft = np.array([[1.0, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 0.5, 0.5]])
    expected = np.array([1 / 2.5, 1 / 2.5, 0.5 / 2.5 + 0.5, 0.5 + 1.0])
    assert draw_shares(soft, power=1.0) == pytest.approx(expected / expected.sum())


@given(
    votes=arrays(np.int64, (12, 4), elements=st.integers(0, 9)).filter(
        lambda votes: bool(votes.any(axis=1).all())
    )
)
def test_at_full_power_every_class_of_a_distribution_weighs_alike(votes):
    rows = votes / votes.sum(axis=1, keepdims=True)
    counts = rows.sum(axis=0)
    drawn = draw_shares(rows, power=1.0)
    whole = (counts > 0).sum()
    assert drawn == pytest.approx((rows[:, counts > 0] / counts[counts > 0]).sum(axis=1) / whole)


UNITS = np.array([[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 0]])


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.bool_])
def test_an_item_of_several_labels_weighs_as_its_rarest_one(kind):
    shares = draw_shares(UNITS.astype(kind), power=1.0)
    assert shares[:4] / shares[0] == pytest.approx([1, 1, 2, 4])


def test_an_item_without_labels_weighs_the_mean_of_the_others():
    shares = draw_shares(UNITS, power=1.0)
    assert shares[4] == pytest.approx(shares[:4].mean())


def test_a_label_that_nobody_has_changes_nothing():
    wider = np.column_stack([UNITS, np.zeros(5, dtype=int)])
    assert np.array_equal(draw_shares(wider, power=1.0), draw_shares(UNITS, power=1.0))


def test_items_that_all_lack_labels_are_drawn_alike():
    assert draw_shares(np.zeros((4, 3)), power=1.0) == pytest.approx([0.25] * 4)


def test_a_number_cannot_be_balanced():
    with pytest.raises(UsageError, match="balances classes, but the target is a number"):
        sampler(1.0, np.linspace(0, 1, 10))


def repeated(times: int, *, items: int = 30) -> Repeated:
    context = SamplerContext(stream=Stream(5), labels=np.zeros(items, dtype=int))
    return Repeated(RepeatedSamplerOptions(times=times), context)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_an_epoch_draws_every_item_as_often_as_asked(times):
    counts = np.bincount(repeated(times).indices(3), minlength=30)
    assert counts.tolist() == [times] * 30


def test_once_is_plain_shuffling_to_the_bit():
    assert np.array_equal(repeated(1).indices(2), Stream(5).numpy(2).permutation(30))


def test_the_copies_of_an_item_are_spread_over_the_epoch():
    first_half = repeated(4, items=1000).indices(0)[:2000]
    halves = np.bincount(first_half, minlength=1000)
    # All four in one half: 1 in 8 by chance, and never where one pass follows another.
    assert np.mean((halves == 0) | (halves == 4)) == pytest.approx(1 / 8, abs=0.04)
