"""The trials of a sweep as rows: what its journal says of each, and which are best. Light."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from emobench.sweeps.journal import Asked, Event, Heard
from emobench.sweeps.pareto import pareto
from emobench.sweeps.suggest import Values
from emobench.sweeps.trial import SCORED, TrialEnd, TrialState


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """One trial; `state` is None while it is not over. Never with a test figure.

    `validation` is the task's metric at the end, or after the last epoch that was heard of;
    `seconds` are those of training, with those of attempts that it went on from.
    """

    trial: int
    origin: str
    values: Values
    state: TrialState | None = None
    reason: str = ""
    run: str | None = None
    validation: float | None = None
    cost: float | None = None
    epochs: int = 0
    seconds: float = 0.0
    reduced: str = ""

    @property
    def scored(self) -> bool:
        """Whether the trial was trained to its end and has a figure."""
        return self.state in SCORED and self.validation is not None

    def dump(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "values": dict(self.values)}


def rows_of(events: Iterable[Event]) -> list[TrialRow]:
    """A row for each trial that was asked for, in their order."""
    rows: dict[int, TrialRow] = {}
    clocks: dict[int, _Clock] = {}
    for event in events:
        if isinstance(event, Asked):
            rows[event.trial] = TrialRow(
                trial=event.trial, origin=event.origin, values=event.values
            )
            clocks[event.trial] = _Clock()
        elif rows[event.trial].state is not None:
            continue
        elif isinstance(event, Heard):
            told = event.report
            rows[event.trial] = replace(
                rows[event.trial],
                validation=told.validation,
                epochs=told.epoch,
                seconds=clocks[event.trial].after(told.seconds),
            )
        else:
            rows[event.trial] = _ended(rows[event.trial], event.end, clocks[event.trial])
    return list(rows.values())


@dataclass
class _Clock:
    """Adds up what the processes of one trial count, each from zero."""

    earlier: float = 0.0
    last: float = 0.0

    def after(self, seconds: float) -> float:
        """All seconds, once a process has told of these; fewer than before are a new one's."""
        if seconds < self.last:
            self.earlier += self.last
        self.last = seconds
        return self.earlier + self.last


def best_row(rows: Sequence[TrialRow], *, sign: int) -> TrialRow | None:
    """The best of those trained to their end, of equals the earliest: as the study chooses."""
    scored = [row for row in rows if row.scored]
    return max(scored, key=lambda row: sign * (row.validation or 0.0), default=None)


def front(rows: Sequence[TrialRow], *, sign: int) -> list[TrialRow]:
    """The trials that no other beats in both figure and cost, the cheapest first."""
    points = {
        place: (sign * row.validation, row.cost)
        for place, row in enumerate(rows)
        if row.scored and row.validation is not None and row.cost is not None
    }
    return [rows[place] for place in pareto(points)]


def _ended(row: TrialRow, end: TrialEnd, clock: _Clock) -> TrialRow:
    """The row once the trial is over; a trial stopped on the way keeps its last figure.

    The end of one that was trained to its end counts all attempts already.
    """
    whole = end.seconds if end.state in SCORED else 0.0
    validation = end.validation if end.validation is not None else row.validation
    return replace(
        row,
        state=end.state,
        reason=end.reason,
        run=end.run_id,
        validation=validation if end.state in SCORED or end.state == "stopped" else None,
        cost=end.cost,
        epochs=end.epochs or row.epochs,
        seconds=whole or clock.after(end.seconds),
        reduced=end.reduced,
    )
