"""From a trained model to scores: validation first, then post-processing, then the test, once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emobench.api import Evaluation, Items, PluginError, PostProcessor, RunState, Target
from emobench.runs.judging import judge
from emobench.runs.record import CollapseFacts, TargetScores
from emobench.scoring.metrics import probabilities
from emobench.training.source import PreparedSource


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything that the last evaluation gives."""

    scores: Mapping[str, TargetScores]
    collapse: CollapseFacts | None
    predictions: Mapping[str, np.ndarray]
    ms_per_item: float


def final_scores(
    run: RunState,
    source: PreparedSource,
    items: Items,
    postprocessors: Mapping[str, Sequence[PostProcessor]],
) -> Outcome:
    """Fit post-processors on validation, apply them, score the test set once.

    The truth is the data's own: what techniques hand back of an evaluation is its logits alone.
    """
    validation: Evaluation = run.hooks.evaluate(run=run, loader=source.validation())
    started = time.perf_counter()
    test: Evaluation = run.hooks.evaluate(run=run, loader=source.test())
    seconds = time.perf_counter() - started
    _refuse_other_items("validation", validation, source.validation_positions)
    _refuse_other_items("test", test, source.test_positions)
    predictions = {
        **_rows("validation", validation, items),
        **_rows("test", test, items),
    }
    for target in run.task.targets:
        name = target.name
        truth = source.targets[name][source.validation_positions]
        fitted = _fit(postprocessors.get(name, ()), validation.logits[name], truth, target)
        for part, evaluation in (("validation", validation), ("test", test)):
            before = probabilities(target, evaluation.logits[name])
            predictions[f"{part}/{name}/before"] = before
            predictions[f"{part}/{name}/after"] = _apply(
                target, fitted, evaluation.logits[name], before
            )
            predictions[f"{part}/{name}/truth"] = source.targets[name][evaluation.items]
    scores, collapse = judge(run.task.targets, predictions)
    return Outcome(
        scores=scores,
        collapse=collapse,
        predictions=predictions,
        ms_per_item=1000 * seconds / max(1, len(test.items)),
    )


def _rows(part: str, evaluation: Evaluation, items: Items) -> dict[str, np.ndarray]:
    positions = evaluation.items
    rows = {f"{part}/items": np.asarray([items.ids[position] for position in positions])}
    if items.groups:
        rows[f"{part}/groups"] = np.asarray([items.groups[position] for position in positions])
    return rows


def _refuse_other_items(part: str, evaluation: Evaluation, positions: np.ndarray) -> None:
    """Scores are of all items of a set, once each; a technique may not choose among them."""
    if not np.array_equal(evaluation.items, positions):
        raise PluginError(
            f"a technique that wraps 'evaluate' gave back other {part} items than it was handed "
            f"({len(evaluation.items)} for {len(positions)}); a wrapper returns what its yield gave"
        )


def _fit(
    postprocessors: Sequence[PostProcessor], logits: np.ndarray, truth: np.ndarray, target: Target
) -> list[PostProcessor]:
    """Fit each on what the ones before it make of the validation logits."""
    for postprocessor in postprocessors:
        postprocessor.fit(logits, truth)
        logits = _as_logits(target, postprocessor.apply(logits))
    return list(postprocessors)


def _apply(
    target: Target,
    postprocessors: Sequence[PostProcessor],
    logits: np.ndarray,
    before: np.ndarray,
) -> np.ndarray:
    result = before
    for postprocessor in postprocessors:
        result = postprocessor.apply(logits)
        logits = _as_logits(target, result)
    return result


def _as_logits(target: Target, result: np.ndarray) -> np.ndarray:
    """The logits whose probabilities are `result`, for the next post-processor."""
    if target.kind == "number":
        return result
    tiny = np.finfo(np.float64).tiny
    logits: np.ndarray = np.log(np.clip(result, tiny, None))
    if target.kind == "labels":
        logits -= np.log(np.clip(1 - result, tiny, None))
    return logits
