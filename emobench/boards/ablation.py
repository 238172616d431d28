"""What one change does to a score: the paired difference of two recipes' runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emobench.api import UsageError
from emobench.boards.evidence import Evidence, gather
from emobench.boards.premium import gain_words

if TYPE_CHECKING:
    from emobench.runs.published import Published
    from emobench.scoring.uncertainty import Difference, Interval


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A difference with its interval; `note` says what is wrong with the runs or why it lacks."""

    difference: Difference | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One recipe's own score, or why it has none."""

    score: Interval | None = None
    note: str = ""


def effect_of(runs: Iterable[Published], *, against: Iterable[Published], metric: str) -> Effect:
    """The score of the first runs less that of the others, over the seeds that both have."""
    first, other = _together(runs), _together(against)
    if first is None or other is None:
        return Effect(note="not run")
    for one in (first, other):
        if one.unscored:
            return Effect(note=one.unscored)
    try:
        difference = _difference(first, other, metric)
    except UsageError as error:
        return Effect(note=str(error))
    return Effect(difference=difference, note=first.trouble)


def standing_of(runs: Iterable[Published], *, metric: str) -> Standing:
    """The score of one recipe's runs."""
    found = _together(runs)
    if found is None:
        return Standing(note="not run")
    if found.unscored:
        return Standing(note=found.unscored)
    return Standing(score=found.interval(metric), note=found.trouble)


def effect_words(effect: Effect, *, metric: str) -> str:
    """`+3.1 points [-1.0, +7.2]`, with what is wrong with the runs."""
    found = effect.difference
    if found is None:
        return effect.note
    alone = "" if found.seed_level_known else ", one seed"
    told = f" ({effect.note})" if effect.note else ""
    return gain_words((found.estimate, found.low, found.high), metric=metric) + alone + told


def _together(runs: Iterable[Published]) -> Evidence | None:
    """Runs of one recipe as one evidence; those that never saw their data may stand apart."""
    found = gather(runs)
    return max(found, key=lambda one: len(one.records), default=None)


def _difference(first: Evidence, other: Evidence, metric: str) -> Difference:
    from emobench.scoring.uncertainty import paired_difference

    shared = set(first.seeds) & set(other.seeds)
    if not shared:
        raise UsageError("no seed of both has ended")
    ours, theirs = (
        [one for one in each.tallies(metric) if one.seed in shared] for each in (first, other)
    )
    return paired_difference(ours, against=theirs, metric=metric)
