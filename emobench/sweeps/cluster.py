"""Ray itself: started on this machine, or joined at an address; how many trials find room there."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import shutil
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray._private import worker as ray_worker
from ray._private.node import Node

from emobench.api.errors import RunError, UsageError
from emobench.cores import usable_cores
from emobench.sweeps.watcher import Resources

OBJECT_STORE = 100 * 2**20
"""Bytes: what trials are given and tell is small."""

START_ATTEMPTS = 3

SCRATCH = f"emobench-{os.getuid()}-"
"""What the names of this user's temporary folders begin with."""

MARKER = "in-use"
"""The file in such a folder that who works there holds locked; without it, it is not ours."""

SETTLED_S = 60.0
"""A folder younger than this may not be locked yet by who made it."""

KNOCK_S = 10.0
"""How long a cluster may take to answer at its address."""

NODES_EVERY_S = 2.0
"""How often the machines of a cluster are counted."""

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
}
"""Settings of Ray's: no messages, no statistics, no folder of its own to work in."""


PRELOAD = "RAY_preload_python_modules"
"""Names the setting by which workers load modules while nobody needs them yet."""

PRELOADED = "emobench.sweeps.worker,torch._dynamo,emobench.sweeps.tune"
"""What a worker spends most of its start with; optimizers load torch._dynamo."""

UNUSED = ("start_api_server", "start_log_monitor", "start_monitor")
"""What Ray starts besides, and waits for: dashboard, collector of logs, autoscaler."""


class Room:
    """How many trials may run at once: as many as there are places for, or as was asked.

    `is_here` where this process started Ray: then workers have its environment.
    """

    def __init__(self, resources: Resources, *, is_here: bool) -> None:
        self.resources, self.is_here = resources, is_here
        self._asked = 0.0
        self._places = 0

    def __call__(self) -> int:
        """The number of now: machines come and go."""
        if self.resources.concurrent is not None and self.resources.address is not None:
            return self.resources.concurrent  # those without a place yet make a cluster grow
        most = self.resources.concurrent or sys.maxsize
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
        wanted = {"CPU": float(self.resources.cpus), "GPU": self.resources.gpus or 0.0}
        return min(
            int(node.get(kind, 0) / amount + 1e-6) for kind, amount in wanted.items() if amount
        )


@contextmanager
def cluster(resources: Resources) -> Iterator[Room]:
    """Ray, started here or found at an address, and left as it was found."""
    with ExitStack() as stack:
        if not ray.is_initialized():
            folder = stack.enter_context(scratch())
            stack.callback(ray.shutdown)
            if resources.address is None:
                _start(folder, resources)
            else:
                _connect(resources.address)
        node = ray_worker._global_node
        room = Room(_with_gpus(resources), is_here=node is not None and node.is_head())
        if resources.address is None and not room.places():
            raise UsageError(
                f"a trial asks for {resources.cpus} CPUs and {resources.gpus or 0:g} GPUs, and "
                f"this machine has {usable_cores()} and {room.gpus():g}; ask for "
                "less with --cpus-per-trial and --gpus-per-trial, or name a cluster with --address"
            )
        yield room


def _with_gpus(resources: Resources) -> Resources:
    """The same, where nobody said how many GPUs a trial has: one, where there are any."""
    if resources.gpus is not None:
        return resources
    return replace(resources, gpus=min(1.0, sum(node.get("GPU", 0.0) for node in _nodes())))


