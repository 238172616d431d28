"""Figures of number targets, against scipy, scikit-learn and the definition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as reference

from emobench.scoring import regression as ours


@pytest.fixture
def pair() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(3)
    truth = random.normal(size=80)
    return truth, 0.5 * truth + random.normal(size=80) + 0.3


def test_pearson_equals_the_reference(pair: tuple[NDArray[np.float64], ...]) -> None:
    expected = stats.pearsonr(*pair).statistic
    assert ours.pearson(pair[0], predicted=pair[1]) == pytest.approx(expected)


def test_ccc_is_pearson_times_the_bias_correction(pair: tuple[NDArray[np.float64], ...]) -> None:
    truth, predicted = pair
    scale = truth.std() / predicted.std()
    shift = (truth.mean() - predicted.mean()) / np.sqrt(truth.std() * predicted.std())
    correction = 2 / (scale + 1 / scale + shift**2)
    expected = stats.pearsonr(truth, predicted).statistic * correction
    assert ours.ccc(truth, predicted=predicted) == pytest.approx(expected)


def test_errors_equal_the_reference(pair: tuple[NDArray[np.float64], ...]) -> None:
    truth, predicted = pair
    assert ours.mae(truth, predicted=predicted) == pytest.approx(
        reference.mean_absolute_error(truth, predicted)
    )
    assert ours.rmse(truth, predicted=predicted) == pytest.approx(
        reference.root_mean_squared_error(truth, predicted)
    )


def test_a_perfect_prediction_agrees_wholly(pair: tuple[NDArray[np.float64], ...]) -> None:
    assert ours.ccc(pair[0], predicted=pair[0]) == pytest.approx(1.0)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e6])
def test_a_constant_prediction_agrees_with_nothing(constant: float) -> None:
    truth, predicted = np.array([0.0, 0.1, 0.3]), np.full(3, constant)
    assert ours.ccc(truth, predicted=predicted) == 0.0
    assert ours.pearson(truth, predicted=predicted) == 0.0


def test_a_constant_truth_cannot_be_agreed_with() -> None:
    same = np.full(3, 0.1)
    assert ours.ccc(same, predicted=same) == 0.0


def test_a_shift_lowers_ccc_but_not_pearson(pair: tuple[NDArray[np.float64], ...]) -> None:
    truth = pair[0]
    assert ours.pearson(truth, predicted=truth + 1) == pytest.approx(1.0)
    assert ours.ccc(truth, predicted=truth + 1) == pytest.approx(
        2 * truth.var() / (2 * truth.var() + 1)
    )
