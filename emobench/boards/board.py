"""What a board holds: plain frozen figures, ready to be rendered or dumped. No records, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from emobench.runs.record import State

BOARD_SCHEMA = 3
"""2: rows have tier, interval, pooled, firm_80 and recalls; boards detectable, groups, items.
3: boards have copy_seeds."""
CONSTANT_NAME = "constant predictor"

Verdict = Literal["clean", "warned", "leaky", "not audited"]


class Standing(Enum):
    """Where a row stands, whatever its score: the order of the members is that of the board."""

    HONEST = "honest"
    INCOMPLETE = "incomplete"
    LEAKY = "leaky"
    NO_RESULT = "no result"


@dataclass(frozen=True, kw_only=True)
class RowCosts:
    """What one run cost on average, over the runs that have a score."""

    train_s: float
    parameters: int
    ms_per_item: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """One recipe on the board's task: every seed and fold of it.

    `score`, `metrics` and `spread` come from one figure a seed; `spread` is the standard deviation
    over seeds. Where the row is `pooled`, a seed's figure is that of all its folds' predictions
    together, every test item once; where predictions are not at hand, the mean over its folds.
    `interval` is the 95% interval over groups and seeds. A row of a `tier` cannot be told from the
    tier's best; only an honest row has one. `recalls` holds the share of each class that was found.
    `folds` counts the folds that every seed has.
    """

    recipe: str
    method_hash: str
    seeds: tuple[int, ...]
    folds: int
    score: float | None
    seed_scores: Mapping[int, float]
    spread: float | None
    metrics: Mapping[str, float]
    standing: Standing
    reaches_80: bool
    state: State
    states: Mapping[State, int]
    reason: str
    audit: Verdict
    costs: RowCosts | None
    records: tuple[str, ...]
    command: str
    pooled: bool = False
    interval: tuple[float, float] | None = None
    tier: int | None = None
    firm_80: bool = False
    recalls: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Constant:
    """The row of whoever always answers the most frequent class; `score` where it is known."""

    score: float | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    class_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Board:
    """The leaderboard of one contest: everything in it was scored on the same thing.

    A contest is a task by name and version, protocol, targets, metric, folds and data; where one
    task name stands for several, `mark` is a short hash that tells this one from the others.
    `rows` are in their final order, `constant_rank` is the number of rows above the constant
    predictor. `data` is the fingerprint of the data, empty where no record saw them. `repeated`
    counts records that another one of the same recipe, seed and fold replaces. `detectable` is the
    difference that two rows like these would show with 80% power, `groups` the number of people (or
    whatever the split keeps apart) in all the test sets, `items` that of their items. `copy_seeds`
    are seeds of copies that ensembles made of their members: nobody chose them.
    """

    task: str
    version: int
    metric: str
    targets: tuple[str, ...]
    protocol: Mapping[str, Any]
    folds: int
    data: str
    rows: tuple[Row, ...]
    constant: Constant
    constant_rank: int
    repeated: int
    mark: str = ""
    note: str = ""
    detectable: float | None = None
    groups: int = 0
    items: int = 0
    copy_seeds: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """The task's name, with the mark where it has one."""
        return f"{self.task} ({self.mark})" if self.mark else self.task

    def name_of(self, row: Row) -> str:
        """The row's recipe; with a hash where two methods share the name."""
        shared = sum(each.recipe == row.recipe for each in self.rows) > 1
        return f"{row.recipe} ({row.method_hash})" if shared else row.recipe

    def rank_of(self, row: Row) -> int | None:
        """The row's rank; only an honest row has one."""
        return self.rows.index(row) + 1 if row.standing is Standing.HONEST else None
