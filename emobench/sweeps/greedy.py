"""Which trials make the best ensemble: greedy selection with replacement (Caruana et al. 2004).

Pure: from predictions on validation items to how often each trial takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Merit = tuple[float, ...]
"""How good probabilities are: figures, the first that differs decides, higher is better."""

SIZE = 5
"""Members of the ensemble in all; one that is picked twice counts twice, and is trained twice."""

BAGS = 20
SHARE = 0.5
"""Each bag chooses among this share of the candidates (Caruana et al. 2004, section 2.3)."""

ROUNDS = 10
DIGITS = 12
"""Figures that differ beyond these digits differ by rounding alone: they are equal."""


def select(
    members: Floats, *, merit: Callable[[Floats], Merit], seed: int, size: int = SIZE
) -> tuple[int, ...]:
    """How often each of the members `(members, items, classes)` takes part; `size` in all.

    One greedy choice among all candidates learns the validation items by heart. So each of some
    bags chooses among a random half, and what takes part is what many of them chose.
    """
    if not len(members):
        raise ValueError("there is no member to select")

    def judged(probabilities: Floats) -> Merit:
        return tuple(round(figure, DIGITS) for figure in merit(probabilities))

    alone = [judged(member) for member in members]
    random = Random(f"greedy selection {seed}")
    drawn = max(1, round(len(members) * SHARE))
    weights = np.zeros(len(members))
    for _ in range(BAGS):
        bag = sorted(random.sample(range(len(members)), drawn))
        weights += _chosen(members, bag=bag, alone=alone, judged=judged)
    return apportion(weights, seats=size)


def _chosen(
    members: Floats,
    *,
    bag: Sequence[int],
    alone: Sequence[Merit],
    judged: Callable[[Floats], Merit],
) -> Floats:
    """The share of each member `(members,)` in the best mean that one bag finds.

    It begins with its best member and adds, each time, the one with which the mean does best. The
    mean that did best on the way is taken; of equals the first, which has the fewest picks.
    """
    way = [max(bag, key=lambda each: alone[each])]
    merits = [alone[way[0]]]
    total = members[way[0]].copy()
    for count in range(2, ROUNDS + 1):
        tried = {each: judged((total + members[each]) / count) for each in bag}
        best = max(bag, key=lambda each: tried[each])
        way.append(best)
        merits.append(tried[best])
        total += members[best]
    length = 1 + merits.index(max(merits))
    counts = np.bincount(way[:length], minlength=len(members))
    return np.asarray(counts / length)


def apportion(weights: Floats, *, seats: int) -> tuple[int, ...]:
    """Seats in proportion to weights, by largest remainders; of equals the first has it."""
    quotas = weights / weights.sum() * seats
    counts = np.floor(quotas + 10.0**-DIGITS).astype(int)
    left = np.round(quotas - counts, DIGITS)
    for place in np.argsort(-left, kind="stable")[: seats - counts.sum()]:
        counts[place] += 1
    return tuple(counts.tolist())
