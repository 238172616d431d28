"""From stored predictions to scores and the verdict on collapse: the same for runs and boards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emobench.runs.record import ClassScore, CollapseFacts, TargetScores
from emobench.scoring.collapse import judge_collapse
from emobench.scoring.metrics import confusion_matrix, per_class, score, true_classes

if TYPE_CHECKING:
    import numpy as np

    from emobench.api import Target


def judge(
    targets: Sequence[Target], predictions: Mapping[str, np.ndarray]
) -> tuple[dict[str, TargetScores], CollapseFacts | None]:
    """The scores of every target, and the first collapse, from predictions as they are stored."""
    scores: dict[str, TargetScores] = {}
    collapse = None
    for target in targets:
        validation = score(
            target,
            predictions[f"validation/{target.name}/after"],
            predictions[f"validation/{target.name}/truth"],
        )
        scores[target.name], fallen = judge_target(
            target,
            probabilities=predictions[f"test/{target.name}/after"],
            truth=predictions[f"test/{target.name}/truth"],
            validation=validation,
        )
        collapse = collapse or fallen
    return scores, collapse


def judge_target(
    target: Target,
    *,
    probabilities: np.ndarray,
    truth: np.ndarray,
    validation: Mapping[str, float],
) -> tuple[TargetScores, CollapseFacts | None]:
    """One target's scores on the test set, and its collapse if it is one."""
    figures = score(target, probabilities, truth)
    if target.kind not in ("class", "distribution"):
        return TargetScores(metrics=figures, validation=validation), None
    ids = true_classes(target, truth=truth)
    matrix = confusion_matrix(ids, probabilities.argmax(axis=1), classes=len(target.classes))
    scores = TargetScores(
        metrics=figures,
        validation=validation,
        classes=tuple(
            ClassScore(
                name=name,
                precision=float(row.precision),
                recall=float(row.recall),
                f1=float(row.f1),
                support=int(row.support),
            )
            for name, row in zip(target.classes, per_class(matrix), strict=True)
        ),
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
    )
    found = judge_collapse(truth=ids, probabilities=probabilities, classes=target.classes)
    if found is None:
        return scores, None
    facts = CollapseFacts(
        class_name=found.class_name,
        share=found.share,
        never_predicted=tuple(found.never_predicted),
        entropy=found.entropy,
        reason=found.reason,
    )
    return scores, facts