def _nodes() -> list[Mapping[str, float]]:
    """What each machine that is up has."""
    known: list[Mapping[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node["Resources"] for node in known if node["Alive"]]


def _start(folder: str, resources: Resources) -> None:
    """Start Ray here. It gives its own processes half a minute, which a busy machine exceeds."""
    for attempt in range(START_ATTEMPTS):
        try:
            with _sparing() if attempt == 0 else nullcontext(), _preloading(resources):
                ray.init(
                    address="local",
                    num_cpus=_cores_for(resources),
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                    object_store_memory=OBJECT_STORE,
                    _temp_dir=folder,
                )
        except Exception as error:
            ray.shutdown()
            if attempt + 1 == START_ATTEMPTS:
                raise RunError(
                    f"Ray could not be started on this machine: {type(error).__name__}: {error}"
                ) from error
        else:
            return


@contextmanager
def _sparing() -> Iterator[None]:
    """Ray as it starts here has none of the processes that a sweep has no use for."""

    def leave_out(node: Any, **_: Any) -> None:
        node._webui_url = ""  # asked for once all has started

    kept = {name: vars(Node)[name] for name in UNUSED if name in vars(Node)}
    for name in kept:
        setattr(Node, name, leave_out)
    try:
        yield
    finally:
        for name, method in kept.items():
            setattr(Node, name, method)


@contextmanager
def _preloading(resources: Resources) -> Iterator[None]:
    """The workers that Ray starts beforehand, one a core, load what trials need.

    Not where each trial takes several cores or a GPU: most of these workers are then never used.
    """
    if resources.cpus > 1 or resources.gpus or any(Path("/dev").glob("nvidia[0-9]*")):
        yield
        return
    before = os.environ.get(PRELOAD)
    os.environ.setdefault(PRELOAD, PRELOADED)
    try:
        yield
    finally:
        if before is None:
            del os.environ[PRELOAD]


def _connect(address: str) -> None:
    """Join a cluster. What workers there must know of this process travels with the job."""
    if address.startswith("ray://"):
        raise UsageError(
            f"--address {address}: sweeps do not run through Ray's client; give the command on a "
            "machine of the cluster, with --address auto"
        )
    _knock(address)
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            runtime_env={"env_vars": QUIET},
        )
    except Exception as error:
        raise UsageError(
            f"no Ray cluster can be joined at '{address}': {_in_a_line(error)}; start one with "
            "`ray start --head`, with the same Ray and Python as here, or leave --address out to "
            "use this machine"
        ) from error


@contextmanager
def scratch() -> Iterator[str]:
    """A folder with a short name: Ray puts sockets below, whose addresses have little room.

    What a killed process left is told by its marker, which nobody holds any more, and removed.
    """
    place = Path("/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir())
    for left in place.glob(f"{SCRATCH}*/{MARKER}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > SETTLED_S and _is_deserted(left):
                _remove(left.parent)
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=place))
    try:
        with (folder / MARKER).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield str(folder)
    finally:
        _remove(folder)


def _is_deserted(marker: Path) -> bool:
    """Whether nobody holds the marker of a folder of this user's; an OSError where one does."""
    if marker.is_symlink() or marker.lstat().st_uid != os.getuid():
        return False
    with marker.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True


def _remove(folder: Path) -> None:
    """Remove all of it; the last of Ray's processes to die may write once more."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing of what Ray and Tune say of themselves reaches the user."""
    before = {key: os.environ.get(key) for key in QUIET}
    logger = logging.getLogger("ray")
    level = logger.level
    os.environ.update(QUIET)
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Deaths of workers are printed whatever `log_to_driver` says; this switch is for them.
            said = getattr(ray_worker, "_worker_logs_enabled", True)
            ray_worker._worker_logs_enabled = False
            try:
                yield
            finally:
                ray_worker._worker_logs_enabled = said
            gc.collect()  # processes that Ray ended and never asked after warn of it when forgotten
    finally:
        logger.setLevel(level)
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def _cores_for(resources: Resources) -> int:
    """As many as trials can use: Ray starts a worker for each beforehand."""
    return min(usable_cores(), (resources.concurrent or sys.maxsize) * resources.cpus)


def _knock(address: str) -> None:
    """Refuse an address where nobody answers: Ray would go on asking for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_S).close()
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"nobody answers at --address {address} ({error}); `ray start --head` prints the "
            "address of a cluster, and on its machines --address auto finds it"
        ) from error


def _in_a_line(error: Exception) -> str:
    """What Ray says, whole: the versions that do not fit stand in its later lines."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
