"""What a worker hears of the run that it trains: signs of life, figures, and the time it takes."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emobench.runs.executor import Stopped
from emobench.runs.folder import read_history
from emobench.runs.listener import Listener, StepReport
from emobench.sweeps.watchdog import Watchdog

HALTED = "the sweep was stopped; the same command goes on with it"


@dataclass(kw_only=True)
class Ear(Listener):
    """Hears the run: every sign of life calms the watchdog, and shows whether to stop."""

    watchdog: Watchdog
    halt: Path
    runs: Path
    trial: int
    run_id: str | None = None
    rows: deque[Mapping[str, float]] = field(default_factory=lambda: deque(maxlen=50))
    _epoch_ends: list[float] = field(default_factory=list)
    _training_since: float | None = None
    _resting_since: float | None = None
    _rested: float = 0.0

    def began(self, run_id: str) -> None:
        """The run has its folder, and its first record."""
        self.run_id = run_id

    def stage(self, name: str, detail: str = "") -> None:
        """Another part of the run begins."""
        if name == "train":
            self._training_since = self._now()
            self._epoch_ends.clear()
        if name == "resume" and self.run_id is not None:
            # By now the history ends where the checkpoint does.
            self.rows.extend(read_history(self.runs / self.run_id))
        self.sign_of_life()

    def progress(self, done: int, total: int) -> None:
        """Data are being prepared."""
        self.sign_of_life()

    def step(self, report: StepReport) -> None:
        """Training is under way."""
        self.sign_of_life()

    def epoch(self, epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        """An epoch is over: keep its figures, and when that was."""
        self.rows.append(metrics)
        self._epoch_ends.append(self._now())

    def warn(self, message: str) -> None:
        """Say it where workers print."""
        print(f"trial {self.trial}: {message}", file=sys.stderr, flush=True)

    def trained(self) -> float:
        """Seconds of training in this process, without what came before it."""
        return 0.0 if self._training_since is None else self._now() - self._training_since

    def pace(self) -> float | None:
        """Seconds an epoch takes, by the second one trained here and those after it.

        The first has in it what a process does once: imports, the start of the GPU, its kernels.
        """
        first, *others = self._epoch_ends or [0.0]
        return (others[-1] - first) / len(others) if others else None

    def rest(self) -> None:
        """Nothing is trained until `wake`: what is waited for others is not this trial's time."""
        self._resting_since = time.monotonic()

    def wake(self) -> None:
        """Training goes on."""
        if self._resting_since is not None:
            self._rested += time.monotonic() - self._resting_since
            self._resting_since = None

    def _now(self) -> float:
        """A clock that stands still while nothing is trained."""
        now = time.monotonic() if self._resting_since is None else self._resting_since
        return now - self._rested

    def sign_of_life(self) -> None:
        """The work goes on; it ends here where the sweep was stopped."""
        self.watchdog.heard()
        if self.halt.exists():
            raise Stopped(HALTED)
