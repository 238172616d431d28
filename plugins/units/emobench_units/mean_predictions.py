"""The `mean_predictions` technique: the guide's "mean prediction tracking", in the history."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from emobench.api import Context, Evaluation, NoOptions, RunState, Target, event


def mean_shares(target: Target, logits: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Mean predicted and mean true value of each label or class, of a number under its own name."""
    if target.kind == "number":
        means, true = [logits.mean()], [truth.mean()]
    else:
        means = list(_probabilities(target, logits).mean(axis=0))
        shares = np.eye(target.width)[truth] if target.kind == "class" else truth
        true = list(shares.mean(axis=0))
    names = target.classes or (target.name,)
    figures = {}
    for name, mean, expected in zip(names, means, true, strict=True):
        figures[f"mean_predicted.{name}"] = float(mean)
        figures[f"mean_true.{name}"] = float(expected)
    return figures


def _probabilities(target: Target, logits: np.ndarray) -> np.ndarray:
    values = logits.astype(np.float64)
    if target.kind == "labels":
        return np.asarray(0.5 * (1 + np.tanh(0.5 * values)))
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


class MeanPredictions:
    """After each epoch, logs what is predicted on average on validation beside what is true."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        pass

    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        """Look at what the evaluation gives, and pass it on."""
        evaluation = yield
        if not run.finished:
            for index, target in enumerate(run.task.targets):
                logits, truth = evaluation.logits[target.name], evaluation.targets[target.name]
                prefix = f"{target.name}." if index else ""
                for name, value in mean_shares(target, logits, truth).items():
                    run.log(f"{prefix}{name}", value)
        return evaluation
