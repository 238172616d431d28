"""What made a run fall: every known cause with a score from 0 to 1, by the run's evidence alone.

A rule looks at figures, never at the names of components. Its score says how far its figures lie
between what healthy trainings show (0) and what nobody learns under (1); `docs/why-recipes-
collapse.md` has the table. Signs that would be there after any fall count little.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from emobench.doctor.evidence import Evidence

WORTH_TELLING = 0.1


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One cause that the evidence speaks for: how strongly, in which words, and what to do."""

    name: str
    title: str
    score: float
    words: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A known cause; `judge` gives its score and the figures that it rests on, in words."""

    name: str
    title: str
    advice: str
    judge: Callable[[Evidence], tuple[float, str]]


def find_causes(evidence: Evidence) -> tuple[Cause, ...]:
    """What the evidence speaks for, most likely first."""
    found = []
    for rule in RULES:
        score, words = rule.judge(evidence)
        if score >= WORTH_TELLING:
            found.append(
                Cause(
                    name=rule.name,
                    title=rule.title,
                    score=round(score, 2),
                    words=words,
                    advice=rule.advice,
                )
            )
    return tuple(sorted(found, key=lambda cause: -cause.score))


def ramp(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high` on, straight in between; `high` may be the smaller one."""
    return min(1.0, max(0.0, (value - low) / (high - low)))


def log_ramp(value: float, low: float, high: float) -> float:
    """The same in the logarithm."""
    return ramp(math.log(max(value, 1e-30)), math.log(low), math.log(high))


def learnt(evidence: Evidence) -> float:
    """Whether the model learns in training mode: 0 where it knows but the commonest label."""
    reached = max(evidence.series("train_accuracy"), default=0.0)
    taught = evidence.by_class("taught") or evidence.truth
    return ramp(reached - max(taught.values(), default=0.0), 0.05, 0.25)


def stillness(evidence: Evidence) -> float:
    """Whether the weights stay where they were."""
    changes = evidence.series("weight_change")
    return log_ramp(max(changes), 1e-2, 1e-3) if changes else 0.0


def rate_too_low(evidence: Evidence) -> tuple[float, str]:
    """Weights that do not move although the loss pulls."""
    changes, slope = evidence.series("weight_change"), evidence.last("loss_slope")
    if not changes:
        return 0.0, ""
    pulls = 1.0 if slope is None else log_ramp(slope, 0.01, 0.3)
    rate = max(evidence.series("learning_rate"), default=0.0)
    loss = evidence.last("validation_log_loss")
    words = f"the weights moved by at most {max(changes):.2%} of their length in an epoch"
    words += f", at a rate of {rate:.0e}"
    if loss is not None:
        words += f"; log loss {loss:.2f} beside {evidence.chance_loss:.2f} of calling all equal"
    return stillness(evidence) * pulls * (1 - learnt(evidence)), words


def rate_too_high(evidence: Evidence) -> tuple[float, str]:
    """Weights thrown far away, a loss beyond all measure, or none that is a number."""
    diverged = evidence.state == "diverged"
    change = max(evidence.series("weight_change"), default=0.0)
    loss = max(evidence.data_loss, default=0.0) / evidence.chance_loss
    score = max(log_ramp(change, 2.0, 30.0), log_ramp(loss, 3.0, 100.0), 0.8 if diverged else 0.0)
    rate = max(evidence.series("learning_rate"), default=0.0)
    words = f"at a rate of {rate:.0e} the loss reached {_times(loss)} of calling all classes equal"
    if change:
        words += f", and the weights moved by {_times(change)} their length in one epoch"
    if diverged:
        words = f"it ended with: {evidence.reason}; " + words
    return score, words


def penalty(evidence: Evidence) -> tuple[float, str]:
    """What is added to the loss outweighs the data, and drives the weights to nothing."""
    added, data = evidence.added_loss, evidence.data_loss
    ratios = [extra / max(own, 1e-12) for extra, own in zip(added, data, strict=False)]
    if not ratios or max(ratios) <= 0:
        return 0.0, ""
    most = max(ratios)
    shrunk = added[0] / max(added[-1], 1e-12)
    score = max(log_ramp(most, 1.0, 8.0), log_ramp(shrunk, 3.0, 30.0) * ramp(most, 0.3, 1.0))
    name = " and ".join(evidence.added_names())
    words = f"{name} was {_times(most)} the data loss at epoch {ratios.index(most) + 1}"
    if shrunk > 3:
        words += f" and fell to a {shrunk:.0f}th: the weights went to nothing"
    return score * (1 - learnt(evidence)), words


def loss_scale(evidence: Evidence) -> tuple[float, str]:
    """A loss scaled down until something else decides."""
    slope = evidence.last("loss_slope")
    if slope is None:
        return 0.0, ""
    small = log_ramp(slope, 0.5, 0.01)
    harm = max(stillness(evidence), 0.6 * penalty(evidence)[0])
    words = (
        f"the loss pulls at the logits with {slope:.2%} of what cross entropy does, and the "
        f"gradient was {evidence.last('gradient_norm') or 0.0:.0e}"
    )
    return small * harm * (1 - learnt(evidence)), words


def balancing(evidence: Evidence) -> tuple[float, str]:
    """Rare classes pull harder than frequent ones."""
    pull, truth = evidence.by_class("pull"), evidence.truth
    known = [label for label in pull if truth.get(label, 0) > 0]
    if len(known) < 2:
        return 0.0, ""
    even = 1 / len(known)
    beyond = sum(max(0.0, pull[label] - even) for label in known if truth[label] < even)
    top = max(known, key=lambda label: pull[label])
    words = (
        f"'{top}', {truth[top]:.0%} of the items, has {pull[top]:.0%} of the loss's pull; all "
        f"classes alike would be {even:.0%}"
    )
    return ramp(beyond, 0.15, 0.5), words


