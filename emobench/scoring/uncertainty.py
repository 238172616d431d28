"""How far a score, or a difference of two, can be trusted: 95% intervals over groups and seeds.

The statistics are explained, with their coverage, in `docs/statistics.md`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emobench.api import UsageError
from emobench.scoring.catalogue import METRICS
from emobench.scoring.intervals import wilson_interval
from emobench.scoring.student import t_quantile, t_two_sided
from emobench.scoring.tally import Tally, left_out_scores

LEVEL = 0.95
SIGNIFICANT = 0.05
DIGITS = 9
"""Figures are rounded to so many digits: two machines may differ in the sixteenth."""
NOTHING = 1e-9
"""A standard error below it is none: rounding leaves as much."""
MOST_DEGREES = 1e6
NAMES_SHOWN = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A score with its 95% interval, and of how many groups and seeds it was made.

    Of one seed nothing says how much another would differ: the interval then is about new groups
    alone, with the model as that seed made it.
    """

    estimate: float
    low: float
    high: float
    groups: int
    seeds: int

    @property
    def seed_level_known(self) -> bool:
        """Whether the interval counts what another seed would change."""
        return self.seeds > 1


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A score less another's, both on the same items, with its 95% interval.

    In the metric's own units: of an error, less is better. `p` is two-sided, and below 0.05 just
    where the interval leaves out 0. `error` is the standard error and `degrees` the degrees of
    freedom that it was estimated with. `seeds` is the smaller number of seeds; `paired` says that
    both used the same ones.
    """

    estimate: float
    p: float
    error: float
    degrees: float
    groups: int
    seeds: int
    paired: bool

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return round(self.estimate - self._half, DIGITS)

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return round(self.estimate + self._half, DIGITS)

    @property
    def seed_level_known(self) -> bool:
        """Whether the interval counts what other seeds would change, of both."""
        return self.seeds > 1

    @cached_property
    def _half(self) -> float:
        # Counted when it is asked for: a board of many rows compares all pairs and shows none.
        return t_quantile((1 + LEVEL) / 2, degrees=self.degrees) * self.error


@dataclass(frozen=True, kw_only=True, eq=False)
class Effects:
    """A row's pooled scores by seed, `(seeds,)`, and its groups' pseudo-values, `(groups,)`.

    A pseudo-value is G m - (G - 1) m_without, with m the mean score over seeds and m_without the
    same without that group: what the group adds to the score, as if the score were a mean.
    """

    scores: Floats
    pseudo_values: Floats
    seeds: tuple[int, ...]
    items: int

    @cached_property
    def score(self) -> float:
        """The mean over seeds."""
        return float(self.scores.mean())


@dataclass(frozen=True, kw_only=True)
class Part:
    """One source of variance: how much of it the mean has, and with how many degrees of freedom."""

    variance: float
    degrees: int


@dataclass(frozen=True, kw_only=True)
class SeedVariance:
    """The variance that one seed brings, as all rows of a board show it.

    `alone` is of a row's score; None where no row has several seeds. `paired` is, by the seeds
    that rows have in common, what is left when the seed has moved all these rows alike: half the
    variance of the difference of two of them.
    """

    alone: Part | None = None
    paired: Mapping[tuple[int, ...], Part] = field(default_factory=dict)


def score_interval(seeds: Sequence[Tally], *, metric: str) -> Interval:
    """The mean over seeds of the pooled score, with its 95% interval.

    The interval is about the score to be expected over new groups of the same population and new
    seeds of the same method.
    """
    effects = effects_of(seeds, metric=metric)
    estimate = effects.score
    parts = [_of_groups(effects.pseudo_values), *_of_seeds(effects.scores)]
    low, high = _limits(estimate, parts, metric=metric, groups=len(effects.pseudo_values))
    return Interval(
        estimate=round(estimate, DIGITS),
        low=round(low, DIGITS),
        high=round(high, DIGITS),
        groups=len(effects.pseudo_values),
        seeds=len(seeds),
    )


def paired_difference(
    first: Sequence[Tally], *, against: Sequence[Tally], metric: str
) -> Difference:
    """How much the first recipe's score lies above the other's, on the same items.

    Groups are the same in both. Seeds are paired where both used the same ones, and independent
    where not. Raises UsageError where the items differ.
    """
    if first and against:
        check_same_items(first[0], against[0])
    ours, theirs = effects_of(first, metric=metric), effects_of(against, metric=metric)
    return difference_of(ours, against=theirs, metric=metric)


def effects_of(seeds: Sequence[Tally], *, metric: str) -> Effects:
    """The pooled scores and pseudo-values of one recipe's seeds."""
    if not seeds:
        raise UsageError("there is no run to score: a recipe needs at least one seed")
    for other in seeds[1:]:
        check_same_items(seeds[0], other)
    numbers = tuple(tally.seed for tally in seeds)
    if len(set(numbers)) < len(numbers):
        raise UsageError(f"each seed counts once, but these came twice: {_twice(numbers)}")
    ordered = sorted(seeds, key=lambda tally: tally.seed)
    scores = np.asarray([tally.score(metric) for tally in ordered])
    without = np.mean([left_out_scores(tally, metric=metric) for tally in ordered], axis=0)
    count = len(without)
    return Effects(
        scores=scores,
        pseudo_values=count * scores.mean() - (count - 1) * without,
        seeds=tuple(tally.seed for tally in ordered),
        items=seeds[0].items,
    )


