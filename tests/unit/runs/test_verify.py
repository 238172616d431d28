"""A score that does not follow from the predictions is found and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emobench.api import DataError, Target
from emobench.runs.judging import judge_target
from emobench.runs.published import Predictions, Published, TargetPredictions
from emobench.runs.record import TargetScores
from emobench.runs.verify import verify

Publish = Callable[..., Published]


def with_scores(published: Published, **changes: Any) -> Published:
    scores = replace(published.record.scores["emotion"], **changes)
    return replace(published, record=replace(published.record, scores={"emotion": scores}))


def metrics(published: Published, **changes: float) -> dict[str, float]:
    return {**published.record.scores["emotion"].metrics, **changes}


@pytest.mark.parametrize("state", ["", "collapsed", "failed", "diverged"])
def test_an_honest_record_passes(published: Publish, state: str) -> None:
    verify(published(state=state))


def test_a_better_score_is_denied(published: Publish) -> None:
    run = published()
    true = run.record.metrics["uar"]
    with pytest.raises(
        DataError,
        match=f"^emotion: uar is 0.99 in the record, but its predictions give {true:.6g}$",
    ):
        verify(with_scores(run, metrics=metrics(run, uar=0.99)))


def test_the_last_digit_may_differ(published: Publish) -> None:
    run = published()
    verify(with_scores(run, metrics=metrics(run, log_loss=run.record.metrics["log_loss"] + 1e-8)))


def test_a_figure_that_nobody_can_derive_is_denied(published: Publish) -> None:
    run = published()
    with pytest.raises(DataError, match="emotion: wisdom is no figure that this emobench derives"):
        verify(with_scores(run, metrics=metrics(run, wisdom=1.0)))


def test_a_confusion_matrix_of_another_run_is_denied(published: Publish) -> None:
    run, other = published(), published(seed=1)
    with pytest.raises(DataError, match="emotion: the confusion matrix does not follow"):
        verify(with_scores(run, confusion=other.record.scores["emotion"].confusion))


def test_a_class_figure_is_denied(published: Publish) -> None:
    run = published()
    first, *others = run.record.scores["emotion"].classes
    with pytest.raises(DataError, match="emotion, class calm: recall is 1 in the record, but"):
        verify(with_scores(run, classes=(replace(first, recall=1.0), *others)))


def test_a_collapse_cannot_be_called_ok(published: Publish) -> None:
    run = published(state="collapsed")
    hidden = replace(run, record=replace(run.record, state="ok"))
    with pytest.raises(DataError, match="its state is ok, but of its predictions one must say: pr"):
        verify(hidden)


def test_scores_need_predictions(published: Publish) -> None:
    with pytest.raises(DataError, match="a run that is ok needs predictions, and it has none"):
        verify(replace(published(), predictions=None))


def test_predictions_need_scores(published: Publish) -> None:
    run = published()
    with pytest.raises(DataError, match="it has predictions, but no scores"):
        verify(replace(run, record=replace(run.record, scores={})))


def test_every_test_item_is_answered(published: Publish) -> None:
    run = published()
    assert run.record.data is not None
    more = replace(run.record, data=replace(run.record.data, test=80))
    with pytest.raises(DataError, match=r"record\.data says 80 test items, predictions 60"):
        verify(replace(run, record=more))


def test_scores_and_predictions_are_of_the_same_targets(published: Publish) -> None:
    run = published()
    renamed = replace(run.record, scores={"arousal": run.record.scores["emotion"]})
    with pytest.raises(DataError, match=r"its targets differ: scores of .'arousal'., predictions"):
        verify(replace(run, record=renamed))


def test_the_tasks_own_metric_is_needed(published: Publish) -> None:
    run = published(task={"metric": "accuracy"})
    kept = {name: value for name, value in metrics(run).items() if name != "accuracy"}
    with pytest.raises(DataError, match="it has no accuracy, by which its task is ranked"):
        verify(with_scores(run, metrics=kept))


def test_a_protocol_that_leaks_on_purpose_cannot_be_called_clean(published: Publish) -> None:
    run = published(task={"protocol": {"use": "augment-first"}})
    with pytest.raises(DataError, match="its audit says clean, and augment-first always leaks"):
        verify(run)


def test_an_interrupted_run_is_no_result(published: Publish) -> None:
    with pytest.raises(DataError, match="the run was interrupted"):
        verify(published(state="interrupted"))


def test_probabilities_that_are_none_are_denied(published: Publish) -> None:
    run = published()
    assert run.predictions is not None
    (one,) = run.predictions.targets
    doubled = replace(one, probabilities=one.probabilities * 2)
    predictions = replace(run.predictions, targets=(doubled,))
    with pytest.raises(DataError, match="probabilities must lie between 0 and 1"):
        verify(replace(run, predictions=predictions))


@pytest.mark.parametrize(
    ("target", "probabilities", "truth"),
    [
        (Target(name="arousal", kind="number"), [0.1, 0.4, 0.7], [0.2, 0.3, 0.9]),
        (
            Target(name="moods", kind="labels", classes=("joy", "fear")),
            [[0.9, 0.2], [0.4, 0.8], [0.6, 0.6]],
            [[1, 0], [1, 1], [0, 1]],
        ),
        (
            Target(name="mix", kind="distribution", classes=("joy", "fear")),
            [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]],
            [[1.0, 0.0], [0.5, 0.5], [0.2, 0.8]],
        ),
    ],
    ids=["number", "labels", "distribution"],
)
def test_every_kind_of_target_can_be_verified(
    published: Publish, target: Target, probabilities: list[Any], truth: list[Any]
) -> None:
    answers, expected = np.array(probabilities), np.array(truth)
    scores, _ = judge_target(target, probabilities=answers, truth=expected, validation={})
    metric = next(iter(scores.metrics))
    run = published(task={"targets": (target.name,), "metric": metric}, data=None)
    made = replace(
        run,
        record=replace(run.record, scores={target.name: scores}),
        predictions=Predictions(
            items=("a", "b", "c"),
            groups=(),
            targets=(TargetPredictions(target=target, probabilities=answers, truth=expected),),
        ),
    )
    verify(made)
    better = TargetScores(metrics={**scores.metrics, metric: scores.metrics[metric] + 0.1})
    with pytest.raises(DataError, match=f"{metric} is .* in the record, but its predictions give"):
        verify(replace(made, record=replace(made.record, scores={target.name: better})))
