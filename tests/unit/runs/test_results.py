"""Scores: post-processors learn from validation alone, and the test set is asked for once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from emobench.api import Evaluation, Items, Target
from emobench.runs.results import final_scores

TARGET = Target(name="emotion", kind="class", classes=("calm", "angry"))
VALIDATION, TEST = np.array([0, 1, 2, 3]), np.array([4, 5])
TRUTH = np.array([0, 1, 0, 1, 1, 0])
LOGITS = np.array([[2, 0], [0, 1], [0, 1], [0, 3], [1, 0], [5, 0]], dtype=float)


class Hooks:
    """Answers evaluate from the table and counts who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def evaluate(self, run: Any, loader: str) -> Evaluation:
        self.asked.append(loader)
        positions = VALIDATION if loader == "validation" else TEST
        return Evaluation(
            items=positions,
            logits={"emotion": LOGITS[positions]},
            targets={"emotion": TRUTH[positions]},
            metrics={},
        )


class Source:
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


def outcome(*postprocessors: Noting) -> tuple[Any, Hooks]:
    hooks = Hooks()
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