def difference_of(
    first: Effects, *, against: Effects, metric: str, usual: SeedVariance | None = None
) -> Difference:
    """The difference of two recipes that were scored on the same items.

    Their seeds are taken to vary at least as much as is `usual`.
    """
    (found,) = differences_of(first, against=[against], metric=metric, usual=usual)
    return found


def differences_of(
    first: Effects,
    *,
    against: Sequence[Effects],
    metric: str,
    usual: SeedVariance | None = None,
) -> tuple[Difference, ...]:
    """The difference of one recipe and each of several; `difference_of` says the rest."""
    if not against:
        return ()
    left = first.pseudo_values - np.asarray([other.pseudo_values for other in against])
    count = left.shape[1]
    # Of one group nothing says how much another would differ: the variance has no bound.
    unknown = [math.inf] * len(against)
    variances = unknown if count < 2 else (left.var(axis=1, ddof=1) / count).tolist()
    return tuple(
        _difference(
            first,
            other,
            metric=metric,
            groups=Part(variance=variance, degrees=max(1, count - 1)),
            seeds=_of_both_seeds(first, other, usual or SeedVariance()),
        )
        for other, variance in zip(against, variances, strict=True)
    )


def _difference(
    first: Effects, against: Effects, *, metric: str, groups: Part, seeds: Sequence[Part]
) -> Difference:
    estimate = first.score - against.score
    if METRICS[metric].percent:
        least = abs(estimate) * (1 - abs(estimate)) / first.items
        groups = Part(variance=max(groups.variance, least), degrees=groups.degrees)
    error, degrees = _combined([groups, *seeds])
    return Difference(
        estimate=round(estimate, DIGITS),
        p=round(_p_value(estimate, error, degrees), DIGITS),
        error=round(error, DIGITS),
        degrees=round(degrees, DIGITS),
        groups=len(first.pseudo_values),
        seeds=min(len(first.seeds), len(against.seeds)),
        paired=first.seeds == against.seeds,
    )


def usual_seed_variance(rows: Sequence[Effects]) -> SeedVariance:
    """How much seeds vary over all rows of a board."""
    several = [row for row in rows if len(row.seeds) > 1]
    by_seeds: dict[tuple[int, ...], list[Floats]] = {}
    for row in several:
        by_seeds.setdefault(row.seeds, []).append(row.scores)
    paired = {}
    for seeds, scores in by_seeds.items():
        if len(scores) > 1:
            left = np.asarray(scores) - np.mean(scores, axis=1, keepdims=True)
            paired[seeds] = _mean_square(
                left - left.mean(axis=0), degrees=(len(scores) - 1) * (len(seeds) - 1)
            )
    if not several:
        return SeedVariance()
    left = np.concatenate([row.scores - row.scores.mean() for row in several])
    degrees = sum(len(row.seeds) - 1 for row in several)
    return SeedVariance(alone=_mean_square(left, degrees=degrees), paired=paired)


def check_same_items(first: Tally, other: Tally) -> None:
    """Refuse, naming what differs, to compare scores of different items."""
    ours = dict(zip(first.groups, first.marks, strict=True))
    theirs = dict(zip(other.groups, other.marks, strict=True))
    what = "item" if first.by_items else "group"
    faults = []
    if first.target != other.target:
        faults.append(f"target '{first.target.name}' differs from target '{other.target.name}'")
    for names, side in ((ours.keys() - theirs.keys(), "first"), (theirs.keys() - ours, "second")):
        if names:
            faults.append(f"{what} {_names(names)} in the {side} alone")
    changed = [name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]]
    if changed:
        held = "has another truth" if first.by_items else "holds other items or another truth"
        faults.append(f"{what} {_names(changed)} {held}")
    if faults:
        raise UsageError(
            f"scores can be compared on the same items alone: {'; '.join(faults)}; "
            "run both recipes on one version of the task and its data"
        )


