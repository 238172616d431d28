"""What the records say of each claim, task by task. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from emobench.api import UsageError
from emobench.boards.claims import (
    Claim,
    Judgement,
    Ledger,
    Measure,
    Measured,
    Verdict,
    judge_gain,
    judge_score,
)
from emobench.boards.constant import constant_predictor
from emobench.boards.evidence import STRONGEST, Evidence, best_of


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One claim on one task: what was measured there, and what to make of it."""

    task: str
    judgement: Judgement
    measured: Measured | None = None
    leaky: bool = False


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One claim with its findings; the first one's verdict is the claim's."""

    claim: Claim
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on the task that counts."""
        return self.findings[0].judgement.verdict


def judge_claims(ledger: Ledger, evidence: Sequence[Evidence]) -> tuple[Judged, ...]:
    """Every claim with what was measured: honest tasks first, in the ledger's order.

    Tasks without a run are left out, unless there is none with one.
    """
    return tuple(
        Judged(claim=claim, findings=_of(claim, ledger, evidence)) for claim in ledger.claims
    )


def _of(claim: Claim, ledger: Ledger, evidence: Sequence[Evidence]) -> tuple[Finding, ...]:
    measure = claim.measure
    if measure is None:
        return (_unmeasured("", f"needs {claim.lacks}"),)
    tasks = ledger.tasks[measure.tasks]
    others = measure.against_tasks or tasks
    found = [
        finding
        for task, other in zip(tasks, others, strict=True)
        if (finding := _on_task(claim, measure, (task, other), evidence)) is not None
    ]
    if not found:
        return (_unmeasured(tasks[0], "no runs of it yet"),)
    return tuple(sorted(found, key=_later))


def _later(finding: Finding) -> tuple[bool, bool]:
    """Honest before leaky, measured before not; the ledger's order decides the rest."""
    return (finding.leaky, finding.measured is None)


def _on_task(
    claim: Claim, measure: Measure, tasks: tuple[str, str], evidence: Sequence[Evidence]
) -> Finding | None:
    """The finding on one task, None where neither recipe was run on it."""
    task, other = tasks
    if not measure.against:
        alone = best_of(evidence, task=task, recipe=measure.recipe)
        return None if alone is None else _beside(_score(claim, measure, alone), [alone], evidence)
    pair = _pair(measure, task, other, evidence)
    if pair is None:
        run = [
            recipe
            for recipe, on in ((measure.recipe, task), (measure.against, other))
            if best_of(evidence, task=on, recipe=recipe) is not None
        ]
        return _unmeasured(task, f"only {run[0]} was run") if len(run) == 1 else None
    return _beside(_gain(claim, measure, *pair), pair, evidence)


def _beside(finding: Finding, used: Sequence[Evidence], evidence: Sequence[Evidence]) -> Finding:
    """The finding with the runs that ended badly of other versions: choosing would hide them."""
    told = [
        f"another version of {one.recipe}: {one.trouble}"
        for one in evidence
        if any((one.task, one.recipe) == (each.task, each.recipe) for each in used)
        and one not in used
        and one.trouble
    ]
    note = "; ".join([*filter(None, [finding.judgement.note]), *told])
    return replace(finding, judgement=replace(finding.judgement, note=note))


def _pair(
    measure: Measure, task: str, other: str, evidence: Sequence[Evidence]
) -> tuple[Evidence, Evidence] | None:
    """Both recipes in one contest, the best measured one; on two tasks, the best of each."""
    if task != other:
        first = best_of(evidence, task=task, recipe=measure.recipe)
        second = best_of(evidence, task=other, recipe=measure.against)
        return None if first is None or second is None else (first, second)
    pairs = []
    for contest in dict.fromkeys(one.contest for one in evidence if one.task == task):
        within = [one for one in evidence if one.contest == contest]
        first = best_of(within, task=task, recipe=measure.recipe)
        second = best_of(within, task=task, recipe=measure.against)
        if first is not None and second is not None:
            pairs.append((first, second))
    return max(pairs, key=lambda pair: min(len(one.seeds) for one in pair), default=None)


def _score(claim: Claim, measure: Measure, evidence: Evidence) -> Finding:
    if evidence.missing:
        return _unmeasured(evidence.task, evidence.missing, leaky=evidence.leaky)
    interval = evidence.interval(measure.metric)
    measured = Measured(
        estimate=claim.scale * interval.estimate,
        low=claim.scale * interval.low,
        high=claim.scale * interval.high,
        seeds=interval.seeds,
    )
    judgement = judge_score(
        claim.promise,
        measured,
        constant=_constant(evidence, measure.metric, claim.scale),
        collapsed=evidence.collapsed,
    )
    return _finding(evidence, measured, _with_trouble(judgement, evidence))


def _gain(claim: Claim, measure: Measure, evidence: Evidence, against: Evidence) -> Finding:
    for one in (evidence, against):
        if one.missing:
            return _unmeasured(evidence.task, f"{one.recipe}: {one.missing}", leaky=evidence.leaky)
    try:
        difference = evidence.difference(against, metric=measure.metric)
    except UsageError as error:
        return _unmeasured(evidence.task, str(error), leaky=evidence.leaky)
    measured = Measured(
        estimate=claim.scale * difference.estimate,
        low=claim.scale * difference.low,
        high=claim.scale * difference.high,
        seeds=difference.seeds,
    )
    judgement = judge_gain(claim.promise, measured, collapsed=evidence.collapsed)
    return _finding(evidence, measured, _with_trouble(judgement, evidence, against))


def _finding(evidence: Evidence, measured: Measured, judgement: Judgement) -> Finding:
    return Finding(task=evidence.task, judgement=judgement, measured=measured, leaky=evidence.leaky)


def _unmeasured(task: str, why: str, *, leaky: bool = False) -> Finding:
    judgement = Judgement(verdict="not yet measured", note=why)
    return Finding(task=task, judgement=judgement, leaky=leaky)


def _with_trouble(judgement: Judgement, *evidence: Evidence) -> Judgement:
    """The judgement with the runs that did not end well, recipe by recipe."""
    told = [
        f"{one.recipe}: {one.trouble}" if len(evidence) > 1 else one.trouble
        for one in evidence
        if one.trouble
    ]
    note = "; ".join([*filter(None, [judgement.note]), *told])
    return Judgement(verdict=judgement.verdict, note=note)


def _constant(evidence: Evidence, metric: str, scale: int) -> float | None:
    """What always answering the most frequent class scores, where that says something."""
    if metric == STRONGEST:
        return None
    share = constant_predictor(evidence.records, metric=metric).score
    return None if share is None else scale * share
