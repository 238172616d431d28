"""A technique that gets its worker into trouble, in the way and at the epoch that is asked for."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

from emobench.api import Component, Components, Field, Options, Search, event

TROUBLES = (
    *("none", "raise", "exit", "memory", "diverge"),
    *("hang", "die", "die_once", "wait", "spoil"),
)


class TroubleOptions(Options):
    trouble: Annotated[str, Search(choices=TROUBLES)] = Field("none", description="which")
    number: Annotated[int, Search(0, 1_000_000)] = Field(0, description="tells trials apart")
    at: int = Field(0, description="the epoch, from 0")
    seconds: float = Field(0.0, description="how long an epoch waits")


components = Components(
    api_version=2,
    techniques=[
        Component(
            name="troubled",
            target="acme_troubled:Troubled",
            summary="Gets its worker into trouble.",
            options=TroubleOptions,
        )
    ],
)


class Troubled:
    def __init__(self, options, context):
        self.options = options

    @event
    def epoch_start(self, run):
        time.sleep(self.options.seconds)
        if run.epoch == self.options.at:
            getattr(self, self.options.trouble, lambda: None)()

    @event
    def transform_batch(self, run, batch):
        if self.options.trouble == "memory" and len(batch) > 128:
            raise MemoryError("a batch of that size")
        if self.options.trouble == "diverge":
            next(iter(batch.inputs.values())).fill_(float("nan"))

    def exit(self):
        sys.exit(3)

    def hang(self):
        sum(range(10**13))  # in C, and never letting go of Python's lock

    def die(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def die_once(self):
        mark = Path(os.environ["EMOBENCH_CACHE"]) / f"died-{self.options.number}"
        if not mark.exists():
            mark.touch()
            self.die()

    def spoil(self):
        """A fault on a GPU, which stays with its process; no GPU is needed for it."""
        import torch

        def fails():
            raise RuntimeError("CUDA error: device-side assert triggered\nand more of it")

        torch.cuda.is_initialized = lambda: True
        torch.cuda.synchronize = fails
        fails()

    def wait(self):
        time.sleep(3600)


def _raise(self):
    raise ValueError(f"trial number {self.options.number} was bound to fail")


setattr(Troubled, "raise", _raise)
