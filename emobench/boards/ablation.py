"""What one change does to a score: the paired difference of two recipes' runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emobench.api import UsageError
from emobench.boards.evidence import Evidence, gather
from emobench.boards.words import gain_words

if TYPE_CHECKING:
    from emobench.runs.published import Published
    from emobench.scoring.uncertainty import Difference, Interval

SIGNIFICANT = 0.05
MARK_OF_HOLDING = "*"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A difference with its interval; `note` says what is wrong with the runs or why it lacks.

    `adjusted` is its p-value, corrected for all the effects that are looked at together.
    """

    difference: Difference | None = None
    note: str = ""
    adjusted: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it differs from nothing, however many others were looked at."""
        return self.adjusted is not None and self.adjusted < SIGNIFICANT


@dataclass(frozen=True, kw_only=True)
class OwnScore:
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


def corrected(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The effects with p-values that are corrected for all of them (Holm 1979).

    From one seed nobody knows what another would change: such an effect never holds.
    """
    from emobench.scoring.tiers import holm

    found = [
        (place, effect.difference.p if effect.difference.seed_level_known else 1.0)
        for place, effect in enumerate(effects)
        if effect.difference is not None
    ]
    adjusted = holm([p for _, p in found])
    by_place = {place: p for (place, _), p in zip(found, adjusted, strict=True)}
    return tuple(
        replace(effect, adjusted=by_place.get(place)) for place, effect in enumerate(effects)
    )


def score_of(runs: Iterable[Published], *, metric: str) -> OwnScore:
    """The score of one recipe's runs."""
    found = _together(runs)
    if found is None:
        return OwnScore(note="not run")
    if found.unscored:
        return OwnScore(note=found.unscored)
    return OwnScore(score=found.interval(metric), note=found.trouble)


def effect_words(effect: Effect, *, metric: str) -> str:
    """`+3.1 points [+1.0, +5.2]*`, with what is wrong with the runs; `*` where it `holds`."""
    found = effect.difference
    if found is None:
        return effect.note
    alone = "" if found.seed_level_known else ", one seed"
    told = f" ({effect.note})" if effect.note else ""
    mark = MARK_OF_HOLDING if effect.holds else ""
    return gain_words((found.estimate, found.low, found.high), metric=metric) + mark + alone + told


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
