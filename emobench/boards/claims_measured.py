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
from emobench.boards.evidence import STRONGEST, Evidence, best_of, best_pair, same_code


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One claim on one task: what was measured there, and what to make of it."""

    task: str
    judgement: Judgement
    measured: Measured | None = None
    leaky: bool = False
    synthetic: bool = False


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One claim with its findings; the first one's verdict is the claim's."""

    claim: Claim
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on the task that counts."""
        return self.findings[0].judgement.verdict

    @property
    def verdict_is_synthetic(self) -> bool:
        """Whether no honest task of real recordings gave the verdict, but a generated one."""
        first = self.findings[0]
        return first.synthetic and first.measured is not None


def judge_claims(ledger: Ledger, evidence: Sequence[Evidence]) -> tuple[Judged, ...]:
    """Every claim with what was measured: honest tasks first, of these real recordings first.

    Beyond that the ledger's order holds. Tasks without a run are left out, unless there is none
    with one.
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


def _later(finding: Finding) -> tuple[bool, bool, bool]:
    """Honest before leaky, measured before not, real before generated; then the ledger's order."""
    return (finding.leaky, finding.measured is None, finding.synthetic)


def _on_task(
    claim: Claim, measure: Measure, tasks: tuple[str, str], evidence: Sequence[Evidence]
) -> Finding | None:
    """The finding on one task, None where neither recipe was run on it."""
    task, other = tasks
    if not measure.against:
        alone = best_of(evidence, task=task, recipe=measure.recipe)
        return None if alone is None else _beside(_score(claim, measure, alone), [alone], evidence)
    firsts = [one for one in evidence if (one.task, one.recipe) == (task, measure.recipe)]
    seconds = [one for one in evidence if (one.task, one.recipe) == (other, measure.against)]
    if not firsts and not seconds:
        return None
    if not firsts or not seconds:
        return _unmeasured(task, f"only {(firsts or seconds)[0].recipe} was run")
    pair = best_pair(firsts, seconds)
    if pair is None:
        return _unmeasured(task, "both were run, but never on one version of the task")
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
    told = _with_trouble(judgement, evidence, against)
    if not same_code(evidence, against):
        note = "; ".join([*filter(None, [told.note]), "made by two versions of the code"])
        told = replace(told, note=note)
    return _finding(evidence, measured, told)


def _finding(evidence: Evidence, measured: Measured, judgement: Judgement) -> Finding:
    return Finding(
        task=evidence.task,
        judgement=judgement,
        measured=measured,
        leaky=evidence.leaky,
        synthetic=evidence.synthetic,
    )


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
