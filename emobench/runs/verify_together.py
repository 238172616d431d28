"""Which of many records surely hold what their predictions say: counted for all of them at once.

The usual record of one class target that has not collapsed, and whose every figure follows. Of any
other nothing is said here: `verify` looks at it by itself, and knows what to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from emobench.runs.record import ClassScore, TargetScores
from emobench.scoring.collapse import concentrated
from emobench.scoring.metrics import check
from emobench.scoring.totals import OF_CLASSES, group_statistics

if TYPE_CHECKING:
    from emobench.api import Target
    from emobench.runs.published import Published, TargetPredictions

TOLERANCE = 1e-6
"""Probabilities are stored with seven digits where every figure then still comes out this close."""
AT_ONCE = 128
"""Records that are stacked: their predictions lie in memory twice meanwhile."""
FIGURES = ("accuracy", "uar", "macro_f1", "weighted_f1", "log_loss", "ece")

Asked = tuple["TargetPredictions", TargetScores]


def surely_follow(published: Sequence[Published]) -> frozenset[str]:
    """The ids of records whose state and figures follow from their predictions, beyond doubt."""
    by_target: dict[Target, list[tuple[str, Asked]]] = {}
    for one in published:
        asked = _usual(one)
        if asked is not None:
            by_target.setdefault(asked[0].target, []).append((one.record.id, asked))
    sure: set[str] = set()
    for target, found in by_target.items():
        for block in _blocks(found):
            follow = _follow(target, [asked for _, asked in block])
            sure.update(run_id for (run_id, _), holds in zip(block, follow, strict=True) if holds)
    return frozenset(sure)


def _usual(one: Published) -> Asked | None:
    """The predictions and the scores of a record that can be looked at together with others."""
    record, predictions = one.record, one.predictions
    if record.state != "ok" or predictions is None or len(predictions.targets) != 1:
        return None
    answers = predictions.targets[0]
    if answers.target.kind != "class" or answers.probabilities.ndim != 2:
        return None
    if not (answers.target.name,) == tuple(record.task.targets) == tuple(record.scores):
        return None
    scores = record.scores[answers.target.name]
    return (answers, scores) if record.task.metric in scores.metrics else None


def _blocks(found: Iterable[tuple[str, Asked]]) -> Iterator[list[tuple[str, Asked]]]:
    rest = iter(found)
    while block := list(islice(rest, AT_ONCE)):
        yield block


def _follow(target: Target, asked: Sequence[Asked]) -> list[bool]:
    """Whether the figures of each follow; of none where some prediction is no probability."""
    predicted = np.concatenate([answers.probabilities for answers, _ in asked])
    truth = np.concatenate([answers.truth for answers, _ in asked])
    try:
        check(target, predicted, truth)
    except ValueError:
        return [False] * len(asked)
    sizes = np.asarray([len(answers.truth) for answers, _ in asked])
    if not sizes.all():
        return [False] * len(asked)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    counted = group_statistics(target, probabilities=predicted, truth=truth, starts=starts)
    totals = {name: counted.sums[:, columns] for name, columns in counted.columns.items()}
    hits, supports, claims = (totals[name] for name in ("hits", "supports", "claims"))
    figures = np.stack([OF_CLASSES[name].apply(totals) for name in FIGURES], axis=1).tolist()
    by_class = np.stack(
        [_share(hits, claims), _share(hits, supports), _share(2 * hits, supports + claims)], axis=2
    )
    tables = _confusions(predicted, truth, sizes, classes=len(target.classes)).tolist()
    fallen = concentrated(supports=supports, claims=claims).tolist()
    rows = zip(asked, figures, by_class.tolist(), supports.tolist(), tables, fallen, strict=True)
    return [
        not suspect
        and _metrics_hold(scores, dict(zip(FIGURES, values, strict=True)))
        and scores.confusion == tuple(map(tuple, table))
        and tuple(row.name for row in scores.classes) == target.classes
        and all(map(_class_holds, scores.classes, shares, counts))
        for (_, scores), values, shares, counts, table, suspect in rows
    ]


def _confusions(
    predicted: np.ndarray, truth: np.ndarray, sizes: np.ndarray, *, classes: int
) -> np.ndarray:
    """A confusion matrix a record, `(records, classes, classes)`."""
    owners = np.repeat(np.arange(len(sizes)), sizes)
    cells = (owners * classes + truth) * classes + predicted.argmax(axis=1)
    counts = np.bincount(cells, minlength=len(sizes) * classes * classes)
    return np.asarray(counts.reshape(len(sizes), classes, classes))


def _metrics_hold(scores: TargetScores, found: dict[str, float]) -> bool:
    return all(
        name in found and _close(value, found[name]) for name, value in scores.metrics.items()
    )


def _class_holds(row: ClassScore, shares: Sequence[float], support: float) -> bool:
    stored = (row.precision, row.recall, row.f1)
    return row.support == support and all(map(_close, stored, shares))


def _close(stored: float, found: float) -> bool:
    return math.isclose(stored, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))
