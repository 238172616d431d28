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
FEW_DEGREES = 3


def t_two_sided(statistic: float, *, degrees: float) -> float:
    """How likely a t of so many degrees of freedom is to lie as far from 0, on either side."""
    if math.isinf(statistic):
        return 0.0
    return _incomplete_beta(degrees / (degrees + statistic**2), a=degrees / 2, b=0.5)


@lru_cache(maxsize=4096)
def t_quantile(share: float, *, degrees: float) -> float:
    """The value below which `share` of a t distribution lies.

    Newton's steps; since the tail is convex, they come closer from the side of 0 and never
    overshoot, and one from the other side leads there.
    """
    tail = 2 * min(share, 1 - share)
    found = _near(abs(NormalDist().inv_cdf(tail / 2)), degrees)
    for _ in range(MOST_STEPS):
        step = (t_two_sided(found, degrees=degrees) - tail) / (2 * _density(found, degrees))
        found += step
        if abs(step) <= CLOSE * found:
            break
    return math.copysign(found, share - 0.5)


def _near(normal: float, degrees: float) -> float:
    """The quantile nearly (Abramowitz and Stegun 26.7.5); of few degrees the normal one."""
    if degrees < FEW_DEGREES:
        return normal
    square = normal**2
    first = (square + 1) / 4
    second = ((5 * square + 16) * square + 3) / 96
    return normal * (1 + (first + second / degrees) / degrees)


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
    c, d = 1.0, 1.0 / _apart(1.0 - (a + b) * x / (a + 1))
    value = d
    half, even = 1, True
    for _ in range(MOST_TERMS):
        # Inlined, for it runs some ten thousand times a board.
        twice = a + 2 * half
        if even:
            coefficient = half * (b - half) * x / ((twice - 1) * twice)
        else:
            coefficient = -(a + half) * (a + b + half) * x / (twice * (twice + 1))
            half += 1
        even = not even
        d = 1.0 + coefficient * d
        d = 1.0 / (d if d > SMALLEST or d < -SMALLEST else SMALLEST)
        c = 1.0 + coefficient / c
        c = c if c > SMALLEST or c < -SMALLEST else SMALLEST
        change = c * d
        value *= change
        if -PRECISION < change - 1 < PRECISION:
            break
    return front * value


def _apart(value: float) -> float:
    """Kept off 0, by which the fraction would divide."""
    return value if abs(value) > SMALLEST else SMALLEST
