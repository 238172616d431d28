"""`probabilities` and `score`: the right figures by kind, and clear words for what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from emobench.api import Target
from emobench.scoring.metrics import METRICS, NotFiniteError, probabilities, score, true_classes

EMOTION = Target(name="emotion", kind="class", classes=("angry", "happy", "sad"))
LABELS = Target(name="units", kind="labels", classes=("AU01", "AU12"))
SHARES = Target(name="votes", kind="distribution", classes=("angry", "happy", "sad"))
AROUSAL = Target(name="arousal", kind="number")

LOGITS = np.random.default_rng(0).normal(scale=4, size=(20, 3))


@pytest.mark.parametrize("target", [EMOTION, SHARES])
def test_logits_of_classes_become_a_softmax(target: Target) -> None:
    np.testing.assert_allclose(probabilities(target, LOGITS), special.softmax(LOGITS, axis=1))


def test_logits_of_labels_become_sigmoids() -> None:
    logits = np.array([[-800.0, 800.0], [0.3, -2.0]])
    np.testing.assert_allclose(probabilities(LABELS, logits), special.expit(logits))


def test_huge_logits_stay_finite() -> None:
    found = probabilities(EMOTION, np.array([[1e30, 0, -1e30]]))
    assert found.tolist() == [[1.0, 0.0, 0.0]]


def test_numbers_are_their_own_prediction_in_double_precision() -> None:
    found = probabilities(AROUSAL, np.array([[0.5]], dtype=np.float32))
    assert found.dtype == np.float64
    assert found.tolist() == [[0.5]]


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_broken_logits_end_in_clear_words(broken: float) -> None:
    logits = np.array([[0.0, 1.0, 2.0], [broken, 0.0, 1.0]])
    with pytest.raises(NotFiniteError) as caught:
        score(EMOTION, probabilities=probabilities(EMOTION, logits), truth=[0, 1])
    assert str(caught.value) == (
        "target 'emotion': the predictions of 1 of 2 items are not finite (first: item 1); "
        "the training has diverged"
    )


def test_classes_are_scored_by_hand_computed_figures() -> None:
    given = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
    found = score(EMOTION, probabilities=given, truth=[0, 1, 1, 2])
    assert found == pytest.approx(
        {
            "accuracy": 3 / 4,
            "uar": (1 + 1 / 2 + 1) / 3,
            "macro_f1": (2 / 3 + 2 / 3 + 1) / 3,
            "weighted_f1": (2 / 3 + 2 * 2 / 3 + 1) / 4,
            "log_loss": -np.log([0.8, 0.3, 0.8, 0.6]).mean(),
            "ece": (abs(2 - 1.6) + abs(1 - 1.2)) / 4,
        }
    )


def test_of_tied_classes_the_first_is_predicted() -> None:
    found = score(EMOTION, probabilities=np.full((3, 3), 1 / 3), truth=[0, 1, 2])
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["uar"] == pytest.approx(1 / 3)


def test_one_item_can_be_scored() -> None:
    found = score(EMOTION, probabilities=[[0.0, 1.0, 0.0]], truth=[1])
    assert (found["accuracy"], found["uar"], found["macro_f1"]) == (1.0, 1.0, 1.0)


def test_distributions_are_scored_against_their_likeliest_class_and_by_divergence() -> None:
    votes = np.array([[6, 4, 0], [1, 1, 8]])
    given = np.array([[0.6, 0.4, 0.0], [0.5, 0.2, 0.3]])
    found = score(SHARES, probabilities=given, truth=votes)
    shares = np.array([0.1, 0.1, 0.8])
    assert found["accuracy"] == 0.5
    assert found["kl"] == pytest.approx((shares * np.log(shares / given[1])).sum() / 2)


def test_labels_are_scored_each_and_together() -> None:
    given = np.array([[0.9, 0.2], [0.8, 0.7], [0.1, 0.6]])
    found = score(LABELS, probabilities=given, truth=[[1, 0], [0, 1], [0, 1]])
    assert found == pytest.approx(
        {
            "map": 1.0,
            "macro_f1": (2 / 3 + 1) / 2,
            "micro_f1": 6 / 7,
            "f1_AU01": 2 / 3,
            "f1_AU12": 1.0,
        }
    )


def test_a_label_given_as_a_share_is_there_above_one_half() -> None:
    given = np.array([[0.9, 0.2], [0.8, 0.7], [0.1, 0.6]])
    shares = [[0.51, 0.5], [0.2, 1.0], [0.0, 0.8]]
    whole = score(LABELS, probabilities=given, truth=[[1, 0], [0, 1], [0, 1]])
    assert score(LABELS, probabilities=given, truth=shares) == whole


def test_a_column_of_numbers_is_scored_like_a_list() -> None:
    truth = np.array([0.1, 0.5, 0.9])
    column = score(AROUSAL, probabilities=[[0.2], [0.4], [0.8]], truth=truth)
    assert column == score(AROUSAL, probabilities=[0.2, 0.4, 0.8], truth=truth)
    assert column["mae"] == pytest.approx(0.1)


@pytest.mark.parametrize("target", [EMOTION, LABELS, SHARES, AROUSAL])
def test_every_figure_but_the_labels_own_is_a_metric_of_that_kind(target: Target) -> None:
    width = target.width
    given = np.eye(width)[[0, 0]] if width > 1 else np.array([[0.1], [0.2]])
    truth = {"class": [0, 0], "number": [0.1, 0.3]}.get(target.kind, given)
    own = {f"f1_{name}" for name in target.classes}
    expected = {name for name, metric in METRICS.items() if target.kind in metric.kinds}
    assert set(score(target, probabilities=given, truth=truth)) - own == expected


def test_a_true_distribution_gives_its_likeliest_class() -> None:
    assert true_classes(SHARES, truth=[[0.2, 0.4, 0.4], [0, 0, 1]]).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("target", "given", "truth", "words"),
    [
        (EMOTION, [[0.5, 0.5]], [0], r"predictions must be \(items, 3\), got shape \(1, 2\)"),
        (EMOTION, np.zeros((0, 3)), [], "there are no items to score"),
        (EMOTION, [[1, 0, 0]], [0, 1], "1 predictions for 2 true values"),
        (EMOTION, [[2.0, -1.0, 0.0]], [0], "must lie between 0 and 1, these run from -1 to 2"),
        (EMOTION, [[0.5, 0.1, 0.1]], [0], "must sum to 1, those of item 0 sum to 0.7"),
        (EMOTION, [[1, 0, 0]], [3], "true class ids run from 3 to 3, but there are 3 classes"),
        (EMOTION, [[1, 0, 0]], [[1, 0, 0]], r"class ids must be \(items,\), got shape \(1, 3\)"),
        (LABELS, [[0.5, 0.5]], [1], r"the truth must be \(items, 2\), got shape \(1,\)"),
        (SHARES, [[1, 0, 0]], [[0, 0, 0]], "shares of 0 or more, not all of them 0"),
        (AROUSAL, [0.5], [np.nan], "the truth holds values that are not finite"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_words(
    target: Target, given: object, truth: object, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        score(target, probabilities=given, truth=truth)  # type: ignore[arg-type]


def test_predictions_need_items() -> None:
    with pytest.raises(ValueError, match=r"must be \(items, 3\), got shape \(\)"):
        score(EMOTION, probabilities=0.5, truth=[0])
