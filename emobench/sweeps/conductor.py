"""Who is under way, who is tried again, when a sweep stops: between trials and what runs them.

No Ray here: trials go by the names that the engine gives them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from emobench.api.errors import RunError
from emobench.sweeps.assignment import Progress
from emobench.sweeps.trial import Trial, TrialEnd, TrialSource
from emobench.sweeps.watcher import Watcher

RETRIES = 3
"""How often a trial is tried again whose worker died, or whose machine did."""

GRACE_S = 5.0
"""What workers are given to let go of their runs once the sweep is stopped."""

UNFIT = (
    "no worker can take up trial {trial}, tried {count} times: {reason}; see that all machines "
    "have the same Python, Ray, emobench and plugins, then give the same command again: what was "
    "finished is kept"
)


class Conductor:
    """Hands out the trials of a source, and tells it what is heard of them.

    An error in here stops the sweep as an interrupt does: workers let go, and `fault` is kept.
    """

    def __init__(
        self,
        source: TrialSource,
        *,
        trials: int,
        watcher: Watcher,
        room: Callable[[], int],
        halt: Path,
    ) -> None:
        self.fault: BaseException | None = None
        self._source, self._trials, self._watcher = source, trials, watcher
        self._room, self._halt = room, halt
        self._live: dict[str, Trial] = {}
        self._taken_up: set[str] = set()
        self._losses: Counter[int] = Counter()
        self._for_memory: Counter[int] = Counter()
        self._deadline: float | None = None
        self._exhausted = False

    @property
    def finished(self) -> bool:
        """Whether no trial is under way and none will be."""
        return not self._live and (self.fault is not None or self._exhausted)

    def next_trial(self, name: str) -> Trial | None:
        """The next trial, to be known by this name; None where there is none at present."""
        if self.fault is not None or len(self._live) >= self._room():
            return None
        try:
            trial = self._source.next_trial(count=self._trials)
        except Exception as error:  # noqa: BLE001 - kept, and raised where the sweep was begun
            self.stop(error)
            return None
        if trial is not None:
            self._live[name] = trial
        self._exhausted = trial is None and not self._live
        return trial

    def began(self, name: str) -> None:
        """A worker has the trial."""
        if name in self._live:
            self._taken_up.add(name)
            self._watcher.began(self._live[name])

    def heard(self, name: str, progress: Progress) -> bool:
        """Take in what a worker tells; whether its trial goes on."""
        trial = self._live.get(name)
        if trial is None:
            return False
        try:
            return self._heard(name, trial, progress)
        except Exception as error:  # noqa: BLE001 - likewise
            self.stop(error)
            self._live.pop(name, None)
            return False

    def needs_less(self, trial: Trial) -> bool:
        """Whether a trial is to be tried with less memory.

        Its worker was ended for that more than once: the first time it may have been another's.
        """
        return self._for_memory[trial.index] > 1

    def lost(self, name: str, reason: str, *, for_memory: bool = False) -> None:
        """The worker of a trial died: it is tried again elsewhere, a few times.

        Where none so much as took it up, no other trial would be spared.
        """
        trial = self._live.get(name)
        if trial is None:
            return
        self._losses[trial.index] += 1
        self._for_memory[trial.index] += for_memory
        count = self._losses[trial.index]
        if count <= RETRIES:
            end = TrialEnd(state="interrupted", reason=reason)
            self._watcher.say(
                f"trial {trial.index} is tried again ({count} of {RETRIES}): {reason}"
            )
        elif name not in self._taken_up:
            self.broke(name, RunError(UNFIT.format(trial=trial.index, count=count, reason=reason)))
            return
        else:
            end = TrialEnd(state="failed", reason=f"tried {count} times, each time: {reason}")
        try:
            self._end(name, trial, end)
        except Exception as error:  # noqa: BLE001 - likewise
            self.stop(error)

    def broke(self, name: str, fault: Exception) -> None:
        """A trial met what no other would be spared."""
        self._live.pop(name, None)
        self.stop(fault)

    def stop(self, fault: BaseException) -> None:
        """Hand out no more trials, and have the workers let go of theirs."""
        if self.fault is None:
            self.fault = fault
            self._deadline = time.monotonic() + GRACE_S
            with suppress(OSError):  # without the mark, workers are ended when the grace is over
                self._halt.touch()

    @property
    def overdue(self) -> bool:
        """Whether workers have had their time to let go."""
        return self._deadline is not None and time.monotonic() > self._deadline

    def _heard(self, name: str, trial: Trial, progress: Progress) -> bool:
        goes_on = True
        for report in progress.reports:
            goes_on &= self._source.heard(trial.index, report)
            self._watcher.heard(trial, report)
        if progress.end is not None:
            self._end(name, trial, progress.end)
            return False
        if not goes_on:
            last = progress.reports[-1]
            end = TrialEnd(
                state="stopped",
                reason=f"others did better after epoch {last.epoch}",
                run_id=progress.run_id,
                validation=last.validation,
                epochs=last.epoch,
                seconds=last.seconds,
                reduced=progress.reduced,
            )
            self._end(name, trial, end)
        return goes_on

    def _end(self, name: str, trial: Trial, end: TrialEnd) -> None:
        self._live.pop(name, None)
        self._taken_up.discard(name)
        self._source.ended(trial.index, end)
        self._watcher.ended(trial, end)
