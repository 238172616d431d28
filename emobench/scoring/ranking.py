"""Mean average precision under weights: it needs the order of all items, so no totals give it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranking:
    """The items in the order of each label's probability, best first; arrays `(items, labels)`.

    `groups` says whose item stands at each place, `hits` whether the label is there, `ends` where
    its run of equal probabilities ends.
    """

    groups: NDArray[np.int64]
    hits: NDArray[np.bool_]
    ends: NDArray[np.int64]


def rank_items(
    probabilities: Floats, *, truth: NDArray[np.bool_], groups: NDArray[np.int64]
) -> Ranking:
    """The items' order for each label; `groups` is the group's number of every item."""
    order = np.argsort(-probabilities, axis=0, kind="stable")
    ranked = np.take_along_axis(probabilities, order, axis=0)
    last = np.vstack([ranked[1:] != ranked[:-1], np.ones((1, ranked.shape[1]), dtype=bool)])
    places = np.where(last, np.arange(len(ranked))[:, np.newaxis], len(ranked) - 1)
    return Ranking(
        groups=groups[order],
        hits=np.take_along_axis(truth, order, axis=0),
        ends=np.minimum.accumulate(places[::-1], axis=0)[::-1],
    )


def weighted_map(ranking: Ranking, *, weights: Floats) -> Floats:
    """Mean AP of the labels that occur, for weights of the groups `(weightings, groups)`."""
    total = np.zeros(len(weights))
    occurring = np.zeros(len(weights))
    for label in range(ranking.hits.shape[1]):
        by_item = weights[:, ranking.groups[:, label]]
        of_hits = by_item * ranking.hits[:, label]
        ends = ranking.ends[:, label]
        found = np.cumsum(of_hits, axis=1)[:, ends]
        seen = np.cumsum(by_item, axis=1)[:, ends]
        precision = np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)
        positives = of_hits.sum(axis=1)
        gained = (of_hits * precision).sum(axis=1)
        total += np.divide(gained, positives, out=np.zeros_like(gained), where=positives > 0)
        occurring += positives > 0
    return np.asarray(total / np.maximum(occurring, 1))
