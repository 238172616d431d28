"""The smallest set of changes whose undoing cures, found by trying sets: delta debugging. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Change = TypeVar("Change", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How a set of undone changes fared; `score` orders sets that do not cure, higher is nearer."""

    cured: bool
    score: float


Try = Callable[[Sequence[frozenset[Change]]], Sequence[Verdict]]
"""Tries several sets at once, so that they may run side by side."""


@dataclass(frozen=True, kw_only=True)
class Cure(Generic[Change]):
    """Sets that cure, each without a part that it could do without, and what was tried.

    Several single changes may cure, each by itself. `cures` is empty where only undoing all that
    was undone together was known to.
    """

    cures: tuple[frozenset[Change], ...]
    alone: dict[Change, Verdict]


def smallest_cure(
    changes: Sequence[Change], *, attempt: Try[Change], width: int = 1
) -> Cure[Change]:
    """Undo each change alone, then ever more of them together, then drop what is not needed.

    Undoing all of them is taken to cure: it gives the parent. `width` sets are tried at a time.
    """
    tried: dict[frozenset[Change], Verdict] = {}

    def verdicts(sets: Sequence[frozenset[Change]]) -> list[Verdict]:
        new = [each for each in dict.fromkeys(sets) if each not in tried]
        tried.update(zip(new, attempt(new) if new else (), strict=True))
        return [tried[each] for each in sets]

    everything = frozenset(changes)
    tried[everything] = Verdict(cured=True, score=float("inf"))
    alone = dict(zip(changes, verdicts([frozenset({each}) for each in changes]), strict=True))
    singles = [frozenset({each}) for each in changes if alone[each].cured]
    if singles:
        return Cure(cures=_best_first(singles, tried), alone=alone)
    ranked = sorted(changes, key=lambda each: -alone[each].score)
    prefixes = [frozenset(ranked[:count]) for count in range(2, len(ranked) + 1)]
    found = everything
    for start in range(0, len(prefixes), max(1, width)):
        some = prefixes[start : start + max(1, width)]
        cured = [each for each, told in zip(some, verdicts(some), strict=True) if told.cured]
        if cured:
            found = cured[0]
            break
    return Cure(cures=(_without_the_needless(found, verdicts),), alone=alone)


def _best_first(
    sets: Sequence[frozenset[Change]], tried: dict[frozenset[Change], Verdict]
) -> tuple[frozenset[Change], ...]:
    return tuple(sorted(sets, key=lambda each: -tried[each].score))


def _without_the_needless(
    found: frozenset[Change], verdicts: Callable[[Sequence[frozenset[Change]]], list[Verdict]]
) -> frozenset[Change]:
    """Drop one change after the other as long as what is left still cures."""
    while len(found) > 1:
        smaller = sorted(
            (found - {each} for each in found), key=lambda each: sorted(map(str, each))
        )
        told = verdicts(smaller)
        cured = [
            (verdict.score, each)
            for each, verdict in zip(smaller, told, strict=True)
            if verdict.cured
        ]
        if not cured:
            break
        found = max(cured, key=lambda pair: pair[0])[1]
    return found
