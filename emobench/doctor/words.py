"""A diagnosis in sentences: what fell, where and when, by what, and what cures it."""

from __future__ import annotations

from collections.abc import Sequence

from emobench.boards.words import figure, title
from emobench.doctor.causes import Cause
from emobench.doctor.diagnosis import Diagnosis
from emobench.doctor.differences import Difference
from emobench.doctor.evidence import Evidence
from emobench.doctor.experiments import Outcome

SHOWN = 6
"""Changes that are named one by one where they do not cure."""


def headline(evidence: Evidence) -> str:
    """What became of a run, in a sentence."""
    if evidence.state == "diverged":
        return f"{evidence.recipe} diverged: {evidence.reason}"
    if evidence.state not in ("ok", "collapsed"):
        return f"{evidence.recipe} {evidence.state}: {evidence.reason}"
    fall = evidence.fall
    where = f" to '{fall.class_name}' ({fall.share:.0%} of predictions)" if fall else ""
    when = f" at epoch {fall.epoch}" if fall and fall.epoch else ""
    if evidence.collapsed:
        return f"{evidence.recipe} collapsed{where}{when}"
    score = f"{title(evidence.metric)} {figure(evidence.score, metric=evidence.metric)}"
    leaning = f", leaning{where}{when}" if fall else ""
    return f"{evidence.recipe} has not collapsed to one class: {score} on validation{leaning}"


def signs(evidence: Evidence) -> list[str]:
    """The figures that tell most, each in a line; those that the history lacks are left out."""
    told = []
    rows = evidence.rows
    if rows:
        losses = evidence.data_loss or [0.0]
        equal = f"calling all {len(evidence.classes)} classes equal"
        told.append(
            f"data loss {losses[0]:.3g} at epoch 1, {losses[-1]:.3g} at epoch {len(rows)}; the "
            f"cross entropy of {equal} is {evidence.chance_loss:.2f}"
        )
    added = evidence.added_loss
    if any(added):
        names = " and ".join(evidence.added_names())
        told.append(f"{names} {added[0]:.3g} at epoch 1, {added[-1]:.3g} at the end")
    told += _lines(evidence, "gradient_norm", "gradient norm {first:.3g}, at the end {last:.3g}")
    told += _lines(
        evidence,
        "weight_change",
        "weights moved by {first:.2%} of their length, at the end {last:.2%}",
    )
    told += _lines(
        evidence, "learning_rate", "rate {first:.1e} after epoch 1, {last:.1e} at the end"
    )
    told += _lines(
        evidence,
        "logit_variation",
        "logits differ from item to item by {first:.3g}, at the end {last:.3g}",
    )
    told += _lines(evidence, "dead_units", "units that say the same of all items: {last:.0%}")
    told += _gap(evidence)
    return told


def _gap(evidence: Evidence) -> list[str]:
    trained, validated = evidence.last("train_accuracy"), evidence.last("validation_accuracy")
    same = (
        evidence.last("batch_accuracy_in_training"),
        evidence.last("batch_accuracy_in_evaluation"),
    )
    told = []
    if trained is not None and validated is not None:
        told.append(f"accuracy {trained:.0%} in training, {validated:.0%} on validation")
    if same[0] is not None and same[1] is not None:
        told.append(
            f"the same training items: {same[0]:.0%} right in training mode, {same[1]:.0%} in "
            "evaluation mode"
        )
    return told


def _lines(evidence: Evidence, name: str, words: str) -> list[str]:
    series = evidence.series(name)
    return [words.format(first=series[0], last=series[-1])] if series else []


def cause_lines(causes: Sequence[Cause]) -> list[str]:
    """The causes with their scores, what each rests on, and what to do about the first."""
    if not causes:
        return ["no known cause shows in these figures"]
    lines = [f"{cause.score:.2f}  {cause.title}: {cause.words}" for cause in causes]
    return [*lines, f"try first: {causes[0].advice}"]


def verdict(found: Diagnosis) -> str:
    """The whole diagnosis of a recipe in one sentence."""
    if found.evidence is None:
        return f"{found.recipe} could not be run: {found.child_outcome.reason}"
    fallen = headline(found.evidence)
    if found.verdict == "sound":
        return f"{fallen}; nothing to cure: {found.parent}, its parent, has {_score(found)}"
    if found.verdict == "parent_ill":
        return (
            f"{fallen}; {found.parent} is no better ({_score(found)}), so that undoing differences "
            "shows nothing: name a sound recipe with --against"
        )
    parts = [fallen, *(cause.words for cause in found.causes[:1])]
    return "; ".join([*parts, _cures(found), *_others(found)])


def _score(found: Diagnosis) -> str:
    return f"{title(found.metric)} {_figure(found.parent_outcome, found.metric)}"


def _figure(outcome: Outcome, metric: str) -> str:
    return figure(outcome.score, metric=metric) if outcome.score is not None else outcome.state


def _cures(found: Diagnosis) -> str:
    """What cures and from which score to which."""
    if not found.cures:
        return f"it has no difference to {found.parent} that could be undone"
    before = _figure(found.child_outcome, found.metric)
    told = []
    for cure in found.cures:
        trial = found.trial_of(cure)
        after = _figure(trial.outcome if trial else found.parent_outcome, found.metric)
        told.append(
            f"undoing {_names(cure, found)} cures ({title(found.metric)} {before} -> {after})"
        )
    return ", and so does ".join([told[0], *(each.replace(" cures", "") for each in told[1:])])


def _names(cure: frozenset[Difference], found: Diagnosis) -> str:
    keys = [each.key for each in found.differences if each in cure]
    return " and ".join(filter(None, [", ".join(keys[:-1]), keys[-1]]))


def _others(found: Diagnosis) -> list[str]:
    """What does not cure by itself."""
    alone = [trial for trial in found.trials if len(trial.undone) == 1 and not trial.cured]
    if not alone:
        return []
    named = [trial.undone[0].key for trial in alone[:SHOWN]]
    more = f" or {len(alone) - SHOWN} more" if len(alone) > SHOWN else ""
    return [f"undoing {', '.join(named)}{more} alone does not"]
