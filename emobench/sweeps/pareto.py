"""Two objectives at once, figure and cost: which trials no other beats in both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Point = tuple[float, float]
"""A figure, the higher the better, and a cost, the lower the better."""


def pareto(points: Mapping[int, Point]) -> list[int]:
    """The trials that no other beats in one and equals in the other, from the cheapest on."""
    trials = list(points)
    first = next(fronts([points[trial] for trial in trials]), [])
    return [trials[place] for place in first]


def fronts(points: Sequence[Point]) -> Iterator[list[int]]:
    """Places of the points front by front: the unbeaten, those unbeaten without them, and so on.

    Each front goes from the cheapest on; equal points are of one front.
    """
    left = sorted(range(len(points)), key=lambda place: (points[place][1], -points[place][0]))
    while left:
        front: list[int] = []
        for place in left:
            if not front or _is_unbeaten(points[place], points[front[-1]]):
                front.append(place)
        yield front
        taken = set(front)
        left = [place for place in left if place not in taken]


def _is_unbeaten(point: Point, before: Point) -> bool:
    """Whether a point that costs no less is better than, or equal to, the front's last."""
    return point[0] > before[0] or point == before
