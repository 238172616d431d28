"""Short experiments: ordinary runs, side by side in processes, judged on validation data alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from emobench.api.errors import EmobenchError, UsageError
from emobench.cores import usable_cores
from emobench.doctor.evidence import Evidence, read_evidence
from emobench.recipes.model import Recipe
from emobench.registry import Registry, load_registry
from emobench.runs.plan import Plan, Settings
from emobench.runs.record import FINAL_STATES, Record

DOCTOR_FOLDER = "doctor"
"""Below the runs: variants of a recipe bear its name, and no board is to take them for it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one experiment ended; `evidence` is None where it could not even begin."""

    state: str
    reason: str = ""
    evidence: Evidence | None = None
    folder: str = ""

    @property
    def score(self) -> float | None:
        """The task's metric on validation; none of a run without an end."""
        scored = self.state in ("ok", "collapsed")
        return self.evidence.score if scored and self.evidence else None

    @property
    def collapsed(self) -> bool:
        """Whether its validation predictions have collapsed, or it has none."""
        return self.evidence is None or self.evidence.collapsed or self.score is None


Heard = Callable[[Plan, Outcome], None]


@dataclass(frozen=True, kw_only=True)
class Laboratory:
    """Where experiments are run: with which settings, how many side by side, who hears of each.

    The runs of recipes as they stand lie with other runs; those of variants below `doctor`.
    """

    settings: Settings
    registry: Registry
    processes: int = 1
    heard: Heard = lambda _plan, _outcome: None

    def run(self, plans: Sequence[Plan], *, variants: bool = True) -> list[Outcome]:
        """The outcome of every plan; what is stored is not run again."""
        runs = self.settings.runs / DOCTOR_FOLDER if variants else self.settings.runs
        settings = replace(self.settings, runs=runs, plots=not variants)
        outcomes = []
        with self._hands(len(plans)) as hands:
            if hands is None:
                told = (experiment(plan, settings, self.registry) for plan in plans)
            else:
                threads = max(1, usable_cores() // self.processes)
                waiting = [hands.submit(_elsewhere, plan, settings, threads) for plan in plans]
                told = (future.result() for future in waiting)
            for plan, outcome in zip(plans, told, strict=True):
                self.heard(plan, outcome)
                outcomes.append(outcome)
        return outcomes

    @contextmanager
    def _hands(self, count: int) -> Iterator[Executor | None]:
        if self.processes < 2 or count < 2:
            yield None
            return
        with ProcessPoolExecutor(
            min(self.processes, count), mp_context=get_context("spawn")
        ) as pool:
            yield pool


def as_experiment(recipe: Recipe, *, like: Plan) -> Plan:
    """Another recipe on the same fold with the same seed."""
    return replace(like, recipe=recipe)


def experiment(plan: Plan, settings: Settings, registry: Registry) -> Outcome:
    """Run one plan to its end; a fault of the call or of a component is its outcome."""
    from emobench.runs.executor import execute

    try:
        record = execute(plan, settings=settings, registry=registry)
    except (UsageError, EmobenchError) as error:
        return Outcome(state="failed", reason=str(error))
    return outcome_of(record, folder=settings.runs / record.id)


def outcome_of(record: Record, *, folder: Path) -> Outcome:
    """A record as an experiment's outcome."""
    return Outcome(
        state=record.state if record.state in FINAL_STATES else "failed",
        reason=record.reason,
        evidence=read_evidence(record, folder=folder),
        folder=str(folder),
    )


def _elsewhere(plan: Plan, settings: Settings, threads: int) -> Outcome:
    import torch

    torch.set_num_threads(threads)
    return experiment(plan, settings, load_registry())
