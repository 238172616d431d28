"""Student's t distribution, for which numpy has no function."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

MOST_TERMS = 10_000
MOST_STEPS = 200
PRECISION = 1e-15
CLOSE = 1e-12
SMALLEST = 1e-300


def t_two_sided(statistic: float, *, degrees: float) -> float:
    """How likely a t of so many degrees of freedom is to lie as far from 0, on either side."""
    if math.isinf(statistic):
        return 0.0
    return _incomplete_beta(degrees / (degrees + statistic**2), a=degrees / 2, b=0.5)


@lru_cache(maxsize=4096)
def t_quantile(share: float, *, degrees: float) -> float:
    """The value below which `share` of a t distribution lies.

    Newton's steps from the normal quantile, which lies nearer to 0: since the tail is convex,
    they come closer from that side and never overshoot.
    """
    tail = 2 * min(share, 1 - share)
    found = abs(NormalDist().inv_cdf(tail / 2))
    for _ in range(MOST_STEPS):
        step = (t_two_sided(found, degrees=degrees) - tail) / (2 * _density(found, degrees))
        found += step
        if abs(step) <= CLOSE * found:
            break
    return math.copysign(found, share - 0.5)


def _density(value: float, degrees: float) -> float:
    logs = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    logs -= (degrees + 1) / 2 * math.log1p(value**2 / degrees)
    return math.exp(logs) / math.sqrt(degrees * math.pi)


def _incomplete_beta(x: float, *, a: float, b: float) -> float:
    """The regularised I_x(a, b), by Lentz's continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _incomplete_beta(1 - x, a=b, b=a)
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(logs + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1.0 / _apart(1.0 + _coefficient(1, x=x, a=a, b=b))
    value = d
    for term in range(2, MOST_TERMS):
        coefficient = _coefficient(term, x=x, a=a, b=b)
        d = 1.0 / _apart(1.0 + coefficient * d)
        c = _apart(1.0 + coefficient / c)
        value *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return front * value


def _coefficient(term: int, *, x: float, a: float, b: float) -> float:
    half, odd = divmod(term, 2)
    if odd:
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
    return half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))


def _apart(value: float) -> float:
    """Kept off 0, by which the fraction would divide."""
    return value if abs(value) > SMALLEST else SMALLEST
