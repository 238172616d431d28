"""Ray Tune's hands: they place trials on workers, keep these warm and notice the dead.

The only file that imports ray. What is decided and remembered is the study's.
"""

from __future__ import annotations

import logging
import os
import pickle
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import ray
from ray import tune
from ray.exceptions import RayActorError
from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from emobench.api.errors import DataError, EmobenchError, RunError, UsageError
from emobench.runs.plan import Settings
from emobench.sweeps.assignment import WORKERS_FOLDER
from emobench.sweeps.conductor import Conductor
from emobench.sweeps.parcel import Assigner, Parcel, from_anywhere
from emobench.sweeps.study import Study
from emobench.sweeps.watcher import Resources, Watcher

OBJECT_STORE = 100 * 2**20
"""Bytes: what trials are given and tell is small."""

NODES_EVERY_S = 2.0
"""How often the machines of a cluster are counted."""

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
}
"""Settings of Ray's: no files a trial, no state of its own, no messages, no handler of signals."""

LET_GO = "the sweep's worker let go of it; the same command goes on with it"


def run_on_ray(
    study: Study, *, trials: int, settings: Settings, resources: Resources, watcher: Watcher
) -> None:
    """Run what is left of a study's trials, several at once.

    A KeyboardInterrupt comes out once the workers have let go of their runs, a second one at
    once. What concerns every trial, such as a full disk, ends the sweep with its own error.
    """
    settings = from_anywhere(settings)
    output = settings.runs / WORKERS_FOLDER
    halt = output / f"halt-{os.getpid()}-{secrets.token_hex(4)}"
    _sweep_out(output)
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        room = stack.enter_context(_cluster(resources))
        conductor = Conductor(study, trials=trials, watcher=watcher, room=room, halt=halt)
        stack.callback(halt.unlink, missing_ok=True)
        stack.enter_context(_interruptible(conductor))
        assign = Assigner(study, settings=settings, resources=resources, halt=halt)
        try:
            _fit(conductor, assign, resources=resources)
        except KeyboardInterrupt as error:
            conductor.stop(error)
        except Exception as error:
            if conductor.fault is None:
                raise RunError(
                    f"Ray Tune failed: {type(error).__name__}: {error}; what was done is kept, "
                    "and the same command goes on with it"
                ) from error
        if conductor.fault is not None:
            raise conductor.fault


def _sweep_out(output: Path) -> None:
    """Remove the marks that killed sweeps left."""
    output.mkdir(parents=True, exist_ok=True)
    for mark in output.glob("halt-*"):
        mark.unlink(missing_ok=True)


@contextmanager
def _interruptible(conductor: Conductor) -> Iterator[None]:
    """The first interrupt stops the sweep, the second one this process."""

    def interrupted(_: int, __: FrameType | None) -> None:
        if isinstance(conductor.fault, KeyboardInterrupt):
            raise KeyboardInterrupt
        conductor.stop(KeyboardInterrupt())

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _fit(conductor: Conductor, assign: Assigner, *, resources: Resources) -> None:
    """Let Tune run until the conductor has no more trials to give."""
    storage = tempfile.mkdtemp(prefix="emobench-tune-")
    try:
        tune.run(
            _Worker,
            name="sweep",
            num_samples=-1,
            resources_per_trial=tune.PlacementGroupFactory(
                [{"CPU": resources.cpus, **({"GPU": resources.gpus} if resources.gpus else {})}]
            ),
            storage_path=storage,
            search_alg=_Suggestions(conductor, assign),
            scheduler=_Decisions(conductor),
            callbacks=[_Events(conductor)],
            reuse_actors=True,
            raise_on_failed_trial=False,
            verbose=0,
        )
    finally:
        shutil.rmtree(storage, ignore_errors=True)


