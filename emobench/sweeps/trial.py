"""A trial of a sweep: what is tried, what is heard of it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from emobench.recipes.model import Recipe
from emobench.runs.plan import Plan
from emobench.runs.record import FINAL_STATES, State
from emobench.sweeps.suggest import Values

FOLD = 0
"""The one fold of a task in folds that trials run on; the others' test items stay unseen."""

TrialState = State | Literal["stopped"]
"""As a run's, and `stopped`: ended by the sweep before its last epoch, as others did better."""

SCORED: frozenset[TrialState] = frozenset({"ok", "collapsed"})
"""States of trials that were trained to their end and have a figure."""

OVER: frozenset[TrialState] = FINAL_STATES | {
    "out_of_memory",
    "timed_out",
    "failed",
    "stopped",
}
"""States in which a trial is over. A trial that was `interrupted` is not: it goes on."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One recipe to try; `origin` says in words where its values come from."""

    index: int
    recipe: Recipe
    plan: Plan
    values: Values
    origin: str = "drawn"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A trial after an epoch; `validation` is the task's metric there.

    `seconds` are those of training, without data and start; of a trial that went on from a
    checkpoint only those since then.
    """

    epoch: int
    epochs: int
    validation: float | None
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class TrialEnd:
    """How a trial ended; `validation` is the task's metric there, None without a score.

    `epochs` were trained in `seconds`: those of training alone, as in a report. A trial that was
    trained to its end counts earlier attempts as well. `cost` is what a second objective counts.
    `reduced` says how it was made to fit into memory. The reason of a collapse speaks of test
    items, and so is left to the trial's own record.
    """

    state: TrialState
    reason: str = ""
    run_id: str | None = None
    validation: float | None = None
    epochs: int = 0
    seconds: float = 0.0
    cost: float | None = None
    reduced: str = ""


class TrialSource(Protocol):
    """What an engine asks of whatever has trials to run: a study, or the finale."""

    def next_trial(self, *, count: int) -> Trial | None:
        """The next trial to run, until there are `count`; None when there is none at present."""
        ...

    def milestones(self, trial: Trial) -> tuple[int, ...]:
        """The epochs after which a trial must be heard before it goes on."""
        ...

    def yardstick(self, trial: Trial) -> float | None:
        """Seconds that the recipe as it stands was trained; None where it measures nothing."""
        ...

    def heard(self, index: int, report: Report) -> bool:
        """Note where a trial stands; whether it is worth going on with."""
        ...

    def ended(self, index: int, end: TrialEnd) -> None:
        """Note how a trial ended; one that was interrupted is given out again."""
        ...
