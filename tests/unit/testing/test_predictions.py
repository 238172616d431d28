"""The made-up predictions are what their names say."""

from __future__ import annotations

import numpy as np
import pytest

from emobench.scoring.metrics import probabilities, score
from emobench.testing.predictions import decisions, figure, perfect_problem, problems
from emobench.testing.tiny import tiny_target

CLASS = tiny_target("class")


def named(name: str):
    return next(problem for problem in problems(CLASS) if name in problem.name)


@pytest.mark.parametrize(
    ("name", "factor"), [("over-confident", 0.5), ("under-confident", 3.0)], ids=str
)
def test_another_sureness_would_be_better(name, factor):
    problem = named(name)
    plain, mended = (
        figure(
            CLASS, probabilities(CLASS, scale * problem.logits), problem.truth, metric="log_loss"
        )
        for scale in (1.0, factor)
    )
    assert mended < plain


def test_a_biased_set_favours_its_first_class():
    problem = named("biased")
    predicted = problem.logits.argmax(axis=1)
    assert (predicted == 0).mean() > 2 * (problem.truth == 0).mean()


@pytest.mark.parametrize("kind", ["class", "distribution", "labels"])
def test_a_perfect_set_is_decided_as_its_truth(kind):
    target = tiny_target(kind)
    problem = perfect_problem(target)
    decided = decisions(target, probabilities(target, problem.logits))
    truth = problem.truth.argmax(axis=1) if kind == "distribution" else problem.truth
    assert np.array_equal(decided, truth)


def test_a_figure_is_a_loss_whatever_the_metric():
    problem = named("well calibrated")
    result = probabilities(CLASS, problem.logits)
    scores = score(CLASS, result, problem.truth)
    assert figure(CLASS, result, problem.truth, metric="uar") == -scores["uar"]
    assert figure(CLASS, result, problem.truth, metric="ece") == scores["ece"]


def test_an_objective_of_another_kind_is_told():
    with pytest.raises(AssertionError, match="its objective 'ccc' cannot judge a class target"):
        figure(CLASS, np.eye(4), np.arange(4), metric="ccc")
