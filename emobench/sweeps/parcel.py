"""What is sent to a worker for a trial, such that nothing of it stays behind. No Ray here."""

from __future__ import annotations

import os
import pickle
import sys
from dataclasses import replace
from pathlib import Path

from emobench.runs.plan import Settings
from emobench.sweeps.assignment import WORKERS_FOLDER, Assignment, Workplace
from emobench.sweeps.study import Study
from emobench.sweeps.trial import Trial
from emobench.sweeps.watcher import Resources


def from_anywhere(settings: Settings) -> Settings:
    """Settings that mean the same in a worker, wherever that was started."""
    return replace(
        settings,
        runs=settings.runs.absolute(),
        data_root=str(Path(settings.data_root).absolute()) if settings.data_root else "",
        cache=settings.cache.absolute() if settings.cache else None,
    )


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
        self, study: Study, *, settings: Settings, resources: Resources, halt: Path
    ) -> None:
        self._study, self._settings, self._resources = study, settings, resources
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

    def parcel(self, trial: Trial) -> Parcel:
        """What the worker of this trial gets."""
        assignment = Assignment(
            trial=trial,
            milestones=self._study.milestones(trial),
            settings=self._settings,
            halt=self._halt,
            patience=self._resources.patience,
            cost=self._resources.cost,
            end_collapsing=self._resources.end_collapsing,
            storage=self._resources.storage,
        )
        return Parcel(assignment, self._workplace)
