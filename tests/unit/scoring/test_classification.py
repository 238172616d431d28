"""Figures of one-class targets, against scikit-learn and scipy."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import entropy
from sklearn import metrics as reference

from emobench.scoring import classification as ours

CLASSES = 5
Ids = NDArray[np.int64]

ID_PAIRS = st.lists(
    st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=40
).map(np.array)


def table(truth: Ids, predicted: Ids) -> NDArray[np.int64]:
    return ours.confusion_matrix(truth, predicted, classes=CLASSES)


def random_probabilities(items: int, classes: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).dirichlet(np.ones(classes), size=items)


@settings(max_examples=25, deadline=None)
@given(ID_PAIRS)
def test_confusion_matrix_equals_the_reference(pairs: Ids) -> None:
    truth, predicted = pairs.T
    expected = reference.confusion_matrix(truth, predicted, labels=range(CLASSES))
    np.testing.assert_array_equal(table(truth, predicted), expected)


@settings(max_examples=25, deadline=None)
@given(ID_PAIRS)
def test_uar_equals_balanced_accuracy(pairs: Ids) -> None:
    truth, predicted = pairs.T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reference warns of classes absent from the truth
        expected = reference.balanced_accuracy_score(truth, predicted)
    assert ours.uar(table(truth, predicted)) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(ID_PAIRS)
def test_accuracy_equals_the_reference(pairs: Ids) -> None:
    truth, predicted = pairs.T
    expected = reference.accuracy_score(truth, predicted)
    assert ours.accuracy(table(truth, predicted)) == pytest.approx(expected)


@pytest.mark.parametrize("average", ["macro", "weighted"])
@pytest.mark.parametrize("figure", ["precision", "recall", "f1"])
@settings(max_examples=25, deadline=None)
@given(pairs=ID_PAIRS)
def test_averages_equal_the_reference(figure: str, average: str, pairs: Ids) -> None:
    truth, predicted = pairs.T
    scorer: Callable[..., float] = getattr(reference, f"{figure}_score")
    expected = scorer(truth, predicted, average=average, zero_division=0)
    assert getattr(ours, f"{average}_{figure}")(table(truth, predicted)) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(ID_PAIRS)
def test_per_class_figures_equal_the_reference(pairs: Ids) -> None:
    truth, predicted = pairs.T
    expected = reference.precision_recall_fscore_support(
        truth, predicted, labels=range(CLASSES), zero_division=0
    )
    found = ours.per_class(table(truth, predicted))
    rows = [(entry.precision, entry.recall, entry.f1, entry.support) for entry in found]
    np.testing.assert_allclose(rows, np.transpose(expected))


def test_uar_leaves_out_a_class_that_is_absent_from_the_truth() -> None:
    truth, predicted = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])
    assert ours.uar(table(truth, predicted)) == 0.75


def test_ids_beyond_the_classes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"true class ids run from 0 to 5, but there are 5 class"):
        table(np.array([0, 5]), np.array([0, 1]))


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two lists of one length, got \(2,\) and \(3,\)"):
        table(np.array([0, 1]), np.array([0, 1, 2]))


def test_log_loss_equals_the_reference() -> None:
    truth = np.random.default_rng(1).integers(0, 4, size=60)
    probabilities = random_probabilities(60, 4)
    expected = reference.log_loss(truth, probabilities, labels=range(4))
    assert ours.log_loss(truth, probabilities=probabilities) == pytest.approx(expected)


def test_log_loss_of_a_certain_mistake_is_finite_and_equals_the_reference() -> None:
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0]])
    expected = reference.log_loss([1, 1], probabilities, labels=[0, 1])
    assert ours.log_loss([1, 1], probabilities=probabilities) == pytest.approx(expected)


def calibration_error_by_hand(truth: Ids, probabilities: NDArray[np.float64]) -> float:
    confidence, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    total = 0.0
    for index in range(15):
        inside = (confidence > index / 15) & (confidence <= (index + 1) / 15)
        if inside.any():
            right = float((predicted == truth)[inside].mean())
            total += inside.mean() * abs(right - confidence[inside].mean())
    return float(total)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 200))
def test_calibration_error_equals_a_count_by_hand(seed: int, items: int) -> None:
    truth = np.random.default_rng(seed).integers(0, 3, size=items)
    probabilities = random_probabilities(items, 3, seed)
    expected = calibration_error_by_hand(truth, probabilities)
    found = ours.expected_calibration_error(truth, probabilities=probabilities)
    assert found == pytest.approx(expected)


def test_calibration_error_of_certain_and_right_is_zero() -> None:
    assert ours.expected_calibration_error([0, 1], probabilities=np.eye(2)) == 0.0


def test_calibration_error_of_certain_and_wrong_is_one() -> None:
    assert ours.expected_calibration_error([1, 0], probabilities=np.eye(2)) == 1.0


def test_divergence_equals_the_reference() -> None:
    truth, predicted = random_probabilities(30, 4, seed=1), random_probabilities(30, 4, seed=2)
    truth[0] = [0.5, 0.5, 0, 0]
    expected = entropy(truth, predicted, axis=1).mean()
    assert ours.kl_divergence(truth, probabilities=predicted) == pytest.approx(expected)


def test_divergence_from_itself_is_zero() -> None:
    truth = np.array([[1.0, 0.0], [0.3, 0.7]])
    assert ours.kl_divergence(truth, probabilities=truth) == pytest.approx(0.0, abs=1e-12)
