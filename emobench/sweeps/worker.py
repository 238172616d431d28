"""One trial inside a worker: its epochs, up to where the sweep must hear of it. No Ray here.

Whatever a method does wrong is how its trial ends. What raises is what no other trial would be
spared: a full disk, data that are gone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import torch

from emobench.api import DataError, EmobenchError, RunError, UsageError
from emobench.recipes.identity import identity
from emobench.registry import Registry
from emobench.runs.executor import Epochs, Stopped, execute_by_epochs
from emobench.runs.folder import RunLocked
from emobench.runs.opening import open_any
from emobench.runs.plan import Plan, run_id
from emobench.runs.record import FINAL_STATES, Record, State
from emobench.runs.store import RunStore
from emobench.scoring.falling import StopCollapsingOptions, hopeless
from emobench.sweeps.assignment import WORKERS_FOLDER, Assignment, Progress
from emobench.sweeps.ear import Ear
from emobench.sweeps.evidence import validation_figure
from emobench.sweeps.memory import portions, reduced
from emobench.sweeps.storage import Mirror, Storage
from emobench.sweeps.trial import Report, TrialEnd, TrialState
from emobench.sweeps.watchdog import Watchdog
from emobench.training.loop import EpochDone

T = TypeVar("T")

SLICE_S = 2.0
"""A worker is heard this often, or after every epoch that takes longer."""

LOCK_WAIT_S = 120.0
"""How long a run is waited for: a file server may keep a dead machine's locks for 90 s."""


