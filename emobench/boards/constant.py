"""The constant predictor of a test set: what always answering one class would have scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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
    """Its figures, over the test sets of all folds that some record has scored, together.

    The class counts come from a confusion matrix a fold: its rows sum to the true classes. For
    a metric that these do not determine there is a row without a figure.
    """
    if metric in ZERO_BY_DEFINITION:
        return Constant(score=0.0, metrics=dict.fromkeys(ZERO_BY_DEFINITION, 0.0))
    by_fold: dict[int, TargetScores] = {}
    for record in records:
        scores = next(iter(record.scores.values()), None)
        if scores is not None and scores.confusion:
            by_fold.setdefault(record.task.fold, scores)
    supports: Counter[str] = Counter()
    for scores in by_fold.values():
        for row, counts in zip(scores.classes, scores.confusion, strict=False):
            supports[row.name] += sum(counts)
    if not supports:
        return Constant(score=None)
    # The first of classes that are equally frequent, whatever the order of the records.
    names = [row.name for row in by_fold[min(by_fold)].classes]
    likeliest = max(names, key=lambda name: supports[name])
    table = _always(names.index(likeliest), [supports[name] for name in names])
    metrics = {name: figure(table) for name, figure in OF_A_TABLE.items()}
    return Constant(score=metrics.get(metric), metrics=metrics, class_name=likeliest)


def _always(answer: int, supports: Sequence[int]) -> Counts:
    table = np.zeros((len(supports), len(supports)), dtype=np.int64)
    table[:, answer] = supports
    return table
