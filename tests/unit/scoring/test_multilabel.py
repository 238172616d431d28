"""Figures of multi-label targets, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as reference

from emobench.scoring import multilabel as ours


def planted(
    seed: int, items: int, levels: int, labels: int = 4
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Truth and probabilities; few levels make many ties."""
    random = np.random.default_rng(seed)
    truth = random.random((items, labels)) < 0.4
    return truth, random.integers(0, levels + 1, size=(items, labels)) / levels


CASES = (st.integers(0, 10_000), st.integers(1, 40), st.integers(2, 50))


@settings(max_examples=25, deadline=None)
@given(*CASES)
def test_average_precision_equals_the_reference_also_in_ties(
    seed: int, items: int, levels: int
) -> None:
    truth, probabilities = planted(seed, items, levels)
    found = ours.average_precision(truth, probabilities=probabilities)
    for label in np.flatnonzero(truth.any(axis=0)):
        expected = reference.average_precision_score(truth[:, label], probabilities[:, label])
        assert found[label] == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(*CASES)
def test_label_f1_equals_the_reference(seed: int, items: int, levels: int) -> None:
    truth, probabilities = planted(seed, items, levels)
    claimed = ours.claimed_labels(probabilities)
    expected = reference.f1_score(truth, claimed, average=None, zero_division=0)
    np.testing.assert_allclose(ours.label_f1(truth, claimed=claimed), expected)


@settings(max_examples=25, deadline=None)
@given(*CASES)
def test_micro_f1_equals_the_reference(seed: int, items: int, levels: int) -> None:
    truth, probabilities = planted(seed, items, levels)
    claimed = ours.claimed_labels(probabilities)
    expected = reference.f1_score(truth, claimed, average="micro", zero_division=0)
    assert ours.micro_label_f1(truth, claimed=claimed) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(*CASES)
def test_macro_f1_equals_the_reference_without_undefined_labels(
    seed: int, items: int, levels: int
) -> None:
    truth, probabilities = planted(seed, items, levels)
    claimed = ours.claimed_labels(probabilities)
    if (truth | claimed).any():
        expected = reference.f1_score(truth, claimed, average="macro", zero_division=np.nan)
        assert ours.macro_label_f1(truth, claimed=claimed) == pytest.approx(expected)


def test_mean_average_precision_leaves_out_labels_that_never_occur() -> None:
    truth = np.array([[True, False], [False, False]])
    probabilities = np.array([[0.9, 0.2], [0.1, 0.3]])
    assert ours.mean_average_precision(truth, probabilities=probabilities) == 1.0


def test_no_label_anywhere_scores_zero() -> None:
    nothing = np.zeros((3, 2), dtype=bool)
    figures = (
        ours.mean_average_precision(nothing, probabilities=np.zeros((3, 2))),
        ours.macro_label_f1(nothing, claimed=nothing),
        ours.micro_label_f1(nothing, claimed=nothing),
    )
    assert figures == (0.0, 0.0, 0.0)


def test_one_half_is_not_a_claim() -> None:
    assert ours.claimed_labels(np.array([[0.5, 0.51]])).tolist() == [[False, True]]
