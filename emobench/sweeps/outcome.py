"""What the finale's runs show: scores on test with intervals, and how rosy validation was."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from emobench.api.errors import UsageError
from emobench.runs.record import Record, State
from emobench.scoring.catalogue import METRICS
from emobench.scoring.uncertainty import (
    Difference,
    Interval,
    paired_difference,
    score_interval,
)
from emobench.sweeps.trial import SCORED

if TYPE_CHECKING:
    from emobench.scoring.tally import Tally

NO_PREDICTIONS = "the predictions of its runs cannot be read together; run it with --fresh"
NO_RECORD = "a run has no record; give the same command again"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A recipe of the finale with the records of its runs; None for one that left none.

    `missing` says why there is none.
    """

    name: str
    searched: float | None
    records: tuple[Record | None, ...]
    missing: str = NO_RECORD


@dataclass(frozen=True, kw_only=True)
class Final:
    """How one recipe fared.

    `state` is that of the first run that went wrong, with its reason; `ok` where all is well. A
    recipe with a run that has no score has no figures: a mean over the others would flatter it.
    `searched` is its figure on validation from the search, `validation` the mean of that over the
    fresh seeds, `test` the score on test, and `gain` how much it differs from the recipe as it
    stands, on the same items and seeds (None for that recipe itself).
    """

    name: str
    metric: str
    state: State
    reason: str
    searched: float | None
    validation: float | None
    test: Interval | None
    runs: tuple[str, ...]
    gain: Difference | None = None

    @property
    def optimism(self) -> float | None:
        """How much better the search's figure is than the same over fresh seeds."""
        return self._rosier_than(self.validation)

    @property
    def optimism_against_test(self) -> float | None:
        """How much better the search's figure is than the score on test."""
        return self._rosier_than(self.test.estimate if self.test else None)

    def _rosier_than(self, value: float | None) -> float | None:
        if self.searched is None or value is None:
            return None
        sign = 1 if METRICS[self.metric].higher_is_better else -1
        return sign * (self.searched - value)

    def dump(self) -> dict[str, Any]:
        """Every figure by name, as JSON holds it."""
        gain = self.gain
        limits = {"low": gain.low, "high": gain.high} if gain else {}
        return {
            **asdict(self),
            "runs": list(self.runs),
            "test": _finite(asdict(self.test)) if self.test else None,
            "gain": _finite({**asdict(gain), **limits}) if gain else None,
            "optimism": self.optimism,
            "optimism_against_test": self.optimism_against_test,
        }


@dataclass(frozen=True, kw_only=True)
class Finale:
    """How the winner, the ensemble and the recipe as it stands fared, over the same seeds.

    `no_ensemble` says why there is none. Where nothing beat the recipe as it stands, it is also
    the winner. `state` is `ok` where winner and recipe as it stands have scores, and otherwise
    says what went wrong.
    """

    metric: str
    winner: Final
    as_it_stands: Final
    ensemble: Final | None
    no_ensemble: str = ""

    @property
    def state(self) -> State:
        """Of the two recipes that the finale is about, the first state that has no score."""
        for one in (self.winner, self.as_it_stands):
            if one.test is None:
                return one.state
        return "ok"

    def dump(self) -> dict[str, Any]:
        """Every figure by name, as JSON holds it."""
        return {
            "metric": self.metric,
            "state": self.state,
            "winner": self.winner.dump(),
            "as_it_stands": self.as_it_stands.dump(),
            "ensemble": self.ensemble.dump() if self.ensemble else None,
            "no_ensemble": self.no_ensemble,
        }


def judge_all(
    *,
    winner: Standing,
    as_it_stands: Standing,
    ensemble: Standing | None,
    no_ensemble: str,
    metric: str,
    runs: Path,
) -> Finale:
    """The finale from its runs' records."""
    reader = _Reader(metric=metric, runs=runs)
    base = reader.tallies(as_it_stands)

    def against_it(standing: Standing) -> Final:
        ours = reader.tallies(standing)
        return replace(reader.final(standing, ours), gain=_difference(ours, base, metric))

    is_itself = winner == as_it_stands
    return Finale(
        metric=metric,
        winner=reader.final(winner, base) if is_itself else against_it(winner),
        as_it_stands=reader.final(as_it_stands, base),
        ensemble=against_it(ensemble) if ensemble else None,
        no_ensemble=no_ensemble,
    )


@dataclass(frozen=True, kw_only=True)
class _Reader:
    metric: str
    runs: Path

    def final(self, standing: Standing, tallies: Sequence[Tally]) -> Final:
        """Figures where every run has a score, and what went wrong where one has none."""
        state, reason = _state(standing.records, missing=standing.missing)
        if state in SCORED and not tallies:
            state, reason = "failed", NO_PREDICTIONS
        scored = state in SCORED
        return Final(
            name=standing.name,
            metric=self.metric,
            state=state,
            reason=reason,
            searched=standing.searched,
            validation=self._validation(standing) if scored else None,
            test=_interval(tallies, self.metric) if scored else None,
            runs=tuple(record.id for record in standing.records if record),
        )

    def _validation(self, standing: Standing) -> float | None:
        """The mean over the seeds."""
        records = [record for record in standing.records if record is not None]
        firsts = [next(iter(record.scores.values())).validation for record in records]
        figures = [first.get(self.metric) for first in firsts]
        known = [figure for figure in figures if figure is not None]
        return fmean(known) if known and len(known) == len(figures) else None

    def tallies(self, standing: Standing) -> list[Tally]:
        """One tally a seed; empty where a run has no predictions."""
        from emobench.runs.publishing import local_predictions
        from emobench.runs.store import RunStore
        from emobench.scoring.tally import tally

        store, found = RunStore(self.runs), []
        for record in standing.records:
            if record is None or record.state not in SCORED:
                return []
            predictions = local_predictions(record, folder=store.run_dir(record.id))
            if predictions is None:
                return []
            first = predictions.targets[0]
            found.append(
                tally(
                    first.target,
                    seed=record.seed,
                    items=predictions.items,
                    groups=predictions.groups or None,
                    probabilities=first.probabilities,
                    truth=first.truth,
                )
            )
        return found


def _finite(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures, without what JSON cannot hold: an interval of one group has no ends."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in figures.items()
    }


def _state(records: Sequence[Record | None], *, missing: str) -> tuple[State, str]:
    """The first state that has no score, else the first collapse, else `ok`."""
    if not records or None in records:
        return "failed", missing
    known = [record for record in records if record is not None and record.state != "ok"]
    known.sort(key=lambda record: record.state in SCORED)
    if not known:
        return "ok", ""
    return known[0].state, f"{known[0].reason} (run {known[0].id})"


def _interval(tallies: Sequence[Tally], metric: str) -> Interval | None:
    """None where there are no tallies, or where seeds were not scored on the same items."""
    try:
        return score_interval(tallies, metric=metric)
    except UsageError:
        return None


def _difference(ours: Sequence[Tally], base: Sequence[Tally], metric: str) -> Difference | None:
    try:
        return paired_difference(ours, against=base, metric=metric)
    except UsageError:
        return None
