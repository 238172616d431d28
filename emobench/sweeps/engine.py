"""Runs a source's trials on Ray, from its start to its end; stopped by an interrupt, or a fault."""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from emobench.api.errors import RunError
from emobench.runs.plan import Settings
from emobench.sweeps.assignment import WORKERS_FOLDER, Assigner, from_anywhere
from emobench.sweeps.cluster import cluster, quiet
from emobench.sweeps.conductor import Conductor
from emobench.sweeps.trial import TrialSource
from emobench.sweeps.watcher import Resources, Watcher

STARTING = "starting workers on this machine, which takes some ten seconds"


def run_on_ray(
    source: TrialSource, *, trials: int, settings: Settings, resources: Resources, watcher: Watcher
) -> None:
    """Run what is left of a source's trials, several at once.

    A KeyboardInterrupt comes out once the workers have let go of their runs, a second one at
    once. What concerns every trial, such as a full disk, ends the sweep with its own error.
    """
    settings = from_anywhere(settings)
    output = settings.runs / WORKERS_FOLDER
    halt = output / f"halt-{os.getpid()}-{secrets.token_hex(4)}"
    _sweep_out(output)
    if resources.address is None:
        watcher.say(STARTING)
    with ExitStack() as stack:
        stack.enter_context(quiet())
        room = stack.enter_context(cluster(resources))
        conductor = Conductor(source, trials=trials, watcher=watcher, room=room, halt=halt)
        stack.callback(halt.unlink, missing_ok=True)
        stack.enter_context(_interruptible(conductor))
        assign = Assigner(source, settings=settings, resources=resources, halt=halt)
        try:
            # Late: while this loads Ray Tune, the workers that Ray has started load torch.
            from emobench.sweeps.tune import place_trials

            place_trials(conductor, assign, room=room)
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
