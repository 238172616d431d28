"""Published runs put together: one method on one task, and how sure its figures are.

What claims, ablations and leak premiums stand on. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from emobench.api import Target, UsageError
from emobench.boards.board import Verdict as Audit
from emobench.boards.contest import Contest, by_contest, follows, method_hash, recipe_hash
from emobench.boards.words import count
from emobench.boards.words import tally as tally_words
from emobench.runs.record import Record, State

if TYPE_CHECKING:
    from emobench.runs.published import Published
    from emobench.scoring.tally import Tally
    from emobench.scoring.uncertainty import Difference, Interval

STRONGEST = "strongest"
"""The highest probability that an item is given, the mean over items: no score, and no truth."""

FAULTS: frozenset[State] = frozenset({"diverged", "failed", "out_of_memory", "timed_out"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """One method on one contest: a run for each seed and fold, sorted by them."""

    contest: Contest
    method: str
    runs: tuple[Published, ...]

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return self.runs[0].record.recipe_name

    @property
    def options(self) -> str:
        """A short hash of what the recipe does, whatever code did it."""
        return recipe_hash(self.runs[0].record.recipe)

    @property
    def task(self) -> str:
        """The task's name."""
        return self.runs[0].record.task.name

    @property
    def metric(self) -> str:
        """The task's own metric."""
        return self.runs[0].record.task.metric

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of its runs."""
        return tuple(run.record for run in self.runs)

    @property
    def audit(self) -> Audit:
        """The worst verdict of the leak audit."""
        found = {record.audit.verdict for record in self.records if record.data is not None}
        order: tuple[Audit, ...] = ("leaky", "warned", "clean")
        return next((verdict for verdict in order if verdict in found), "not audited")

    @property
    def leaky(self) -> bool:
        """Whether its split leaks."""
        return self.audit == "leaky"

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
        return self._twisted

    @cached_property
    def _twisted(self) -> str:
        """Why the predictions make no whole, such as folds that share an item; empty if they do."""
        from emobench.scoring.uncertainty import check_same_items

        try:
            first, *others = self.tallies(self.metric)
            for other in others:
                check_same_items(first, other)
        except (UsageError, ValueError) as error:
            return str(error)
        return ""

    @property
    def missing(self) -> str:
        """Why these runs make no figure of the whole task, in words; empty where they do."""
        folds = self.records[0].task.folds
        partly = f"{len(self.folds)} of {folds} folds" if len(self.folds) < folds else ""
        return self.unscored or partly

    @cached_property
    def folds(self) -> frozenset[int]:
        """The folds that some seed has predictions of."""
        return frozenset(run.record.task.fold for run in self.runs if run.predictions is not None)

    @cached_property
    def seeds(self) -> Mapping[int, tuple[Published, ...]]:
        """The seeds that have predictions of every one of these folds, and their runs."""
        found: dict[int, list[Published]] = {}
        for run in self.runs:
            if run.predictions is not None:
                found.setdefault(run.record.seed, []).append(run)
        return {seed: tuple(runs) for seed, runs in found.items() if len(runs) == len(self.folds)}

    def tallies(self, metric: str) -> tuple[Tally, ...]:
        """A tally a seed, all folds pooled, that the metric can be counted from."""
        if metric not in self._tallies:
            make = _strongest_tally if metric == STRONGEST else _tally
            self._tallies[metric] = tuple(make(seed, runs) for seed, runs in self.seeds.items())
        return self._tallies[metric]

    @cached_property
    def _tallies(self) -> dict[str, tuple[Tally, ...]]:
        return {}

    def interval(self, metric: str) -> Interval:
        """The metric with its 95% interval over groups and seeds."""
        from emobench.scoring.uncertainty import score_interval

        return score_interval(self.tallies(metric), metric=_counted(metric))

    def difference(self, against: Evidence, *, metric: str) -> Difference:
        """How much more of the metric this method has than the other, on the same items."""
        from emobench.scoring.uncertainty import paired_difference

        ours, theirs = self.tallies(metric), against.tallies(metric)
        return paired_difference(ours, against=theirs, metric=_counted(metric))


def gather(published: Iterable[Published]) -> tuple[Evidence, ...]:
    """Every method on every contest, sorted; of one seed and fold the newest run counts.

    Neither an interrupted run nor one that never saw its data replaces another.
    """
    by_record = {id(one.record): one for one in published}
    records = [one.record for one in by_record.values()]
    found = []
    for contest, of_contest in by_contest(records).items():
        methods: dict[tuple[str, str], dict[tuple[int, int], Record]] = {}
        for record in sorted(of_contest, key=_age):
            runs = methods.setdefault((record.recipe_name, method_hash(record)), {})
            place = (record.seed, record.task.fold)
            tells = record.state != "interrupted" and record.data is not None
            if tells or place not in runs:
                runs[place] = record
        found += [
            Evidence(
                contest=contest,
                method=method,
                runs=tuple(by_record[id(runs[place])] for place in sorted(runs)),
            )
            for (_, method), runs in methods.items()
        ]
    return tuple(sorted(found, key=lambda one: (one.task, one.recipe, _worth(one))))


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


def _worth(evidence: Evidence) -> tuple[bool, int, tuple[str, str], str]:
    newest = max(_age(record) for record in evidence.records)
    return (not evidence.missing, len(evidence.seeds), newest, evidence.method)


def _age(record: Record) -> tuple[str, str]:
    return (record.attempts[-1].started if record.attempts else "", record.id)


def _counted(metric: str) -> str:
    """The catalogue's metric that gives it: a mean over items is the error against nought."""
    return "mae" if metric == STRONGEST else metric


def _tally(seed: int, runs: Sequence[Published]) -> Tally:
    from emobench.boards.pooled import seed_tally

    return seed_tally(seed, [run.predictions for run in runs if run.predictions is not None])


def _strongest_tally(seed: int, runs: Sequence[Published]) -> Tally:
    import numpy as np

    from emobench.scoring.tally import tally

    held = [run.predictions for run in runs if run.predictions is not None]
    strongest = np.concatenate([one.targets[0].probabilities.max(axis=1) for one in held])
    return tally(
        Target(name=STRONGEST, kind="number"),
        seed=seed,
        items=[item for one in held for item in one.items],
        groups=[group for one in held for group in one.groups] or None,
        probabilities=strongest,
        truth=np.zeros(len(strongest)),
    )
