"""Which rows of a board can be told apart: all pairs, Holm's correction, tiers."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from emobench.scoring.catalogue import METRICS
from emobench.scoring.student import t_quantile
from emobench.scoring.tally import Tally
from emobench.scoring.uncertainty import (
    DIGITS,
    LEVEL,
    SIGNIFICANT,
    Difference,
    check_same_items,
    differences_of,
    effects_of,
    usual_seed_variance,
)

POWER = 0.8
Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Separation:
    """What tells a board's rows apart.

    `tiers` has a number a row, 1 for the best. `ranks` is the best and the worst rank that each
    row may have, of all rows at once with 95% confidence. `differences` and `adjusted` (Holm's
    p-values) are by the rows' positions, the smaller first. `detectable` is the difference that
    two rows like these would show with 80% power; None where no two rows have an error.
    """

    tiers: tuple[int, ...]
    ranks: tuple[tuple[int, int], ...]
    differences: Mapping[Pair, Difference]
    adjusted: Mapping[Pair, float]
    detectable: float | None


def separate(rows: Sequence[Sequence[Tally]], *, metric: str) -> Separation:
    """Compare all rows with each other; a row is a recipe's seeds, all rows on the same items.

    Tiers are made walking down from the best score: the first row significantly below the tier's
    best row (adjusted p below 0.05) opens the next tier. So tiers are runs of neighbours, every
    border between two of them is a significant difference, and the rows of a tier are those that
    could not be told from its best. Seeds are taken to vary at least as much as over the board
    as a whole, also in a row of one seed; where no row has several, no rows are told apart.
    """
    for row in rows[1:]:
        check_same_items(rows[0][0], row[0])
    effects = [effects_of(row, metric=metric) for row in rows]
    usual = usual_seed_variance(effects)
    differences = {
        (one, one + 1 + place): each
        for one, first in enumerate(effects)
        for place, each in enumerate(
            differences_of(first, against=effects[one + 1 :], metric=metric, usual=usual)
        )
    }
    # Where all rows have one seed, nothing says that another would not turn them round.
    seen = 0.0 if usual.alone else 1.0
    corrected = holm([max(each.p, seen) for each in differences.values()])
    adjusted = dict(zip(differences, corrected, strict=True))
    scores = [round(effect.score, DIGITS) for effect in effects]
    order = _best_first(scores, metric=metric)
    return Separation(
        tiers=_tiers(order, adjusted),
        ranks=_ranks(order, adjusted),
        differences=differences,
        adjusted=adjusted,
        detectable=detectable_difference(differences.values()),
    )


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's (1979) adjusted p-values, in the given order."""
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, position in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, (len(p_values) - rank) * p_values[position])
        adjusted[position] = min(1.0, largest)
    return tuple(adjusted)


def detectable_difference(differences: Iterable[Difference]) -> float | None:
    """The difference that one planned comparison would find with 80% power, at these rows' errors.

    (t_0.975 + t_0.8) times the standard error; error and degrees of freedom are the medians over
    the pairs that have any.
    """
    telling = [each for each in differences if 0 < each.error < math.inf]
    if not telling:
        return None
    error = statistics.median(each.error for each in telling)
    degrees = statistics.median(each.degrees for each in telling)
    quantiles = [t_quantile(share, degrees=degrees) for share in ((1 + LEVEL) / 2, POWER)]
    return round(math.fsum(quantiles) * error, DIGITS)


def _best_first(scores: Sequence[float], *, metric: str) -> list[int]:
    sign = -1 if METRICS[metric].higher_is_better else 1
    return sorted(range(len(scores)), key=lambda row: sign * scores[row])


def _tiers(best_first: Sequence[int], adjusted: Mapping[Pair, float]) -> tuple[int, ...]:
    tiers = [1] * len(best_first)
    leader, tier = best_first[0] if best_first else 0, 1
    for row in best_first[1:]:
        if _apart(leader, row, adjusted):
            leader, tier = row, tier + 1
        tiers[row] = tier
    return tuple(tiers)


def _ranks(
    best_first: Sequence[int], adjusted: Mapping[Pair, float]
) -> tuple[tuple[int, int], ...]:
    """One more than the rows that are surely better, to all but those that are surely worse."""
    ranks = [(1, 1)] * len(best_first)
    for place, row in enumerate(best_first):
        better = sum(_apart(other, row, adjusted) for other in best_first[:place])
        worse = sum(_apart(row, other, adjusted) for other in best_first[place + 1 :])
        ranks[row] = (1 + better, len(best_first) - worse)
    return tuple(ranks)


def _apart(one: int, two: int, adjusted: Mapping[Pair, float]) -> bool:
    return adjusted[min(one, two), max(one, two)] < SIGNIFICANT
