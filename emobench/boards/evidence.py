"""Published runs put together: one method on one task, and how sure its figures are.

What claims, ablations and leak premiums stand on. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from emobench.api import Target, UsageError
from emobench.boards.board import Verdict as Audit
from emobench.boards.contest import Contest, by_contest, follows, recipe_hash
from emobench.boards.methods import age, by_method
from emobench.boards.words import count
from emobench.boards.words import tally as tally_words
from emobench.runs.record import Record, State

if TYPE_CHECKING:
    from emobench.boards.pooled import SeedTallies
    from emobench.runs.published import Predictions, Published
    from emobench.scoring.tally import Tally
    from emobench.scoring.uncertainty import Difference, Interval

STRONGEST = "strongest"
"""The highest probability that an item is given, the mean over items: no score, and no truth."""

SYNTHETIC = "Synthetic data"
"""What the note of generated data says."""

FAULTS: frozenset[State] = frozenset({"diverged", "failed", "out_of_memory", "timed_out"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """One method on one contest: a run for each seed and fold, sorted by them.

    `folds` are those that some seed has predictions of, `seeds` those that have predictions of
    every one of them; `counted` and `strongest` hold a tally for each. `twisted` says why the
    predictions make no whole, such as folds that share an item.
    """

    contest: Contest
    method: str
    records: tuple[Record, ...]
    audit: Audit
    folds: frozenset[int] = frozenset()
    seeds: tuple[int, ...] = ()
    counted: tuple[Tally, ...] = field(default=(), repr=False)
    strongest: tuple[Tally, ...] = field(default=(), repr=False)
    twisted: str = ""

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return self.records[0].recipe_name

    @property
    def options(self) -> str:
        """A short hash of what the recipe does, whatever code did it."""
        return recipe_hash(self.records[0].recipe)

    @property
    def task(self) -> str:
        """The task's name."""
        return self.records[0].task.name

    @property
    def metric(self) -> str:
        """The task's own metric."""
        return self.records[0].task.metric

    @property
    def leaky(self) -> bool:
        """Whether its split leaks."""
        return self.audit == "leaky"

    @property
    def synthetic(self) -> bool:
        """Whether its data were generated, and say nothing about people."""
        return any(SYNTHETIC in record.data.note for record in self.records if record.data)

    @property
    def collapsed(self) -> bool:
        """Whether any run collapsed: a mean over the others would flatter the method."""
        return any(record.state == "collapsed" for record in self.records)

    @property
    def trouble(self) -> str:
        """The runs that did not end well, in words; empty where all did."""
        states = Counter(record.state for record in self.records if record.state != "ok")
        if not states:
            return ""
        runs = count(len(self.records), "run")
        return f"{tally_words(dict(sorted(states.items())))} of {runs}"

    @property
    def unscored(self) -> str:
        """Why these runs have no score, in words; empty where they have one.

        A mean over the seeds that survived would flatter the method.
        """
        if any(record.state in FAULTS for record in self.records):
            return self.trouble
        if not self.seeds:
            return self.trouble or "its runs hold no predictions"
        return self.twisted

    @property
    def missing(self) -> str:
        """Why these runs make no figure of the whole task, in words; empty where they do."""
        folds = self.records[0].task.folds
        partly = f"{len(self.folds)} of {folds} folds" if len(self.folds) < folds else ""
        return self.unscored or partly

    def tallies(self, metric: str) -> tuple[Tally, ...]:
        """A tally a seed, all folds pooled, that the metric can be counted from."""
        return self.strongest if metric == STRONGEST else self.counted

    def interval(self, metric: str) -> Interval:
        """The metric with its 95% interval over groups and seeds."""
        from emobench.scoring.uncertainty import score_interval

        return score_interval(self.tallies(metric), metric=_counted(metric))

    def difference(self, against: Evidence, *, metric: str) -> Difference:
        """How much more of the metric this method has than the other, on the same items."""
        from emobench.scoring.uncertainty import paired_difference

        ours, theirs = self.tallies(metric), against.tallies(metric)
        return paired_difference(ours, against=theirs, metric=_counted(metric))


def gather(
    published: Iterable[Published], *, tallies: SeedTallies | None = None
) -> tuple[Evidence, ...]:
    """Every method on every contest, sorted; `tallies` holds what others have summed up."""
    from emobench.boards.pooled import SeedTallies

    kept = tallies or SeedTallies()
    told = list(published)
    # By identity: runs of two folders may have one id.
    answers = {id(one.record): one.predictions for one in told if one.predictions is not None}
    found = []
    for contest, records in by_contest([one.record for one in told]).items():
        for method in by_method(records):
            bare = Evidence(
                contest=contest, method=method.hash, records=method.runs, audit=method.audit
            )
            answered = [(run, answers[id(run)]) for run in method.runs if id(run) in answers]
            found.append(_with_answers(bare, answered, kept))
    return in_order(found)


