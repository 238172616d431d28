"""Tallies: what every group of a test set adds to a score, so that any weighting can be scored.

Which weightings to try, and what to conclude, is said in `resampling` and `uncertainty`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emobench.scoring.catalogue import check_metric
from emobench.scoring.metrics import check
from emobench.scoring.multilabel import claimed_labels
from emobench.scoring.ranking import Ranking, rank_items, weighted_map
from emobench.scoring.totals import formula_of, group_statistics

if TYPE_CHECKING:
    from emobench.api import Target

VANISHING = 2.0**-40
"""The weight that every group keeps, so that a class that a resample lacks keeps its figure."""
CHUNK = 2**24
"""Weights held at once while items are ranked or groups left out, in numbers."""

Floats = NDArray[np.float64]
Names = NDArray[np.str_]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """One seed of one recipe on one task, every test item once, summed up by group.

    `sums` is `(groups, statistics)` and `columns` says where each statistic lies. Mean average
    precision has no such sums: for it, and for it alone, `ranking` keeps the items' order.
    `by_items` says that there were no groups and every item is its own. `marks` identifies what
    each group holds: its items and their truth.
    """

    target: Target
    seed: int
    groups: tuple[str, ...]
    items: int
    by_items: bool
    sums: Floats
    columns: Mapping[str, slice]
    marks: tuple[str, ...]
    ranking: Ranking | None = None

    def score(self, metric: str) -> float:
        """The metric over all items, as `metrics.score` gives it."""
        check_metric(metric, self.target.kind)
        formula = formula_of(metric, kind=self.target.kind)
        if formula is None:
            return float(_ranked_scores(self, np.ones((1, len(self.groups))))[0])
        # Added up, not multiplied: a matrix product rounds otherwise on another machine.
        used = np.hstack([self.sums[:, self.columns[name]] for name in formula.needs])
        return float(_apply(self, metric, used.sum(axis=0, keepdims=True))[0])


def tally(
    target: Target,
    *,
    seed: int,
    items: Sequence[str],
    groups: Sequence[str] | None,
    probabilities: ArrayLike,
    truth: ArrayLike,
) -> Tally:
    """Sum up one seed's predictions by group; items may come in any order.

    An item of group "" is its own group, and so is every item where there are no groups. Raises
    ValueError where an item comes twice, and whatever `metrics.score` raises.
    """
    predicted, expected = np.asarray(probabilities, dtype=np.float64), np.asarray(truth)
    check(target, predicted, expected)
    asked = _asked(
        tuple(items),
        None if groups is None else tuple(groups),
        values=np.ascontiguousarray(expected, dtype=np.float64).tobytes(),
        count=len(predicted),
    )
    predicted, expected = predicted[asked.order], expected[asked.order]
    statistics = group_statistics(
        target, probabilities=predicted, truth=expected, starts=asked.starts
    )
    ranking = None
    if target.kind == "labels":
        present = claimed_labels(expected.astype(np.float64))
        ranking = rank_items(predicted, truth=present, groups=asked.numbers)
    return Tally(
        target=target,
        seed=seed,
        groups=asked.groups,
        items=len(asked.order),
        by_items=asked.by_items,
        sums=statistics.sums,
        columns=statistics.columns,
        marks=asked.marks,
        ranking=ranking,
    )


def weighted_scores(tally: Tally, *, metric: str, weights: Floats) -> Floats:
    """The metric for each row of group weights `(weightings, groups)`.

    A class that has no weight at all keeps the figure that it has over all items.
    """
    check_metric(metric, tally.target.kind)
    formula = formula_of(metric, kind=tally.target.kind)
    if formula is None:
        return _ranked_scores(tally, weights)
    used = np.hstack([tally.sums[:, tally.columns[name]] for name in formula.needs])
    return _apply(tally, metric, weights @ used)


def left_out_scores(tally: Tally, *, metric: str) -> Floats:
    """The metric without each group in turn, `(groups,)`."""
    check_metric(metric, tally.target.kind)
    formula = formula_of(metric, kind=tally.target.kind)
    if formula is None:
        count = len(tally.groups)
        step = max(1, CHUNK // tally.items)
        starts = range(0, count, step)
        blocks = [1.0 - np.eye(min(step, count - at), count, k=at) for at in starts]
        return np.concatenate([_ranked_scores(tally, block) for block in blocks])
    used = np.hstack([tally.sums[:, tally.columns[name]] for name in formula.needs])
    return _apply(tally, metric, used.sum(axis=0) - used)


def _apply(tally: Tally, metric: str, totals: Floats) -> Floats:
    formula = formula_of(metric, kind=tally.target.kind)
    assert formula is not None
    used = np.hstack([tally.sums[:, tally.columns[name]] for name in formula.needs])
    totals = totals + VANISHING * used.sum(axis=0)
    named, start = {}, 0
    for name in formula.needs:
        columns = tally.columns[name]
        width = columns.stop - columns.start
        named[name] = totals[:, start : start + width]
        start += width
    return formula.apply(named)


def _ranked_scores(tally: Tally, weights: Floats) -> Floats:
    assert tally.ranking is not None
    step = max(1, CHUNK // tally.items)
    blocks = [weights[at : at + step] + VANISHING for at in range(0, len(weights), step)]
    return np.concatenate([weighted_map(tally.ranking, weights=block) for block in blocks])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Asked:
    """What a test set asks, whatever is answered: `order` puts its items by group and name.

    `starts` says where each group begins in that order, `numbers` whose each item is.
    """

    order: Places
    groups: tuple[str, ...]
    starts: Places
    numbers: Places
    by_items: bool
    marks: tuple[str, ...]


@lru_cache(maxsize=64)
def _asked(
    items: tuple[str, ...], groups: tuple[str, ...] | None, *, values: bytes, count: int
) -> _Asked:
    """All seeds of all recipes of a task ask the same: it is sorted and hashed once.

    `values` are the numbers of the truth, item by item.
    """
    names, owners, by_items = _owners(items, groups, count=count)
    order = np.lexsort((names, owners))
    names, owners = names[order], owners[order]
    found, starts, numbers = np.unique(owners, return_index=True, return_inverse=True)
    truth = np.frombuffer(values, dtype=np.float64).reshape(count, -1)[order]
    return _Asked(
        order=order,
        groups=tuple(found.tolist()),
        starts=starts,
        numbers=numbers,
        by_items=by_items,
        marks=_marks(names, truth, starts=starts),
    )


def _owners(
    items: Sequence[str], groups: Sequence[str] | None, *, count: int
) -> tuple[Names, Names, bool]:
    """Each item's name, the group that it counts with, and whether every item is its own."""
    names = np.asarray(items, dtype=np.str_)
    owners = names if groups is None else np.asarray(groups, dtype=np.str_)
    if names.shape != (count,) or owners.shape != (count,):
        told = "" if groups is None else f" and {len(owners)} groups"
        raise ValueError(f"{count} predictions, but {len(names)} items{told}")
    known, times = np.unique(names, return_counts=True)
    if len(known) < count:
        raise ValueError(
            f"{np.count_nonzero(times > 1)} of {len(known)} items are predicted more than once "
            f"(first: '{known[times > 1][0]}'); a score counts every test item once"
        )
    alone = owners == ""
    if groups is None or alone.all():
        return names, names, True
    # Named apart from the groups, one of which an item may be called after.
    return names, np.where(alone, np.char.add("item ", names), owners), False


def _marks(names: Names, truth: Floats, *, starts: Places) -> tuple[str, ...]:
    """A short digest of each group's items and their truth."""
    words, ends = names.tolist(), [*starts[1:].tolist(), len(names)]
    digests = []
    for start, end in zip(starts.tolist(), ends, strict=True):
        content = "\n".join(words[start:end]).encode() + truth[start:end].tobytes()
        digests.append(hashlib.sha256(content).hexdigest()[:12])
    return tuple(digests)
