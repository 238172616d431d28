"""The constant predictor of a test set: what always answering one class would have scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

import numpy as np

from emobench.boards.board import Constant
from emobench.runs.record import Record, TargetScores
from emobench.scoring.classification import Counts, accuracy, macro_f1, uar, weighted_f1

OF_A_TABLE = {
    "accuracy": accuracy,
    "uar": uar,
    "macro_f1": macro_f1,
    "weighted_f1": weighted_f1,
}
ZERO_BY_DEFINITION = ("ccc", "pearson")


def constant_predictor(records: Sequence[Record], *, metric: str) -> Constant:
    """Its figures, the mean over the folds that some record has scored.

    Each fold's class counts come from a confusion matrix: its rows sum to the true classes. For
    a metric that these do not determine there is a row without a figure.
    """
    if metric in ZERO_BY_DEFINITION:
        return Constant(score=0.0, metrics=dict.fromkeys(ZERO_BY_DEFINITION, 0.0))
    by_fold: dict[int, TargetScores] = {}
    for record in records:
        scores = next(iter(record.scores.values()), None)
        if scores is not None and scores.confusion:
            by_fold.setdefault(record.task.fold, scores)
    if not by_fold:
        return Constant(score=None)
    tables = [_always_the_most_frequent(scores) for scores in by_fold.values()]
    metrics = {
        name: fmean(figure(table) for table in tables) for name, figure in OF_A_TABLE.items()
    }
    return Constant(
        score=metrics.get(metric), metrics=metrics, class_name=_most_frequent(by_fold.values())
    )


def _always_the_most_frequent(scores: TargetScores) -> Counts:
    supports = np.asarray(scores.confusion, dtype=np.int64).sum(axis=1)
    table = np.zeros((len(supports), len(supports)), dtype=np.int64)
    table[:, supports.argmax()] = supports
    return table


def _most_frequent(folds: Iterable[TargetScores]) -> str:
    """The class named beside the figures; empty where the folds differ in it."""
    names = set()
    for scores in folds:
        supports = [sum(row) for row in scores.confusion]
        place = supports.index(max(supports))
        names.add(scores.classes[place].name if place < len(scores.classes) else "")
    return names.pop() if len(names) == 1 else ""
