"""Scores: post-processors learn from validation alone, and the test set is asked for once."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from emobench.api import Evaluation, Items, PluginError, Target
from emobench.runs.results import final_scores

TARGET = Target(name="emotion", kind="class", classes=("calm", "angry"))
VALIDATION, TEST = np.array([0, 1, 2, 3]), np.array([4, 5])
TRUTH = np.array([0, 1, 0, 1, 1, 0])
LOGITS = np.array([[2, 0], [0, 1], [0, 1], [0, 3], [1, 0], [5, 0]], dtype=float)


class Hooks:
    """Answers evaluate from the table and counts who asked; `changes` are a technique's doing."""

    def __init__(self, **changes: Any) -> None:
        self.asked: list[str] = []
        self.changes = changes

    def evaluate(self, run: Any, loader: str) -> Evaluation:
        self.asked.append(loader)
        positions = VALIDATION if loader == "validation" else TEST
        evaluation = Evaluation(
            items=positions, logits={"emotion": LOGITS[positions]}, targets={}, metrics={}
        )
        return replace(evaluation, **self.changes)


class Source:
    targets: ClassVar = {"emotion": TRUTH}
    validation_positions = VALIDATION
    test_positions = TEST

    def validation(self) -> str:
        return "validation"

    def test(self) -> str:
        return "test"


class Noting:
    """A post-processor that keeps what it was fitted on and prefers the second class."""

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        self.logits, self.targets = logits, targets

    def apply(self, logits: np.ndarray) -> np.ndarray:
        shares = np.exp(logits + np.array([0, 10]))
        result: np.ndarray = shares / shares.sum(axis=1, keepdims=True)
        return result


ITEMS = Items(
    ids=tuple("abcdef"), specs=(TARGET,), targets={"emotion": TRUTH}, groups=tuple("ggghhh")
)


def outcome(*postprocessors: Noting, **changes: Any) -> tuple[Any, Hooks]:
    hooks = Hooks(**changes)
    run: Any = SimpleNamespace(hooks=hooks, task=SimpleNamespace(targets=(TARGET,)))
    source: Any = Source()
    return final_scores(run, source, ITEMS, {"emotion": list(postprocessors)}), hooks


def test_the_test_set_is_scored_once_after_validation() -> None:
    _, hooks = outcome(Noting())
    assert hooks.asked == ["validation", "test"]


def test_post_processors_are_fitted_on_validation_alone() -> None:
    noting = Noting()
    outcome(noting)
    assert noting.logits.tolist() == LOGITS[VALIDATION].tolist()
    assert noting.targets.tolist() == TRUTH[VALIDATION].tolist()


def test_the_second_post_processor_is_fitted_on_what_the_first_makes_of_validation() -> None:
    first, second = Noting(), Noting()
    outcome(first, second)
    assert np.exp(second.logits) == pytest.approx(first.apply(LOGITS[VALIDATION]))


def test_scores_follow_the_processed_probabilities() -> None:
    plain, _ = outcome()
    assert plain.scores["emotion"].metrics["accuracy"] == 0.5
    assert plain.scores["emotion"].confusion == ((1, 0), (1, 0))
    shifted, _ = outcome(Noting())
    assert shifted.scores["emotion"].confusion == ((0, 1), (0, 1))


def test_predictions_keep_ids_groups_and_both_stages() -> None:
    result, _ = outcome(Noting())
    predictions = result.predictions
    assert predictions["test/items"].tolist() == ["e", "f"]
    assert predictions["test/groups"].tolist() == ["h", "h"]
    before = predictions["test/emotion/before"]
    assert before[0, 0] == pytest.approx(np.e / (1 + np.e))
    assert (predictions["test/emotion/after"].argmax(axis=1) == 1).all()


def test_the_truth_is_the_datas_own_whatever_a_technique_gives_back() -> None:
    lying = {"emotion": LOGITS[VALIDATION].argmax(axis=1)}
    result, _ = outcome(targets=lying)
    assert result.predictions["test/emotion/truth"].tolist() == TRUTH[TEST].tolist()
    assert result.predictions["validation/emotion/truth"].tolist() == TRUTH[VALIDATION].tolist()


def test_a_technique_may_not_choose_the_items_that_are_scored() -> None:
    with pytest.raises(PluginError) as caught:
        outcome(items=VALIDATION[:3], logits={"emotion": LOGITS[:3]})
    assert str(caught.value) == (
        "a technique that wraps 'evaluate' gave back other validation items than it was handed "
        "(3 for 4); a wrapper returns what its yield gave"
    )