class TrialRun:
    """A trial under way in this process.

    `spoilt` says why no other can run in this process after it; empty where one can.
    """

    def __init__(self, assignment: Assignment, *, registry: Registry) -> None:
        self._asked = assignment
        self._registry = registry
        self._plan = assignment.trial.plan
        self._reduced = ""
        if assignment.smaller:
            self._reduce()
        self._epochs: Epochs | None = None
        self._last: Report | None = None
        self.spoilt = ""
        self._watchdog = Watchdog(
            assignment.settings.runs / WORKERS_FOLDER / trace_name(assignment.trial.plan),
            patience=assignment.patience,
            inside="advance",
        )
        self._mirror = None
        if assignment.storage is not None:
            storage = Storage(url=assignment.storage)
            self._mirror = Mirror(
                storage=storage, runs=assignment.settings.runs, alive=self._watchdog.heard
            )
        self._ear = Ear(
            watchdog=self._watchdog,
            halt=assignment.halt,
            runs=assignment.settings.runs,
            trial=assignment.trial.index,
        )

    def advance(self) -> Progress:
        """Train until a milestone, the end, or for a moment; raises what concerns all trials."""
        started = time.monotonic()
        reports: list[Report] = []
        end = None
        self._ear.wake()
        try:
            while end is None:
                told = self._epoch()
                if isinstance(told, TrialEnd):
                    end = told
                    break
                reports.append(told)
                end = self._ended_early()
                late = time.monotonic() - started > SLICE_S
                if late or told.epoch in self._asked.milestones:
                    break
            self._ear.rest()
            self._copy(at_last=end is not None)
            self._watchdog.rest()
        except BaseException:
            self._let_go()
            raise
        if end is not None:
            self._let_go()
        return Progress(
            reports=tuple(reports), end=end, run_id=self._ear.run_id, reduced=self._reduced
        )

    def stop(self, reason: str) -> None:
        """End the run, if it is under way, so that it can go on another time."""
        if self._epochs is not None:
            # Whatever comes of it: the record has said from the first that it was interrupted.
            with suppress(StopIteration, Stopped, EmobenchError):
                self._epochs.throw(Stopped(reason))
            if self._mirror is not None and self._ear.run_id is not None:
                with suppress(EmobenchError):
                    self._mirror.try_once(self._ear.run_id)
        self._let_go()

    def _epoch(self) -> Report | TrialEnd:
        """The next epoch, or how the trial ended."""
        calls = self._watchdog.last_words() if self._epochs is None else ()
        self._watchdog.heard()
        try:
            if calls:
                end = self._once_free(partial(self._hung, calls))
                self._watchdog.put_by()
                return end
            epoch = self._once_free(self._next)
        except StopIteration as over:
            return self._over(over.value)
        except Stopped as halted:  # while the run was waited for; one under way tells it itself
            return self._end("interrupted", str(halted), run_id=self._ear.run_id)
        except RunLocked:
            raise
        except EmobenchError as error:
            if self._concerns_all(error):
                raise
            self._forget_discarded()
            return self._end("failed", str(error), run_id=self._ear.run_id)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code may raise it
            reason = f"{type(error).__name__}: {error}"
            return self._end("failed", reason, run_id=self._ear.run_id)
        metric = self._plan.task.metric
        self._last = Report(
            epoch=epoch.epoch,
            epochs=epoch.epochs,
            validation=_finite(epoch.metrics.get(f"validation_{metric}")),
            seconds=self._ear.trained(),
        )
        return self._last

    def _forget_discarded(self) -> None:
        """Name no run that left nothing, as one does that is refused at once."""
        name, store = self._ear.run_id, RunStore(self._asked.settings.runs)
        if name is not None and not store.run_dir(name).exists():
            self._ear.run_id = None

    def _next(self) -> EpochDone:
        self._epochs = self._epochs or self._begun()
        try:
            return next(self._epochs)
        except RunLocked:
            self._epochs = None
            raise

    def _once_free(self, work: Callable[[], T]) -> T:
        """Work on a run that a dead process may hold for a while yet."""
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                return work()
            except RunLocked:
                if time.monotonic() > deadline:
                    raise
                self._ear.sign_of_life()
                time.sleep(0.5)

    def _begun(self) -> Epochs:
        """The run under way: from its copy, where another machine has come further with it."""
        settings = replace(self._asked.settings, fresh=False, plots=False)
        if self._is_allowed_less:
            settings = replace(settings, time_limit=self._asked.allowance)
        if self._mirror is not None:
            opened = open_any(self._plan, settings=settings, registry=self._registry)
            self._mirror.begin(opened.run_id)
        return execute_by_epochs(
            self._plan, settings=settings, registry=self._registry, listener=self._ear
        )

    def _copy(self, *, at_last: bool) -> None:
        """Keep the run's copy close behind it, where there is one."""
        if self._mirror is None or self._ear.run_id is None:
            return
        if at_last:
            self._mirror.end(self._ear.run_id)
        else:
            self._mirror.epoch(self._ear.run_id)

    def _over(self, record: Record) -> TrialEnd | Report:
        """The end that a record tells of; with less memory, a second try may begin."""
        self._epochs = None
        if record.state == "out_of_memory" and not self._reduced and self._reduce():
            self._copy(at_last=True)
            self._ear.rows.clear()
            _free_memory()
            return self._epoch()
        if record.state == "timed_out" and self._is_allowed_less:
            most = f"{self._asked.allowance:.0f} s"
            return self._stopped(f"it trained longer than the {most} it may (--slowest)")
        cost = self._asked.cost
        return self._end(
            record.state,
            "" if record.state == "collapsed" else record.reason,
            run_id=record.id,
            validation=validation_figure(record),
            epochs=record.costs.epochs,
            seconds=record.costs.train_s,
            cost=_finite(getattr(record.costs, cost)) if cost and record.scores else None,
        )

    def _reduce(self) -> bool:
        """Go on with half the micro-batch, and updates of the same size; whether that can be."""
        smaller = reduced(self._plan.recipe, registry=self._registry)
        if smaller is None:
            return False
        self._plan = replace(self._plan, recipe=smaller)
        self._reduced = portions(smaller, registry=self._registry)
        return True

    def _end(
        self,
        state: TrialState,
        reason: str,
        *,
        run_id: str | None,
        validation: float | None = None,
        epochs: int = 0,
        seconds: float = 0.0,
        cost: float | None = None,
    ) -> TrialEnd:
        """An end; without its own count, epochs and seconds are those that were heard of here."""
        self._epochs = None
        return TrialEnd(
            state=state,
            reason=reason,
            run_id=run_id,
            validation=validation,
            epochs=epochs or (self._last.epoch if self._last else 0),
            seconds=seconds or self._ear.trained(),
            cost=cost,
            reduced=self._reduced,
        )

    def _ended_early(self) -> TrialEnd | None:
        """The end of a trial that is not worth its other epochs, whatever others do."""
        if self._last is None or self._last.epoch == self._last.epochs:
            return None
        reason = self._hopeless() or self._too_slow(self._last.epochs)
        if not reason:
            return None
        self.stop(reason)
        return self._stopped(reason)

    def _stopped(self, reason: str) -> TrialEnd:
        """The end of a trial that the sweep ended, with what was last heard of it."""
        validation = self._last.validation if self._last else None
        return self._end("stopped", reason, run_id=self._ear.run_id, validation=validation)

    @property
    def _is_allowed_less(self) -> bool:
        """Whether the sweep lets it train for less time than the call's own limit."""
        limit, allowance = self._asked.settings.time_limit, self._asked.allowance
        return allowance is not None and (limit is None or allowance < limit)

    def _hopeless(self) -> str:
        """Why it has collapsed for good; empty where it has not, or those are not to be ended."""
        if not self._asked.end_collapsing:
            return ""
        return hopeless(tuple(self._ear.rows), options=StopCollapsingOptions())

    def _too_slow(self, epochs: int) -> str:
        """Why it would train for longer than it may; empty where it would not."""
        allowance, pace = self._asked.allowance, self._ear.pace()
        if allowance is None or pace is None or pace * epochs <= allowance:
            return ""
        whole = pace * epochs
        return f"it would train for {whole:.0f} s, and may for {allowance:.0f} s (--slowest)"

    def _hung(self, calls: tuple[str, ...]) -> TrialEnd | Report:
        """The end of a trial whose earlier try was ended by the watchdog; its record says so.

        A run that had its answer by then keeps it.
        """
        reason = f"nothing was heard of it for {self._asked.patience:g} s: it hung in {calls[0]}"
        if any(call.endswith(" in open_any") for call in calls):
            return self._end("timed_out", reason, run_id=None)
        opened = open_any(self._plan, settings=self._asked.settings, registry=self._registry)
        store = RunStore(self._asked.settings.runs)
        record = store.get(opened.run_id)
        if record is None:
            return self._end("timed_out", reason, run_id=None)
        if record.state in FINAL_STATES:
            return self._over(record)
        with store.begin(record) as folder:
            folder.finish(_timed_out(record, reason, log=calls))
        return self._end("timed_out", reason, run_id=record.id)

    def _concerns_all(self, error: EmobenchError) -> bool:
        """Whether no other trial would fare better: the disk or the data are at fault."""
        if isinstance(error, DataError | UsageError) and isinstance(error.__cause__, OSError):
            return True
        return isinstance(error, RunError) or (
            isinstance(error, DataError) and self._data_are_gone()
        )

    def _data_are_gone(self) -> bool:
        try:
            open_any(self._plan, settings=self._asked.settings, registry=self._registry)
        except DataError:
            return True
        return False

    def _let_go(self) -> None:
        self._epochs = None
        self._watchdog.close()
        try:
            _free_memory()
        except RuntimeError as error:
            # A fault on the device stays with its process: whatever uses it next fails as well.
            index = self._asked.trial.index
            self.spoilt = f"the GPU fails in its worker after trial {index}: {_first_line(error)}"


def trace_name(plan: Plan) -> str:
    """The file with the calls of this training, where it hung: numbers move between calls."""
    return f"hung-{run_id(plan, identity(method=plan.recipe.method()))}.txt"


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _timed_out(record: Record, reason: str, *, log: tuple[str, ...]) -> Record:
    """The record of a run that was found to have hung."""
    state: State = "timed_out"
    *earlier, last = record.attempts
    ended = replace(last, state=state, reason=reason)
    return replace(record, state=state, reason=reason, log=log, attempts=(*earlier, ended))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _free_memory() -> None:
    """Give back what the last model held on the device, which trials may share.

    A RuntimeError where work on the device has failed: it may show only when that is waited for.
    """
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        import gc

        torch.cuda.synchronize()
        gc.collect()
        torch.cuda.empty_cache()
