"""What an observer of a sweep may hear, and what trials may use and are asked for. No Ray here."""

from __future__ import annotations

from dataclasses import dataclass

from emobench.sweeps.trial import Report, Trial, TrialEnd


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Where trials run and what each may use.

    Without an address Ray is started on this machine; `auto` finds the cluster that runs here.
    Without `gpus` a trial has a whole one, where there are any when the sweep begins. Without
    `concurrent`, as many trials run at once as there is room for. A trial of which nothing
    is heard for `patience` seconds is taken for hung. One that would train `slowest` times as long
    as the recipe as it stands is ended, once that is through; 0 never does.

    `cost` is the field of a record's costs that trials tell as their second objective. With
    `end_collapsing`, a worker ends a trial as `stopped` once `scoring.falling.hopeless` says so of
    its history: the trial's recipe, and so its identity, stays what was searched. `storage` is a
    URL to which workers copy their runs, where machines have no folder in common.
    """

    address: str | None = None
    cpus: int = 1
    gpus: float | None = None
    concurrent: int | None = None
    patience: float = 1800.0
    slowest: float = 3.0
    cost: str | None = None
    end_collapsing: bool = False
    storage: str | None = None


class Watcher:
    """Hears nothing; override what is wanted."""

    def say(self, message: str) -> None:
        """Something the user should know: a worker that died, a trial that is tried again."""

    def began(self, trial: Trial) -> None:
        """A trial was given to a worker; also one that goes on."""

    def heard(self, trial: Trial, report: Report) -> None:
        """A trial is through an epoch."""

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        """A trial is over, or was interrupted."""