def _of_groups(pseudo_values: Floats) -> Part:
    """Of one group nothing says how much another would differ: the variance has no bound."""
    count = len(pseudo_values)
    if count < 2:
        return Part(variance=math.inf, degrees=1)
    return Part(variance=float(pseudo_values.var(ddof=1)) / count, degrees=count - 1)


def _of_seeds(scores: Floats) -> list[Part]:
    """Nothing where there is one seed: what others would change is not known."""
    count = len(scores)
    if count < 2:
        return []
    # Of a handful of numbers, and for every pair of a board: numpy takes ten times as long.
    values: list[float] = scores.tolist()
    middle = math.fsum(values) / count
    squares = math.fsum((value - middle) ** 2 for value in values)
    return [Part(variance=squares / (count - 1) / count, degrees=count - 1)]


def _of_both_seeds(first: Effects, against: Effects, usual: SeedVariance) -> list[Part]:
    count = len(first.seeds)
    if first.seeds == against.seeds and count > 1:
        own = _of_seeds(first.scores - against.scores)
        common = usual.paired.get(first.seeds)
        return _at_least(own, common, share=2 / count)
    rows = (first, against)
    return [
        part
        for row in rows
        for part in _at_least(_of_seeds(row.scores), usual.alone, share=1 / len(row.seeds))
    ]


def _at_least(own: Sequence[Part], usual: Part | None, *, share: float) -> list[Part]:
    """The larger of a row's own variance and that share of the usual one."""
    if usual is not None:
        own = [*own, Part(variance=share * usual.variance, degrees=usual.degrees)]
    return [max(own, key=lambda part: part.variance)] if own else []


def _mean_square(values: Floats, *, degrees: int) -> Part:
    return Part(variance=float((values**2).sum()) / degrees, degrees=degrees)


def _combined(parts: Sequence[Part]) -> tuple[float, float]:
    """Standard error and degrees of freedom of a sum of parts (Satterthwaite 1946)."""
    variance = math.fsum(part.variance for part in parts)
    if variance < NOTHING**2 or math.isinf(variance):
        return (0.0 if variance < 1 else math.inf), float(parts[0].degrees)
    spread = math.fsum(part.variance**2 / part.degrees for part in parts)
    return math.sqrt(variance), min(MOST_DEGREES, variance**2 / spread)


def _limits(
    estimate: float, parts: Sequence[Part], *, metric: str, groups: int
) -> tuple[float, float]:
    """The interval, symmetric on a scale that has no ends: logit, Fisher's z or logarithm.

    A share without variation says nothing of how alike the items of a group are: each group then
    counts as one observation.
    """
    shown = METRICS[metric]
    floor, ceiling = _range(metric)
    error, degrees = _combined(parts)
    if math.isinf(error):
        return floor, ceiling
    if error == 0 or not floor < estimate < ceiling:
        if shown.percent:
            return wilson_interval(estimate * groups, trials=groups)
        return estimate, estimate
    half = t_quantile((1 + LEVEL) / 2, degrees=degrees) * error
    if math.isinf(ceiling):
        stretch = half / estimate
        return estimate * math.exp(-stretch), estimate * math.exp(stretch)
    below, above = estimate - floor, ceiling - estimate
    stretch = math.exp(half * (1 / below + 1 / above))
    width = ceiling - floor
    return (
        floor + width * below / (below + above * stretch),
        floor + width * below * stretch / (below * stretch + above),
    )


def _range(metric: str) -> tuple[float, float]:
    shown = METRICS[metric]
    if shown.percent:
        return 0.0, 1.0
    return (-1.0, 1.0) if shown.higher_is_better else (0.0, math.inf)


def _p_value(estimate: float, error: float, degrees: float) -> float:
    if error == 0:
        return 1.0 if abs(estimate) < NOTHING else 0.0
    return t_two_sided(estimate / error, degrees=degrees)


def _twice(numbers: Sequence[int]) -> str:
    return ", ".join(str(each) for each in sorted({n for n in numbers if numbers.count(n) > 1}))


def _names(names: Sequence[str] | set[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in sorted(names)[:NAMES_SHOWN])
    return shown + (f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else "")
