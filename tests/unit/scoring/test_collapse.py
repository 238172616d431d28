"""Collapse on planted cases, and the laws of the rule on random ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emobench.scoring.collapse import Collapse, concentrated, judge_collapse
from emobench.scoring.metrics import NotFiniteError

EIGHT = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
Ids = NDArray[np.int64]


def judge(truth: Ids, predicted: Ids, classes: tuple[str, ...] = EIGHT) -> Collapse | None:
    return judge_collapse(
        truth=truth, probabilities=np.eye(len(classes))[predicted], classes=classes
    )


def balanced(items: int, classes: int = 8) -> Ids:
    return np.arange(items) % classes


def test_one_class_for_everything_is_a_collapse_into_that_class() -> None:
    found = judge(balanced(240), np.full(240, 7))
    assert found == Collapse(
        class_name="surprised",
        share=1.0,
        never_predicted=EIGHT[:7],
        entropy=0.0,
        reason="predicts 'surprised' for 100% of the test items, of which 12% are; "
        "never predicts 7 of 8 classes (neutral, calm, happy, sad, angry, fearful, disgust); "
        "UAR 12.5% [11.1%, 16.3%] and accuracy 12.5% beside 12.5% and 12.5% of the constant "
        "predictor",
    )


def test_a_few_lucky_hits_do_not_hide_a_collapse() -> None:
    truth = balanced(4000)
    predicted = np.where((truth == 0) & (np.arange(4000) < 960), 0, 7)
    found = judge(truth, predicted)
    assert found is not None
    assert found.reason.startswith("predicts 'surprised' for 97% of the test items")


def test_two_classes_at_chance_are_a_collapse() -> None:
    predicted = np.random.default_rng(0).integers(3, 5, size=240)
    found = judge(balanced(240), predicted)
    assert found is not None
    assert len(found.never_predicted) == 6
    assert found.entropy == pytest.approx(1 / 3, abs=0.01)


def test_a_weak_but_diverse_model_has_not_collapsed() -> None:
    random = np.random.default_rng(0)
    truth = balanced(240)
    predicted = np.where(random.random(240) < 0.1, truth, random.integers(0, 8, size=240))
    assert judge(truth, predicted) is None


def test_an_honest_model_on_imbalanced_classes_has_not_collapsed() -> None:
    truth = np.repeat([0, 1], [950, 50])
    predicted = np.repeat([0, 1, 0, 1], [945, 5, 35, 15])
    assert judge(truth, predicted, ("no", "yes")) is None


def test_the_frequent_class_alone_is_a_collapse_however_accurate() -> None:
    truth = np.repeat([0, 1], [950, 50])
    found = judge(truth, np.zeros(1000, dtype=np.int64), ("no", "yes"))
    assert found is not None
    assert "accuracy 95.0%" in found.reason


def test_a_model_that_knows_only_some_classes_but_knows_them_is_weak_not_collapsed() -> None:
    truth = balanced(240)
    assert judge(truth, np.where(truth < 3, truth, 0)) is None


def test_undecided_probabilities_fall_into_the_first_class() -> None:
    found = judge_collapse(truth=balanced(80), probabilities=np.full((80, 8), 1 / 8), classes=EIGHT)
    assert found is not None
    assert found.class_name == "neutral"


def test_a_truth_of_one_class_is_not_judged() -> None:
    assert judge(np.zeros(20, dtype=np.int64), np.zeros(20, dtype=np.int64)) is None


def test_many_missing_classes_are_cut_short_in_words() -> None:
    names = tuple(f"c{index}" for index in range(20))
    found = judge(balanced(200, 20), np.zeros(200, dtype=np.int64), names)
    assert found is not None
    assert "never predicts 19 of 20 classes (c1, c2, c3, c4, c5, c6, c7, c8, …)" in found.reason


def test_broken_probabilities_are_refused() -> None:
    with pytest.raises(NotFiniteError, match="not all finite; the training has diverged"):
        judge_collapse(truth=[0, 1], probabilities=[[np.nan, 1], [0, 1]], classes=("a", "b"))


def test_a_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \(items, 2\), got shape \(2, 3\)"):
        judge_collapse(truth=[0, 1], probabilities=np.eye(3)[:2], classes=("a", "b"))


TABLES = st.integers(2, 6).flatmap(
    lambda classes: st.tuples(
        st.just(classes),
        st.lists(
            st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)),
            min_size=1,
            max_size=80,
        ).map(np.array),
    )
)


def letters(count: int) -> tuple[str, ...]:
    return tuple("abcdef"[:count])


@settings(max_examples=25, deadline=None)
@given(TABLES)
def test_perfect_predictions_never_collapse(case: tuple[int, Ids]) -> None:
    classes, pairs = case
    assert judge(pairs[:, 0], pairs[:, 0], letters(classes)) is None


@settings(max_examples=25, deadline=None)
@given(TABLES)
def test_a_constant_prediction_always_collapses(case: tuple[int, Ids]) -> None:
    classes, pairs = case
    truth = np.append(pairs[:, 0], [0, 1])
    found = judge(truth, np.full(len(truth), pairs[0, 1]), letters(classes))
    assert found is not None
    assert found.class_name == letters(classes)[pairs[0, 1]]


@settings(max_examples=25, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_the_verdict_does_not_depend_on_the_order_of_items(case, random) -> None:  # type: ignore[no-untyped-def]
    classes, pairs = case
    order = list(range(len(pairs)))
    random.shuffle(order)
    shuffled = pairs[order]
    assert judge(*pairs.T, letters(classes)) == judge(*shuffled.T, letters(classes))


@settings(max_examples=25, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_the_verdict_does_not_depend_on_the_order_of_classes(case, random) -> None:  # type: ignore[no-untyped-def]
    classes, pairs = case
    names = list(range(classes))
    random.shuffle(names)
    renamed = np.array(names)[pairs]
    before = judge(*pairs.T, letters(classes))
    after = judge(*renamed.T, letters(classes))
    assert (before is None) == (after is None)


@pytest.mark.parametrize("classes", [2, 3, 5, 8])
def test_random_guessing_over_all_classes_does_not_collapse(classes: int) -> None:
    for seed in range(50):
        guesses = np.random.default_rng(seed).integers(0, classes, size=200)
        assert judge(balanced(200, classes), guesses, EIGHT[:classes]) is None


@settings(max_examples=200, deadline=None)
@given(TABLES, st.integers(0, 4))
def test_whatever_collapsed_stands_out_by_its_counts(case: tuple[int, Ids], repeats: int) -> None:
    classes, pairs = case
    answer = pairs[0, 1]
    told = np.vstack(
        [pairs, *[np.column_stack([pairs[:, 0], np.full(len(pairs), answer)])] * repeats]
    )
    found = judge(told[:, 0], told[:, 1], letters(classes))
    counts = [np.bincount(ids, minlength=classes)[np.newaxis].astype(float) for ids in told.T]
    (suspect,) = concentrated(supports=counts[0], claims=counts[1])
    assert found is None or suspect
