"""A row's figures from its predictions: the folds of a seed together, every test item once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from emobench.api import UsageError
from emobench.boards.board import Row, Standing
from emobench.runs.record import Record
from emobench.scoring.catalogue import METRICS
from emobench.scoring.tally import tally
from emobench.scoring.tiers import separate
from emobench.scoring.uncertainty import score_interval

if TYPE_CHECKING:
    from emobench.runs.published import Predictions
    from emobench.scoring.tally import Tally

MARK = 0.8
SEEDS_TO_BE_FIRM = 2
"""From one seed nobody knows what another would change, and the interval does not say it."""

Known = Mapping[str, "Predictions"]
"""Test predictions by run id."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """A row's predictions, one tally a seed, over the folds that it has."""

    tallies: tuple[Tally, ...]

    @property
    def asked(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What was asked of the row: equal for rows that were scored on the same items."""
        first = self.tallies[0]
        return first.groups, first.marks

    def seed_scores(self, metric: str) -> dict[int, float]:
        """The pooled figure of each seed."""
        return {each.seed: each.score(metric) for each in self.tallies}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A board's rows with their tiers, and what its test set is able to tell apart."""

    rows: tuple[Row, ...]
    detectable: float | None
    groups: int
    items: int


class SeedTallies:
    """Tallies of seeds, each made of the folds' predictions once, whoever asks for it."""

    def __init__(self) -> None:
        # Predictions are told apart by their identity: what is read once is one object.
        self._made: dict[tuple[Predictions, ...], Tally] = {}

    def of(self, seed: int, *, parts: Sequence[Predictions]) -> Tally:
        """The tally of one seed's folds together, of their first target."""
        key = tuple(parts)
        if key not in self._made:
            self._made[key] = seed_tally(seed, key)
        return self._made[key]


def pool(runs: Sequence[Record], *, known: Known, tallies: SeedTallies) -> Pool | None:
    """The predictions of a row's scored runs; None where one of them is missing or twists it."""
    by_seed: dict[int, list[Predictions]] = {}
    for record in runs:
        if record.id not in known:
            return None
        by_seed.setdefault(record.seed, []).append(known[record.id])
    if not by_seed:
        return None
    try:
        made = [tallies.of(seed, parts=parts) for seed, parts in by_seed.items()]
    except ValueError:
        # Such as folds that share an item: their mean is all that can be said.
        return None
    return Pool(tallies=tuple(made))


def interval_of(pooled: Pool | None, *, metric: str) -> tuple[float, float] | None:
    """The 95% interval over groups and seeds.

    None where the seeds have not the same items, or where it has no ends: an error of one group.
    """
    if pooled is None or metric not in METRICS:
        return None
    try:
        found = score_interval(pooled.tallies, metric=metric)
    except UsageError:
        return None
    limits = found.low, found.high
    return limits if all(map(math.isfinite, limits)) else None


def is_firm(row: Row) -> bool:
    """Whether the whole interval of a row that reaches 80% lies there."""
    enough = len(row.seed_scores) >= SEEDS_TO_BE_FIRM
    honest = row.standing is Standing.HONEST
    return honest and row.reaches_80 and enough and (row.interval or (0.0, 0.0))[0] >= MARK


def compare(rows: Sequence[Row], *, pools: Mapping[int, Pool], metric: str) -> Compared:
    """Give the honest rows their tiers; `pools` is by the rows' positions.

    Rows that were scored on other items than most, and those without predictions, have none.
    """
    asked = Counter(one.asked for one in pools.values())
    if not asked or metric not in METRICS:
        return Compared(rows=tuple(rows), detectable=None, groups=0, items=0)
    honest = [place for place in pools if rows[place].standing is Standing.HONEST]
    usual = Counter(pools[place].asked for place in honest) or asked
    most = max(usual.values())
    questions = next(one for one in usual if usual[one] == most)
    alike = [place for place in honest if pools[place].asked == questions and rows[place].interval]
    separation = separate([pools[place].tallies for place in alike], metric=metric)
    tiers = dict(zip(alike, separation.tiers, strict=True))
    some = next(one for one in pools.values() if one.asked == questions).tallies[0]
    return Compared(
        rows=tuple(replace(row, tier=tiers.get(place)) for place, row in enumerate(rows)),
        detectable=separation.detectable,
        groups=0 if some.by_items else len(some.groups),
        items=some.items,
    )


def seed_tally(seed: int, parts: Sequence[Predictions]) -> Tally:
    """The tally of one seed's folds together, of their first target."""
    first = [part.targets[0] for part in parts]
    return tally(
        first[0].target,
        seed=seed,
        items=tuple(chain.from_iterable(part.items for part in parts)),
        groups=tuple(chain.from_iterable(part.groups for part in parts)) or None,
        probabilities=np.concatenate([one.probabilities for one in first]),
        truth=np.concatenate([one.truth for one in first]),
    )
