"""How far scores on two test sets of one dataset lie apart: what a leaky split adds to a score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emobench.scoring.catalogue import METRICS
from emobench.scoring.student import t_quantile
from emobench.scoring.tally import Tally, left_out_scores
from emobench.scoring.uncertainty import DIGITS, LEVEL

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Premium:
    """Score on the one set less that on the other, with its 95% interval, in the metric's units.

    `paired_seeds` seeds were trained for both, `shared_groups` of `groups` are in both sets.
    """

    estimate: float
    low: float
    high: float
    seeds: int
    paired_seeds: int
    groups: int
    shared_groups: int


def premium(leaky: Sequence[Tally], *, honest: Sequence[Tally], metric: str) -> Premium:
    """What a recipe scores more on the leaky set than on the honest one, the mean over seeds.

    The sets hold other items, so no item can be paired. A group (a person) that is in both sets
    is left out of both at once, and a seed trained for both counts by its own difference. The
    variance is the jackknife's over groups plus that of the mean over seeds; the interval is
    Student's, with degrees of freedom from both parts (Satterthwaite 1946).
    """
    if not leaky or not honest:
        raise ValueError("a premium needs at least one seed on either side")
    groups = sorted({*leaky[0].groups, *honest[0].groups})
    change = _influence(leaky, groups, metric) - _influence(honest, groups, metric)
    by_groups = float((change**2).sum())
    parts = [(by_groups, _fewest_groups(leaky, honest) - 1), *_by_seeds(leaky, honest, metric)]
    estimate = _mean(leaky, metric) - _mean(honest, metric)
    half = _half_width(parts)
    furthest = 1.0 if METRICS[metric].percent else math.inf
    return Premium(
        estimate=round(estimate, DIGITS),
        low=round(max(estimate - half, -furthest), DIGITS),
        high=round(min(estimate + half, furthest), DIGITS),
        seeds=min(len(leaky), len(honest)),
        paired_seeds=len({one.seed for one in leaky} & {one.seed for one in honest}),
        groups=len(groups),
        shared_groups=len({*leaky[0].groups} & {*honest[0].groups}),
    )


def _mean(seeds: Sequence[Tally], metric: str) -> float:
    return float(np.mean([seed.score(metric) for seed in seeds]))


def _influence(seeds: Sequence[Tally], groups: Sequence[str], metric: str) -> Floats:
    """By group, how far the mean over seeds moves when it is left out, scaled as a jackknife's."""
    places = {name: place for place, name in enumerate(groups)}
    moved = np.zeros(len(groups))
    for seed in seeds:
        count = len(seed.groups)
        if count < 2:  # told by its degrees of freedom
            continue
        left = seed.score(metric) - left_out_scores(seed, metric=metric)
        rows = [places[name] for name in seed.groups]
        moved[rows] += left * math.sqrt((count - 1) / count) / len(seeds)
    return moved


def _fewest_groups(leaky: Sequence[Tally], honest: Sequence[Tally]) -> int:
    return min(len(seed.groups) for seed in (*leaky, *honest))


def _by_seeds(
    leaky: Sequence[Tally], honest: Sequence[Tally], metric: str
) -> list[tuple[float, int]]:
    """Variance of the mean over seeds, with its degrees of freedom; of differences where paired."""
    ours = {seed.seed: seed.score(metric) for seed in leaky}
    theirs = {seed.seed: seed.score(metric) for seed in honest}
    if ours.keys() == theirs.keys():
        samples = [[ours[seed] - theirs[seed] for seed in ours]]
    else:
        samples = [list(ours.values()), list(theirs.values())]
    return [
        (float(np.var(sample, ddof=1)) / len(sample), len(sample) - 1)
        for sample in samples
        if len(sample) > 1
    ]


def _half_width(parts: Sequence[tuple[float, int]]) -> float:
    """Half the interval of a sum of independent parts; infinite where one cannot be known."""
    if any(freedom < 1 for _, freedom in parts):
        return math.inf
    whole = sum(variance for variance, _ in parts)
    if whole == 0:
        return 0.0
    degrees = whole**2 / sum(variance**2 / freedom for variance, freedom in parts)
    return t_quantile((1 + LEVEL) / 2, degrees=degrees) * math.sqrt(whole)