def in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """By task and recipe, and the best measured of a recipe last."""
    return tuple(sorted(evidence, key=lambda one: (one.task, one.recipe, _worth(one))))


def as_shipped(
    evidence: Iterable[Evidence], *, shipped: Mapping[str, Mapping[str, Any]]
) -> tuple[Evidence, ...]:
    """Without runs that have the name of a shipped recipe and other options than it."""
    return tuple(
        one
        for one in evidence
        if one.recipe not in shipped or follows(one.records[0].recipe, shipped=shipped[one.recipe])
    )


def best_of(
    evidence: Sequence[Evidence], *, task: str, recipe: str, beside: Evidence | None = None
) -> Evidence | None:
    """The evidence of that recipe on that task with the most seeds, the newest where alike.

    With `beside`, only what was scored in the same contest.
    """
    found = [
        one
        for one in evidence
        if (one.task, one.recipe) == (task, recipe)
        and (beside is None or one.contest == beside.contest)
    ]
    return max(found, key=_worth, default=None)


def best_pair(
    firsts: Iterable[Evidence], seconds: Iterable[Evidence]
) -> tuple[Evidence, Evidence] | None:
    """Of two recipes' evidence, what compares best; None where nothing does.

    On one task both must be of one contest; on two, of one version, target and metric. Then whole
    evidence comes first, then that of one version of the code, then more common seeds.
    """
    others = list(seconds)
    pairs = [(one, two) for one in firsts for two in others if _comparable(one, two)]
    return max(pairs, key=_worth_of_pair, default=None)


def same_code(one: Evidence, two: Evidence) -> bool:
    """Whether what both recipes have in common was done by the same versions of the code."""
    ours, theirs = one.records[0].provenance, two.records[0].provenance
    if ours is None or theirs is None:
        return ours is theirs
    common = ours.components.keys() & theirs.components.keys()
    alike = all(ours.components[name] == theirs.components[name] for name in common)
    return alike and ours.emobench == theirs.emobench


def _comparable(one: Evidence, two: Evidence) -> bool:
    if one.task == two.task:
        return one.contest == two.contest
    ours, theirs = one.records[0].task, two.records[0].task
    return (ours.version, ours.targets, ours.metric) == (
        theirs.version,
        theirs.targets,
        theirs.metric,
    )


def _worth_of_pair(pair: tuple[Evidence, Evidence]) -> tuple[Any, ...]:
    one, two = pair
    shared = len(set(one.seeds) & set(two.seeds))
    whole = not one.missing and not two.missing
    return (whole, same_code(one, two), shared, _worth(one), _worth(two))


def _worth(evidence: Evidence) -> tuple[bool, int, tuple[str, str], str]:
    newest = max(age(record) for record in evidence.records)
    return (not evidence.missing, len(evidence.seeds), newest, evidence.method)


def _counted(metric: str) -> str:
    """The catalogue's metric that gives it: a mean over items is the error against nought."""
    return "mae" if metric == STRONGEST else metric


def _with_answers(
    bare: Evidence, answered: Sequence[tuple[Record, Predictions]], kept: SeedTallies
) -> Evidence:
    """The evidence with what comes of its runs' predictions."""
    from emobench.scoring.uncertainty import check_same_items

    folds = frozenset(record.task.fold for record, _ in answered)
    by_seed: dict[int, list[Predictions]] = {}
    for record, predictions in answered:
        by_seed.setdefault(record.seed, []).append(predictions)
    whole = {seed: parts for seed, parts in by_seed.items() if len(parts) == len(folds)}
    told = replace(bare, folds=folds, seeds=tuple(whole))
    try:
        counted = tuple(kept.of(seed, parts=parts) for seed, parts in whole.items())
        for other in counted[1:]:
            check_same_items(counted[0], other)
    except (UsageError, ValueError) as error:
        return replace(told, twisted=str(error))
    strongest = tuple(_strongest_tally(seed, parts) for seed, parts in whole.items())
    return replace(told, counted=counted, strongest=strongest)


def _strongest_tally(seed: int, parts: Sequence[Predictions]) -> Tally:
    import numpy as np

    from emobench.scoring.tally import tally

    answers = [one.targets[0].probabilities for one in parts]
    strongest = np.concatenate([one.reshape(len(one), -1).max(axis=1) for one in answers])
    return tally(
        Target(name=STRONGEST, kind="number"),
        seed=seed,
        items=[item for one in parts for item in one.items],
        groups=[group for one in parts for group in one.groups] or None,
        probabilities=strongest,
        truth=np.zeros(len(strongest)),
    )