def dropout(evidence: Evidence) -> tuple[float, str]:
    """Layers behind layers of dropout leave nothing to learn from."""
    kept = evidence.last("dropout_kept")
    if kept is None:
        return 0.0, ""
    words = f"dropout leaves {kept:.2%} of a signal in training, were all its layers on one way"
    return log_ramp(kept, 0.15, 0.01) * (1 - learnt(evidence)), words


def norm(evidence: Evidence) -> tuple[float, str]:
    """Batch norm evaluates by figures that are not those it trained with."""
    shift = evidence.last("norm_shift")
    trained = evidence.series("batch_accuracy_in_training")
    evaluated = evidence.series("batch_accuracy_in_evaluation")
    if shift is None or not trained or not evaluated:
        return 0.0, ""
    gap, worst = max((a - b, at) for at, (a, b) in enumerate(zip(trained, evaluated, strict=True)))
    words = (
        f"batch norm's running figures are off by {shift:.1f} deviations; of the same training "
        f"items {trained[worst]:.0%} were right in training mode and {evaluated[worst]:.0%} in "
        f"evaluation at epoch {worst + 1}"
    )
    return ramp(shift, 0.7, 2.5) * (0.4 + 0.6 * ramp(gap, 0.05, 0.25)), words


def labels(evidence: Evidence) -> tuple[float, str]:
    """What is taught is not what the data say."""
    moved, shifted = evidence.series("labels_moved"), evidence.series("labels_shifted")
    if not moved or not shifted:
        return 0.0, ""
    share, shift = sum(moved) / len(moved), sum(shifted) / len(shifted)
    taught = evidence.by_class("taught")
    top = max(taught, key=lambda label: taught[label])
    words = (
        f"{share:.0%} of the labels are changed before the model sees them: {taught[top]:.0%} of "
        f"what it is taught is '{top}' ({evidence.truth.get(top, 0):.0%} of the items)"
    )
    return max(ramp(shift, 0.1, 0.4), ramp(share, 0.6, 0.8)), words


def rate_ended(evidence: Evidence) -> tuple[float, str]:
    """A schedule that is over before anything is learnt."""
    rates = evidence.series("learning_rate")
    peak = max(rates, default=0.0)
    if peak == 0:
        return 0.0, ""
    after = rates[rates.index(peak) :]
    ended = sum(rate < 0.02 * peak for rate in after)
    words = f"the rate was below 2% of its peak in {ended} of {len(rates)} epochs"
    return ramp(ended / len(rates), 0.25, 0.6) * (1 - learnt(evidence)), words


def not_carried_over(evidence: Evidence) -> tuple[float, str]:
    """Training is learnt, in both modes, and says nothing of validation."""
    own, other = evidence.last("batch_accuracy_in_evaluation"), evidence.last("validation_accuracy")
    if own is None or other is None:
        return 0.0, ""
    words = f"{own:.0%} of training items are right in evaluation mode, {other:.0%} of validation's"
    return 0.5 * ramp(own - other, 0.3, 0.6) * learnt(evidence), words


def units(evidence: Evidence) -> tuple[float, str]:
    """Units that say the same of every item: what a fall leaves, seldom what begins it."""
    dead = evidence.last("dead_units")
    if dead is None:
        return 0.0, ""
    return 0.5 * ramp(dead, 0.4, 0.95), f"{dead:.0%} of the units say the same of every item"


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio < 10 else f"{ratio:.3g} times"


RULES = (
    Rule(
        name="labels",
        title="the labels that are taught are not the data's",
        advice="look at what changes targets before the model sees them",
        judge=labels,
    ),
    Rule(
        name="rate_too_high",
        title="the learning rate is too high",
        advice="lower the learning rate tenfold, or clip gradients",
        judge=rate_too_high,
    ),
    Rule(
        name="rate_too_low",
        title="the learning rate is too low to move anything",
        advice="raise the learning rate tenfold until the loss falls in the first epoch",
        judge=rate_too_low,
    ),
    Rule(
        name="loss_scale",
        title="the loss is scaled down",
        advice="take the factor off the loss; to weigh classes, use class weights",
        judge=loss_scale,
    ),
    Rule(
        name="penalty",
        title="what is added to the loss outweighs the data",
        advice="lower the penalty a hundredfold, or use decoupled weight decay",
        judge=penalty,
    ),
    Rule(
        name="balancing",
        title="rare classes are balanced beyond even",
        advice="balance once: by the sampler, or by the loss",
        judge=balancing,
    ),
    Rule(
        name="dropout",
        title="dropout leaves too little",
        advice="lower dropout, or keep it to one or two layers",
        judge=dropout,
    ),
    Rule(
        name="norm",
        title="batch norm evaluates by figures that lag",
        advice="raise batch norm's momentum to 0.1, train longer, or refresh its running figures",
        judge=norm,
    ),
    Rule(
        name="rate_ended",
        title="the rate ended before anything was learnt",
        advice="let the schedule reach its floor with the last epoch",
        judge=rate_ended,
    ),
    Rule(
        name="not_carried_over",
        title="what is learnt does not carry over to validation",
        advice="look for labels mixed up between the parts, or another kind of data in validation",
        judge=not_carried_over,
    ),
    Rule(
        name="units",
        title="units have died",
        advice="lower the learning rate; see what stands above",
        judge=units,
    ),
)
