"""From stored predictions to scores and the verdict on collapse: the same for runs and boards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emobench.runs.record import ClassScore, CollapseFacts, TargetScores
from emobench.scoring.collapse import judge_table
from emobench.scoring.metrics import grade, score

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
    graded = grade(target, probabilities, truth)
    table = graded.table
    if table is None:
        return TargetScores(metrics=graded.figures, validation=validation), None
    scores = TargetScores(
        metrics=graded.figures,
        validation=validation,
        classes=tuple(
            ClassScore(
                name=name,
                precision=row.precision,
                recall=row.recall,
                f1=row.f1,
                support=row.support,
            )
            for name, row in zip(target.classes, table.per_class(), strict=True)
        ),
        confusion=tuple(map(tuple, table.confusion.tolist())),
    )
    found = judge_table(table, classes=target.classes)
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
