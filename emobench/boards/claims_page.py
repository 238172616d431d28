"""The page of the claims ledger: claimed, measured, task, verdict. Decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from emobench.boards.claims import RULES, Claim, Guide, Judgement, Ledger, Measured, Verdict
from emobench.boards.claims_measured import Finding, Judged, judge_claims
from emobench.boards.evidence import Evidence, as_shipped
from emobench.boards.table import markdown_table
from emobench.boards.text import HEAD, code, escape
from emobench.boards.words import NOTHING, count

CLAIMS_FILE = "claims.yaml"
CLAIMS_PAGE = "claims.md"
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

ABOUT = f"""\
What five guides on emotion recognition promise, and beside it what we measured. The claims are in
[{CLAIMS_FILE}]({CLAIMS_FILE}), with the lines where each stands; the measured figures come from the
published records, on splits that keep people apart wherever there is one."""

HOW = """\
By the mean over seeds and its 95% interval. That is for other people in the test set and other
seeds; of two recipes for the same people and the same seeds (paired). Each claim is judged by
itself: of forty intervals one or two miss by chance."""

BESIDE_THE_RULES = """\
A promise reaches from its lower end: of "85 to 90%", 85 counts. *Firm* is a confirmed promise
that the whole interval keeps. Where the promise is that a recipe fails, it is confirmed when the
mean is no higher than the figure or the interval reaches down to always answering one class,
collapsed when some runs did so and the mean is better, and absent otherwise. "Better" without a
figure is a gain above 0. A gain that is absent may still be there: then the interval says how large
at most.

The first task of a claim gives its verdict: an honest one where one was run, of real recordings.
Below it stand the other tasks. A **leaky** task has the same people in training and test, or labels
computed from the inputs: what it confirms is the leak. A **synthetic** task is a test bench whose
recordings were generated: it compares methods and says nothing about people. Where it alone gives
the verdict, the verdict says so."""


def claims_page(
    ledger: Ledger,
    evidence: Iterable[Evidence],
    *,
    shipped: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """The page of all claims, judged by this evidence.

    `shipped` holds what the shipped recipes resolve to: a run by the name of one that had other
    options says nothing of a guide's recipe.
    """
    own = as_shipped(evidence, shipped=shipped or {})
    return render_claims(ledger, judge_claims(ledger, own))


def render_claims(ledger: Ledger, judged: Sequence[Judged]) -> str:
    """The page of claims that are judged already."""
    parts = ["# Claims and what was measured", HEAD, ABOUT, "## How a claim is judged", HOW]
    parts += [RULES.rstrip(), BESIDE_THE_RULES, "## How they fared", _totals(ledger, judged)]
    for name, guide in _by_interest(ledger, judged):
        of_guide = [one for one in judged if one.claim.guide == name]
        parts += [f"## {_title(name, guide)}", _table(of_guide)]
    if ledger.not_promises:
        parts += ["## Figures that promise nothing", _not_promises(ledger)]
    return "\n\n".join(parts) + "\n"


def _by_interest(ledger: Ledger, judged: Sequence[Judged]) -> list[tuple[str, Guide]]:
    """The guides of which most is measured first."""

    def unmeasured(name: str) -> int:
        return sum(
            one.verdict == "not yet measured" for one in judged if one.claim.guide == name
        ) - sum(one.claim.guide == name for one in judged)

    return sorted(ledger.guides.items(), key=lambda entry: (unmeasured(entry[0]), entry[0]))


def _title(name: str, guide: Guide) -> str:
    modality = guide.modality[:1].upper() + guide.modality[1:]
    return f"{escape(modality)}: {escape(guide.about)} (guide {escape(name)})"


def _totals(ledger: Ledger, judged: Sequence[Judged]) -> str:
    head = ["Guide", "Claims", *(verdict.capitalize() for verdict in VERDICTS)]
    rows = []
    for name, guide in _by_interest(ledger, judged):
        found = Counter(one.verdict for one in judged if one.claim.guide == name)
        title = f"{escape(guide.modality)} ({escape(name)})"
        rows.append([title, str(found.total()), *(str(found[verdict]) for verdict in VERDICTS)])
    whole = Counter(one.verdict for one in judged)
    rows.append(["all", str(whole.total()), *(str(whole[verdict]) for verdict in VERDICTS)])
    return markdown_table(head, rows, right=head[1:])


def _table(judged: Sequence[Judged]) -> str:
    rows = []
    for one in judged:
        for place, finding in enumerate(one.findings):
            first = place == 0
            rows.append(
                [
                    _claimed(one.claim) if first else "",
                    promised(one.claim) if first else "",
                    _figure(finding.measured, one.claim),
                    _task(finding),
                    _verdict(finding.judgement, one, strong=first),
                ]
            )
    return markdown_table(["Claim", "Claimed", "Measured", "Task", "Verdict"], rows)


def _claimed(claim: Claim) -> str:
    lines = ", ".join(map(str, claim.lines))
    where = f"{'line' if len(claim.lines) == 1 else 'lines'} {lines}"
    measure = claim.measure
    how = ""
    if measure is not None:
        how = f"; {code(measure.recipe)}"
        how += f" against {code(measure.against)}" if measure.against else ""
        how += f", {escape(measure.metric)}"
    return f"{escape(claim.says)} ({where}{how})"


def promised(claim: Claim) -> str:
    """The promise in words: `80.21%`, `+2 to 5 points`, `85% or more`."""
    promise, gain = claim.promise, claim.unit == "points"
    if promise.above is not None:
        return "better" if promise.above == 0 else f"above {promise.above:g}{_unit(claim)}"
    ends = [f"{end:g}" for end in promise.figures]
    sign = "+" if gain else ""
    if promise.least is None:
        return f"at most {sign}{ends[0]}{_unit(claim)}"
    more = " or more" if promise.most is None else ""
    return f"{sign}{' to '.join(ends)}{_unit(claim)}{more}"


def _unit(claim: Claim) -> str:
    return {"%": "%", "points": " points", "F1": "", "probability": ""}[claim.unit]


def _figure(measured: Measured | None, claim: Claim) -> str:
    """The mean and its interval, with a sign where it is a gain."""
    if measured is None:
        return NOTHING
    gain = claim.measure is not None and bool(claim.measure.against)
    digits = 1 if claim.scale == 100 else 3

    def shown(value: float) -> str:
        return f"{value:{'+' if gain else ''}.{digits}f}"

    unit = _unit(claim)
    inside = f"{shown(measured.low)}, {shown(measured.high)}"
    return f"{shown(measured.estimate)}{unit} [{inside}], {count(measured.seeds, 'seed')}"


def _task(finding: Finding) -> str:
    if not finding.task:
        return NOTHING
    marks = " **leaky**" * finding.leaky + " **synthetic**" * finding.synthetic
    return code(finding.task) + marks


def _verdict(judgement: Judgement, judged: Judged, *, strong: bool) -> str:
    """The verdict with its note; the one that counts is bold, and says if none is of people."""
    verdict = f"**{judgement.verdict}**" if strong else judgement.verdict
    verdict += " **on synthetic data alone**" * (strong and judged.verdict_is_synthetic)
    return f"{verdict}: {escape(judgement.note)}" if judgement.note else verdict


def _not_promises(ledger: Ledger) -> str:
    rows = [
        [escape(one.guide), str(one.line), escape(one.figure), escape(one.why)]
        for one in ledger.not_promises
    ]
    return markdown_table(["Guide", "Line", "Figure", "Why it is no claim"], rows)
