"""Ray Tune's hands: they place trials on workers, keep these warm and notice the dead.

Only here and in `cluster.py` is ray imported. What is decided and remembered is the study's.
Ray Tune loads for two seconds: `engine.py` imports this once Ray is being started.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Mapping
from typing import Any

import ray
from ray import tune
from ray.air.execution.resources import FixedResourceManager
from ray.exceptions import OutOfMemoryError, RayActorError
from ray.tune.execution.tune_controller import TuneController
from ray.tune.experiment import Experiment
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher, SearchGenerator

from emobench.api.errors import DataError, EmobenchError, RunError, UsageError
from emobench.sweeps.assignment import Assigner, Parcel
from emobench.sweeps.cluster import Room, scratch
from emobench.sweeps.conductor import Conductor

MOST_PENDING = 1000
"""Tune may start as many workers at once as the conductor gives it trials."""

PLACE_WAIT_S = 60.0
"""How long a worker that is on its way is waited for before another takes its trial."""

LOW_ON_MEMORY = (
    "Ray ended its worker as the machine ran low on memory; fewer trials at once (--concurrent) or "
    "smaller batches need less"
)

LET_GO = "the sweep's worker let go of it"


def place_trials(conductor: Conductor, assign: Assigner, *, room: Room) -> None:
    """Let Tune place trials until the conductor has no more to give."""
    resources = room.resources
    gpus = {"GPU": resources.gpus} if resources.gpus else {}
    with scratch() as storage:
        experiment = Experiment(
            "sweep",
            run=_Worker,
            num_samples=sys.maxsize,
            resources_per_trial=tune.PlacementGroupFactory([{"CPU": resources.cpus, **gpus}]),
            storage_path=storage,
        )
        search = SearchGenerator(_Suggestions(conductor, assign))
        controller: Any = _Controller(
            conductor,
            is_here=room.is_here,
            search_alg=search,
            scheduler=_Decisions(conductor),
            callbacks=[_Events(conductor)],
            reuse_actors=True,
            storage=experiment.storage,
        )
        search.add_configurations([experiment])
        controller.update_max_pending_trials(MOST_PENDING)
        while not controller.is_finished() and not conductor.overdue:
            controller.step()
        if not conductor.overdue:  # else workers are at work, and their death does no harm
            controller.cleanup()


class _Controller(TuneController):
    """Tune's own, but that it waits for workers which are on their way.

    Tune would end them for a trial that another worker could take over. Where trials are shorter
    than the start of a process, it ends every second worker it starts, and never has two.
    """

    def __init__(self, conductor: Conductor, *, is_here: bool, **given: Any) -> None:
        # Placement groups, which Tune's own way asks for, need workers to be told that they stand.
        super().__init__(
            **given, resource_manager_factory=FixedResourceManager if is_here else None
        )
        self._conductor = conductor
        if is_here:
            self._class_cache: Any = _AsStarted()
        self._awaited: dict[TuneTrial, float] = {}

    def checkpoint(self, force: bool = False, wait: bool = False) -> None:
        """Tune keeps no state of its own: the journal has everything."""

    def _maybe_reuse_cached_actor(self, trial: TuneTrial) -> bool:
        if trial in self._trial_to_actor and trial not in self._resetting_trials:
            since = self._awaited.setdefault(trial, time.monotonic())
            if time.monotonic() - since < PLACE_WAIT_S:
                return False
        self._awaited.pop(trial, None)
        return bool(super()._maybe_reuse_cached_actor(trial))

    def _process_trial_failure(self, trial: TuneTrial, exception: Any) -> None:
        cause = _cause(exception)
        self._conductor.lost(trial.trial_id, cause, for_memory=cause == LOW_ON_MEMORY)
        super()._process_trial_failure(trial, exception)


class _AsStarted:
    """Workers as Ray starts them beforehand, and they load what trials need meanwhile.

    Tune's own asks for some with other environment variables, so that others are started. On this
    machine they have those of this process anyway.
    """

    def get(self, trainable: type[tune.Trainable]) -> Any:
        """What Ray makes a worker of."""
        return ray.remote(trainable)


class _Worker(tune.Trainable):
    """A process that runs one trial after the other."""

    def setup(self, config: dict[str, Any]) -> None:
        """Settle down with a first trial."""
        config["parcel"].workplace.enter()
        self._take(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take up another trial; the last one may have been stopped in the middle.

        Where that has spoilt the process, what is raised here has Tune start another one.
        """
        self._run.stop(LET_GO)
        if self._run.spoilt:
            raise RuntimeError(self._run.spoilt)
        self._take(new_config)
        return True

    def _take(self, config: dict[str, Any]) -> None:
        from emobench.registry import load_registry
        from emobench.sweeps.worker import TrialRun

        parcel: Parcel = config["parcel"]
        parcel.workplace.go_there()
        self._run = TrialRun(pickle.loads(parcel.content), registry=load_registry())

    def step(self) -> dict[str, Any]:
        """What became of the trial in the meantime."""
        try:
            progress = self._run.advance()
        except EmobenchError as error:
            return {"fault": _plain(error)}
        return {"progress": progress}

    def cleanup(self) -> None:
        """Let go of a trial that was stopped in the middle."""
        self._run.stop(LET_GO)

    def get_auto_filled_metrics(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Nothing: Tune would send back, and keep, what each trial was given."""
        return {}


def _plain(error: EmobenchError) -> EmobenchError:
    """The error as one of ours, which the sweep's own process is sure to know."""
    for kind in (DataError, UsageError):
        if isinstance(error, kind):
            return kind(str(error))
    return RunError(str(error))


class _Suggestions(Searcher):
    """Hands the conductor's trials to Tune."""

    def __init__(self, conductor: Conductor, assigner: Assigner) -> None:
        super().__init__()
        self._conductor, self._assigner = conductor, assigner

    def suggest(self, trial_id: str) -> Any:
        """The next trial's parcel, None where there is none at present."""
        trial = self._conductor.next_trial(trial_id)
        if trial is not None:
            smaller = self._conductor.needs_less(trial)
            return {"parcel": self._assigner.parcel(trial, smaller=smaller)}
        return self.FINISHED if self._conductor.finished else None

    def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
        """The scheduler hears it too."""

    def save(self, checkpoint_path: str) -> None:
        """The journal has everything."""

    def restore(self, checkpoint_path: str) -> None:
        """Likewise."""


class _Decisions(FIFOScheduler):
    """Tells the conductor what is heard, and Tune which trials go on."""

    def __init__(self, conductor: Conductor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._conductor = conductor

    def on_trial_result(
        self, tune_controller: Any, trial: TuneTrial, result: Mapping[str, Any]
    ) -> str:
        """Whether the trial goes on."""
        if "fault" in result:
            self._conductor.broke(trial.trial_id, result["fault"])
            goes_on = False
        else:
            goes_on = self._conductor.heard(trial.trial_id, result["progress"])
        if goes_on:
            return str(TrialScheduler.CONTINUE)
        trial.config["parcel"].empty()
        return str(TrialScheduler.STOP)

    def on_trial_error(self, tune_controller: Any, trial: TuneTrial) -> None:
        """Its worker died, which the conductor knows; it comes again as another of Tune's."""
        trial.config["parcel"].empty()


class _Events(tune.Callback):
    """Tells the conductor when a worker takes up a trial."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    def on_trial_start(self, iteration: int, trials: Any, trial: TuneTrial, **_: Any) -> None:
        """A worker has a trial."""
        self._conductor.began(trial.trial_id)


def _cause(error: Exception) -> str:
    """Why a worker was lost, in a line."""
    # Of an actor's death Ray always names memory as one cause that may be; these words it keeps
    # for what its own watch on memory did.
    if isinstance(error, OutOfMemoryError) or "low on memory" in str(error):
        return LOW_ON_MEMORY
    if isinstance(error, RayActorError):
        return "its machine is gone" if "its node has died" in str(error) else "its worker died"
    cause = getattr(error, "cause", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
