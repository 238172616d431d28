"""Collapse: a model that gave up telling classes apart and answers with one or a few of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emobench.scoring.classification import Table, confusion_matrix
from emobench.scoring.intervals import uar_interval, wilson_interval
from emobench.scoring.metrics import NotFiniteError

DOMINANT_SHARE = 0.9
DOMINANT_EXCESS = 0.4
LOST_VARIETY = 0.5
NAMES_SHOWN = 8
ROUNDING = 1e-9
"""Beyond this, two ways to add up an entropy agree."""


@dataclass(frozen=True, kw_only=True)
class Collapse:
    """The evidence; `entropy` is that of the predicted histogram, from 0 to 1 (all classes)."""

    class_name: str
    share: float
    never_predicted: tuple[str, ...]
    entropy: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Skill:
    """The scores beside those of the best constant predictor."""

    accuracy: float
    accuracy_interval: tuple[float, float]
    constant_accuracy: float
    uar: float
    uar_interval: tuple[float, float]
    constant_uar: float

    @property
    def beats_constant(self) -> bool:
        return (
            self.accuracy_interval[0] > self.constant_accuracy
            or self.uar_interval[0] > self.constant_uar
        )


def judge_collapse(
    *, truth: ArrayLike, probabilities: ArrayLike, classes: Sequence[str]
) -> Collapse | None:
    """Say whether the predictions have collapsed, from the test set's class ids.

    A run is collapsed when one of two things holds:

    - dominated: one class takes at least 90% of the predictions, and at least 40 points more
      than its share of the truth. Nobody who looks at such a table needs a test; with many items
      a few lucky hits would make its score differ from the constant predictor's;
    - no skill and no variety: neither the accuracy's 95% Wilson interval lies above the constant
      predictor's accuracy (the share of the most frequent true class), nor the UAR's interval
      above 1/K (K classes that occur); and the predicted histogram has at most half the entropy
      of the true one.

    Skill alone is not enough to judge by: a weak model that still uses all classes is weak, not
    collapsed. Nor is concentration: on imbalanced classes an honest model predicts mostly the
    frequent one, and so must beat the constant predictor in one of the two scores. A model that
    never predicts some classes but beats the constant one is weak, and its table says where.
    A truth of a single class cannot tell a collapse from a perfect answer: not judged.
    """
    predicted = np.asarray(probabilities, dtype=np.float64)
    return judge_table(_table(truth, predicted, classes), classes=classes)


def judge_table(table: Table, *, classes: Sequence[str]) -> Collapse | None:
    """The verdict of `judge_collapse` on a confusion matrix."""
    true_counts, predicted_counts = table.supports, table.claims
    if np.count_nonzero(true_counts) < 2:
        return None
    items = int(true_counts.sum())
    top = int(predicted_counts.argmax())
    share = float(predicted_counts[top] / items)
    true_share = float(true_counts[top] / items)
    dominated = share >= DOMINANT_SHARE and share - true_share >= DOMINANT_EXCESS
    predicted_entropy = _entropy(predicted_counts)
    variety_lost = predicted_entropy <= LOST_VARIETY * _entropy(true_counts)
    if not dominated and not variety_lost:
        return None
    skill = _skill(table)
    if not dominated and skill.beats_constant:
        return None
    never = tuple(name for name, count in zip(classes, predicted_counts, strict=True) if count == 0)
    return Collapse(
        class_name=classes[top],
        share=share,
        never_predicted=never,
        entropy=predicted_entropy / float(np.log(len(classes))),
        reason="; ".join(
            [
                f"predicts '{classes[top]}' for {share:.0%} of the test items, "
                f"of which {true_share:.0%} are",
                *_never_words(never, classes),
                _skill_words(skill),
            ]
        ),
    )


def concentrated(
    *, supports: NDArray[np.float64], claims: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which of many count tables `(tables, classes)` may have collapsed: no other has.

    True counts and predicted counts, by class; what `judge_table` asks of them before skill.
    """
    items = supports.sum(axis=1)
    rows, top = np.arange(len(claims)), claims.argmax(axis=1)
    share, true_share = claims[rows, top] / items, supports[rows, top] / items
    dominated = (share >= DOMINANT_SHARE) & (share - true_share >= DOMINANT_EXCESS)
    variety_lost = _entropies(claims) <= LOST_VARIETY * _entropies(supports) + ROUNDING
    return np.asarray(dominated | variety_lost)


def _entropies(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = counts / counts.sum(axis=1, keepdims=True)
    return np.asarray(-(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1))


def _table(truth: ArrayLike, predicted: NDArray[np.float64], classes: Sequence[str]) -> Table:
    if predicted.ndim != 2 or predicted.shape[1] != len(classes):
        raise ValueError(
            f"probabilities must be (items, {len(classes)}), got shape {predicted.shape}"
        )
    if not np.isfinite(predicted).all():
        raise NotFiniteError("the probabilities are not all finite; the training has diverged")
    return Table(confusion_matrix(truth, predicted.argmax(axis=1), classes=len(classes)))


def _skill(table: Table) -> _Skill:
    items, supports, hits = int(table.supports.sum()), table.supports, table.hits
    return _Skill(
        accuracy=table.accuracy,
        accuracy_interval=wilson_interval(int(hits.sum()), trials=items),
        constant_accuracy=float(supports.max() / items),
        uar=table.uar,
        uar_interval=uar_interval(hits.tolist(), supports=supports.tolist()),
        constant_uar=1 / int(np.count_nonzero(supports)),
    )


def _entropy(counts: NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum()) + 0.0


def _never_words(never: Sequence[str], classes: Sequence[str]) -> list[str]:
    if not never:
        return []
    names = ", ".join(never[:NAMES_SHOWN]) + (", …" if len(never) > NAMES_SHOWN else "")
    return [f"never predicts {len(never)} of {len(classes)} classes ({names})"]


def _skill_words(skill: _Skill) -> str:
    low, high = skill.uar_interval
    return (
        f"UAR {skill.uar:.1%} [{low:.1%}, {high:.1%}] and accuracy {skill.accuracy:.1%} beside "
        f"{skill.constant_uar:.1%} and {skill.constant_accuracy:.1%} of the constant predictor"
    )
