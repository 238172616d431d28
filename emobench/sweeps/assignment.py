"""What a worker is told of a trial, and what it tells. Loads neither Ray nor torch."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from emobench.runs.plan import Settings
from emobench.sweeps.trial import Report, Trial, TrialEnd, TrialSource
from emobench.sweeps.watcher import Resources

WORKERS_FOLDER = "workers"
"""Below the sweep's folder: what workers print, and the calls under way in those that hung."""

LEAST_ALLOWANCE_S = 10.0
"""Below this, how long a trial takes is chance."""


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A trial, and what a worker must know to run it. Once `halt` exists, it stops resumably.

    `allowance` is how many seconds it may train in all, at the pace that it shows. `storage` is the
    URL to which its run is copied, and from which it goes on. `smaller`: with half the micro-batch
    from the first, where the recipe allows it.
    """

    trial: Trial
    milestones: tuple[int, ...]
    settings: Settings
    halt: Path
    patience: float
    allowance: float | None = None
    cost: str | None = None
    end_collapsing: bool = False
    storage: str | None = None
    smaller: bool = False


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What a worker tells of its trial: epochs since it last did, and the end once there is one.

    `reduced` says how it was made to fit into memory, if it was.
    """

    reports: tuple[Report, ...] = ()
    end: TrialEnd | None = None
    run_id: str | None = None
    reduced: str = ""


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """What a worker has in common with the process that began the sweep."""

    folder: str
    path: tuple[str, ...]
    environment: Mapping[str, str]
    threads: int
    output: Path

    def enter(self) -> None:
        """Make this process such a worker; what it prints goes to a file in `output`."""
        import torch

        os.environ.update(self.environment)
        sys.path.extend(place for place in self.path if place not in sys.path)
        self.go_there()
        torch.set_num_threads(self.threads)
        self.output.mkdir(parents=True, exist_ok=True)
        name = f"{os.uname().nodename}-{os.getpid()}.log"
        log = os.open(self.output / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)

    def go_there(self) -> None:
        """Work in the folder of the process that began the sweep, where this machine has it.

        Only relative paths in a method need it: all others are whole.
        """
        if Path(self.folder).is_dir():
            os.chdir(self.folder)


class Parcel:
    """An assignment as bytes. Tune copies and words what it is given, and keeps it for ever."""

    def __init__(self, assignment: Assignment, workplace: Workplace) -> None:
        self.workplace = workplace
        self.content = pickle.dumps(assignment)

    def __deepcopy__(self, memo: object) -> Parcel:
        return self

    def __repr__(self) -> str:
        return "trial"

    def empty(self) -> None:
        """Keep nothing of a trial that is over."""
        self.content = b""


class Assigner:
    """Makes the parcels for the workers."""

    def __init__(
        self, source: TrialSource, *, settings: Settings, resources: Resources, halt: Path
    ) -> None:
        self._source, self._settings, self._resources = source, settings, resources
        self._halt = halt
        self._workplace = Workplace(
            folder=os.getcwd(),
            path=tuple(sys.path),
            environment={
                key: value for key, value in os.environ.items() if key.startswith("EMOBENCH_")
            },
            threads=resources.cpus,
            output=settings.runs / WORKERS_FOLDER,
        )

    def parcel(self, trial: Trial, *, smaller: bool = False) -> Parcel:
        """What the worker of this trial gets."""
        assignment = Assignment(
            trial=trial,
            milestones=self._source.milestones(trial),
            settings=self._settings,
            halt=self._halt,
            patience=self._resources.patience,
            allowance=self._allowance(trial),
            cost=self._resources.cost,
            end_collapsing=self._resources.end_collapsing,
            storage=self._resources.storage,
            smaller=smaller,
        )
        return Parcel(assignment, self._workplace)

    def _allowance(self, trial: Trial) -> float | None:
        measure = self._source.yardstick(trial)
        if measure is None or not self._resources.slowest:
            return None
        return max(LEAST_ALLOWANCE_S, self._resources.slowest * measure)


def from_anywhere(settings: Settings) -> Settings:
    """Settings that mean the same in a worker, wherever that was started."""
    return replace(
        settings,
        runs=settings.runs.absolute(),
        data_root=str(Path(settings.data_root).absolute()) if settings.data_root else "",
        cache=settings.cache.absolute() if settings.cache else None,
    )
