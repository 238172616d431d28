"""What the records say of one component: every recipe that used it, task by task. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from emobench.boards.board import Standing
from emobench.runs.record import Record, State


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One recipe with the component in it, on one task.

    `score` is the mean over `seeds` of the task's metric on the test set, `spread` its standard
    deviation over them; both are None where no run has a score. `runs` counts every run, and
    `states` says how they ended. A score that is not `honest` comes from a split that leaks, from
    some folds alone, or from a recipe that collapsed or failed with another seed. `made` is the
    package, version and code that the component was of.
    """

    task: str
    recipe: str
    runs: int
    states: Mapping[State, int]
    metric: str
    seeds: int
    score: float | None
    spread: float | None
    standing: Standing
    note: str
    made: str


def measured_with(
    records: Iterable[Record], *, component: str, package: str
) -> tuple[Measured, ...]:
    """What was measured with `kind/name` of that package, best first within each task."""
    using = [record for record in records if _uses(record, component, package)]
    if not using:
        return ()
    made = {record.id: _made(record, component) for record in using}
    # Ranking loads numpy, which whoever has no such records need not wait for.
    from emobench.boards.rank import build_boards

    return tuple(
        Measured(
            task=board.title,
            recipe=board.name_of(row),
            runs=sum(row.states.values()),
            states=row.states,
            metric=board.metric,
            seeds=len(row.seed_scores),
            score=row.score,
            spread=row.spread,
            standing=row.standing,
            note=board.note,
            made=made[row.records[0]],
        )
        for board in build_boards(using)
        for row in board.rows
    )


def _uses(record: Record, component: str, package: str) -> bool:
    """Whether the run was made with that package's component, of whatever version."""
    return _made(record, component).partition(" ")[0] == package


def _made(record: Record, component: str) -> str:
    """Package, version and code of the component in this run; empty where it took no part."""
    return record.provenance.components.get(component, "") if record.provenance else ""
