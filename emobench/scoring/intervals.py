"""Confidence intervals of scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

NORMAL_95 = 1.959963984540054
"""Two-sided 95% quantile of the normal distribution."""


def wilson_interval(successes: float, *, trials: int) -> tuple[float, float]:
    """95% score interval of a share (Wilson 1927); (0, 1) without trials.

    Successes need not be whole: a group may be right in part.
    """
    if trials == 0:
        return 0.0, 1.0
    share, squared = successes / trials, NORMAL_95**2
    centre = (share + squared / (2 * trials)) / (1 + squared / trials)
    variance = share * (1 - share) / trials + squared / (4 * trials**2)
    half = NORMAL_95 * math.sqrt(variance) / (1 + squared / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def uar_interval(recalled: Sequence[int], *, supports: Sequence[int]) -> tuple[float, float]:
    """95% interval of the mean of independent recalls, one a class that occurs.

    The classes' Wilson limits are combined by their distances from the recalls (Zou and Donner
    2008), since a recall's plain variance is zero for a class that is always or never found.
    """
    pairs = [(hits, items) for hits, items in zip(recalled, supports, strict=True) if items]
    if not pairs:
        return 0.0, 1.0
    recalls = [hits / items for hits, items in pairs]
    limits = [wilson_interval(hits, trials=items) for hits, items in pairs]
    below = math.hypot(*(recall - low for recall, (low, _) in zip(recalls, limits, strict=True)))
    above = math.hypot(*(high - recall for recall, (_, high) in zip(recalls, limits, strict=True)))
    mean = sum(recalls) / len(recalls)
    return max(0.0, mean - below / len(pairs)), min(1.0, mean + above / len(pairs))