class _Worker(tune.Trainable):
    """A process that runs one trial after the other."""

    def setup(self, config: dict[str, Any]) -> None:
        """Settle down with a first trial."""
        config["parcel"].workplace.enter()
        self._take(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take up another trial; the last one may have been stopped in the middle."""
        self._run.stop(LET_GO)
        self._take(new_config)
        return True

    def _take(self, config: dict[str, Any]) -> None:
        from emobench.registry import load_registry
        from emobench.sweeps.worker import TrialRun

        parcel: Parcel = config["parcel"]
        os.chdir(parcel.workplace.folder)
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
            return {"parcel": self._assigner.parcel(trial)}
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
        """A worker died, or could not begin."""
        self._conductor.lost(trial.trial_id, _cause(trial.get_pickled_error()))
        trial.config["parcel"].empty()


class _Events(tune.Callback):
    """Tells the conductor what else happens."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    def on_trial_start(self, iteration: int, trials: Any, trial: TuneTrial, **_: Any) -> None:
        """A worker has a trial."""
        self._conductor.began(trial.trial_id)

    def on_step_end(self, iteration: int, trials: Any, **_: Any) -> None:
        """Wait no longer for workers that had their time; their death leaves runs to resume."""
        if self._conductor.overdue:
            raise KeyboardInterrupt


def _cause(error: Exception | None) -> str:
    """Why a worker was lost, in a line."""
    text = str(error)
    if isinstance(error, RayActorError):
        return "its machine is gone" if "node" in text and "died" in text else "its worker died"
    cause = getattr(error, "cause", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


class _Room:
    """How many trials may run at once: as many as there are places for, or as was asked."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._asked = 0.0
        self._places = 0

    def __call__(self) -> int:
        """The number of now: machines come and go."""
        if self._resources.concurrent is not None and self._resources.address is not None:
            return self._resources.concurrent  # those without a place yet make a cluster grow
        most = self._resources.concurrent or sys.maxsize
        return min(most, max(1, self.places()))

    def places(self) -> int:
        """For how many trials the machines have room, when nothing runs."""
        if time.monotonic() - self._asked > NODES_EVERY_S:
            self._places = sum(map(self._on, _nodes()))
            self._asked = time.monotonic()
        return self._places

    def gpus(self) -> float:
        """All that there are."""
        return sum(node.get("GPU", 0.0) for node in _nodes())

    def _on(self, node: Mapping[str, float]) -> int:
        wanted = {"CPU": float(self._resources.cpus), "GPU": self._resources.gpus}
        return min(
            int(node.get(kind, 0) / amount + 1e-6) for kind, amount in wanted.items() if amount
        )


@contextmanager
def _cluster(resources: Resources) -> Iterator[_Room]:
    """Ray, started here or found at an address, and left as it was found."""
    with ExitStack() as stack:
        if not ray.is_initialized():
            stack.callback(ray.shutdown)
            if resources.address is None:
                _start(stack.enter_context(_short_folder()))
            else:
                _connect(resources.address)
        room = _Room(resources)
        if resources.address is None and not room.places():
            raise UsageError(
                f"a trial asks for {resources.cpus} CPUs and {resources.gpus:g} GPUs, and this "
                f"machine has {_cores()} and {room.gpus():g}; ask for "
                "less with --cpus-per-trial and --gpus-per-trial, or name a cluster with --address"
            )
        yield room


def _nodes() -> list[Mapping[str, float]]:
    """What each machine that is up has."""
    known: list[Mapping[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node["Resources"] for node in known if node["Alive"]]


def _start(folder: str) -> None:
    try:
        ray.init(
            address="local",
            num_cpus=_cores(),
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            object_store_memory=OBJECT_STORE,
            _temp_dir=folder,
        )
    except Exception as error:
        raise RunError(
            f"Ray could not be started on this machine: {type(error).__name__}: {error}"
        ) from error


def _connect(address: str) -> None:
    """Join a cluster. What workers there must know of this process travels with the job."""
    if address.startswith("ray://"):
        raise UsageError(
            f"--address {address}: sweeps do not run through Ray's client; give the command on a "
            "machine of the cluster, with --address auto"
        )
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            runtime_env={"env_vars": QUIET},
        )
    except Exception as error:
        raise UsageError(
            f"no Ray cluster can be joined at '{address}': {_first_line(error)}; start one with "
            "`ray start --head`, or leave --address out to use this machine"
        ) from error


@contextmanager
def _short_folder() -> Iterator[str]:
    """A folder for Ray's own files: their names must fit into the address of a socket."""
    place = "/tmp" if os.access("/tmp", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="emo-", dir=place)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of what Ray and Tune say of themselves reaches the user."""
    before = {key: os.environ.get(key) for key in QUIET}
    logger = logging.getLogger("ray")
    level = logger.level
    os.environ.update(QUIET)
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
