"""The leak premium: one recipe on the honest and the leaky protocols of a dataset. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emobench.boards.board import Verdict as Audit
from emobench.boards.claims import Ledger
from emobench.boards.claims_page import promised
from emobench.boards.evidence import Evidence, as_shipped, best_of
from emobench.boards.table import markdown_table
from emobench.boards.text import HEAD, code, escape
from emobench.boards.words import NOTHING, figure, gain_words, title
from emobench.scoring.catalogue import METRICS

if TYPE_CHECKING:
    from emobench.scoring.premium import Premium
    from emobench.scoring.uncertainty import Interval

PREMIUM_PAGE = "leak-premium.md"

COLUMNS = ("Recipe", "Metric", "Task", "Score", "Premium", "A guide claims")

HONEST: tuple[Audit, ...] = ("clean", "warned")

NOTE = (
    "95% intervals. The protocols test other items, so no item is paired: the interval of a "
    "premium is for other people (one in both test sets counts in both at once) and other seeds "
    "(paired by number). From one seed nobody knows what another would change: where either side "
    "has one, the interval leaves that out."
)

ABOUT = """\
The same recipe on splits of one dataset that keep people apart and on splits that leak: what the
leak adds to its score. A guide whose split leaks reports a figure of the leaky kind."""


@dataclass(frozen=True, kw_only=True)
class ProtocolScore:
    """One protocol of a dataset: the recipe's score on it, or why there is none."""

    task: str
    audit: Audit
    score: Interval | None = None
    missing: str = ""
    premium: Premium | None = None

    @property
    def leaky(self) -> bool:
        """Whether the protocol leaks."""
        return self.audit == "leaky"


@dataclass(frozen=True, kw_only=True)
class LeakTable:
    """One recipe on the protocols of a dataset; premiums are against the task `honest`."""

    dataset: str
    recipe: str
    metric: str
    honest: str
    scores: tuple[ProtocolScore, ...]


@dataclass(frozen=True, kw_only=True)
class Protocols:
    """One recipe on honest and leaky protocols of a dataset, the honest ones first."""

    dataset: str
    evidence: tuple[Evidence, ...]

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return self.evidence[0].recipe

    @property
    def metric(self) -> str:
        """The tasks' own metric."""
        return self.evidence[0].metric

    def table(self, metric: str = "") -> LeakTable:
        """The scores and premiums in that metric; without one, in the tasks' own."""
        counted = metric or self.metric
        scored = (one for one in self.evidence if one.audit in HONEST and not one.missing)
        honest = next(scored, self.evidence[0])
        return LeakTable(
            dataset=self.dataset,
            recipe=self.recipe,
            metric=counted,
            honest=honest.task,
            scores=tuple(_score(one, honest, counted) for one in self.evidence),
        )


def protocols_of(evidence: Iterable[Evidence]) -> tuple[Protocols, ...]:
    """Every recipe that was run on an honest and on a leaky protocol of a dataset.

    Tasks with other targets or another metric are other questions.
    """
    groups: dict[tuple[Any, ...], list[Evidence]] = {}
    for one in evidence:
        stamp = one.records[0].task
        dataset = stamp.name.partition("/")[0]
        key = (dataset, one.recipe, one.options, stamp.targets, stamp.metric)
        groups.setdefault(key, []).append(one)
    found = []
    for (dataset, *_), members in groups.items():
        tasks = dict.fromkeys(one.task for one in members)
        best = [best_of(members, task=task, recipe=members[0].recipe) for task in tasks]
        ordered = sorted((one for one in best if one is not None), key=_honest_first)
        if any(one.leaky for one in ordered) and ordered[0].audit in HONEST:
            found.append(Protocols(dataset=dataset, evidence=tuple(ordered)))
    return tuple(found)


def _honest_first(evidence: Evidence) -> int:
    """What ended before its audit stands last."""
    return [*HONEST, "leaky", "not audited"].index(evidence.audit)


def _score(one: Evidence, honest: Evidence, metric: str) -> ProtocolScore:
    if one.missing:
        return ProtocolScore(task=one.task, audit=one.audit, missing=one.missing)
    compared = one.leaky and not honest.missing
    return ProtocolScore(
        task=one.task,
        audit=one.audit,
        score=one.interval(metric),
        missing=one.trouble,
        premium=_premium(one, honest, metric) if compared else None,
    )


def _premium(leaky: Evidence, honest: Evidence, metric: str) -> Premium:
    from emobench.scoring.premium import premium

    return premium(leaky.tallies(metric), honest=honest.tallies(metric), metric=metric)


def score_words(score: ProtocolScore, *, metric: str) -> str:
    """`37.1% [33.0%, 41.2%]`, with what is wrong with the runs."""
    if score.score is None:
        return score.missing
    found = score.score
    ends = f"{figure(found.low, metric=metric)}, {figure(found.high, metric=metric)}"
    told = f" ({score.missing})" if score.missing else ""
    return f"{figure(found.estimate, metric=metric)} [{ends}]{told}"


def premium_words(premium: Premium | None, *, metric: str) -> str:
    """`+14.9 points [+9.8, +20.0]`; in the metric's own units where it is no share."""
    if premium is None:
        return NOTHING
    gain = gain_words((premium.estimate, premium.low, premium.high), metric=metric)
    return f"{gain}, one seed" if premium.seeds == 1 else gain


def premium_page(
    ledger: Ledger,
    evidence: Iterable[Evidence],
    *,
    shipped: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """The page of all premiums in this evidence, with what guides claim of the same recipes."""
    found = protocols_of(as_shipped(evidence, shipped=shipped or {}))
    parts = ["# What leaking is worth", HEAD, ABOUT, NOTE]
    for dataset in dict.fromkeys(one.dataset for one in found):
        rows = [row for one in found if one.dataset == dataset for row in _rows_of(one, ledger)]
        parts += [f"## {escape(dataset)}", markdown_table(COLUMNS, rows, right=COLUMNS[3:])]
    if not found:
        parts.append("No recipe has records on both an honest and a leaky protocol of a dataset.")
    return "\n\n".join(parts) + "\n"


def _rows_of(protocols: Protocols, ledger: Ledger) -> list[list[str]]:
    """In the tasks' own metric, and in those that guides count in."""
    claimed = _claimed(ledger, protocols.recipe)
    metrics = dict.fromkeys((protocols.metric, *claimed))
    return [
        row
        for metric in metrics
        for row in _rows(protocols.table(metric), claimed.get(metric, NOTHING))
    ]


def _rows(table: LeakTable, claimed: str) -> list[list[str]]:
    """One row a protocol; what the rows share is written once."""
    rows = []
    for place, score in enumerate(table.scores):
        shared = [code(table.recipe), escape(title(table.metric))] if place == 0 else ["", ""]
        task = f"{code(score.task)} **leaky**" if score.leaky else code(score.task)
        found = score_words(score, metric=table.metric)
        gain = premium_words(score.premium, metric=table.metric)
        rows.append([*shared, task, escape(found), gain, claimed if place == 0 else ""])
    return rows


def _claimed(ledger: Ledger, recipe: str) -> dict[str, str]:
    """By metric, the totals that guides claim of the recipe."""
    found: dict[str, list[str]] = {}
    for claim in ledger.claims:
        measure = claim.measure
        if measure is None or measure.against or measure.recipe != recipe:
            continue
        if measure.metric in METRICS:
            found.setdefault(measure.metric, []).append(promised(claim))
    return {metric: ", ".join(texts) for metric, texts in found.items()}
