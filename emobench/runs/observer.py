"""What the executor hears of training: history, checkpoints, the best weights, the time limit."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from emobench.api import Batch, Evaluation, RunError, RunState, Step, event
from emobench.runs.files import explained
from emobench.runs.folder import CHECKPOINTS_FOLDER, RunFolder
from emobench.runs.listener import Listener, StepReport
from emobench.runs.record import State
from emobench.scoring.metrics import METRICS
from emobench.training.checkpoints import (
    best_path,
    read_newest,
    read_state,
    write_checkpoint,
    write_state,
)
from emobench.training.evidence import Watch
from emobench.training.loop import Totals
from emobench.training.state import capture, restore

REPORT_EVERY_S = 0.2


class TimedOut(RunError):
    """Training took longer than the time limit allows."""

    state: State = "timed_out"


@dataclass(kw_only=True)
class Observer:
    """Hears the loop's events after all techniques have."""

    folder: RunFolder
    listener: Listener
    select: str
    checkpoint_every: int
    time_limit: float | None
    techniques: Mapping[str, object] = field(default_factory=dict)
    best_epoch: int = 0
    best_score: float = -math.inf
    earlier_s: float = 0.0
    resumed_from: int = 0
    _started: float = field(default_factory=time.monotonic)
    _reported: float = 0.0
    _evaluated: dict[str, torch.Tensor] = field(default_factory=dict)
    _watch: Watch = field(default_factory=Watch)

    @property
    def train_s(self) -> float:
        """Seconds of training, those of earlier attempts included."""
        return self.earlier_s + time.monotonic() - self._started

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints lie."""
        return self.folder.path / CHECKPOINTS_FOLDER

    def step_done(self, run: RunState, steps: int, totals: Totals) -> None:
        """Tell the listener a few times a second; end the run when its time is over."""
        now = time.monotonic()
        if self.time_limit is not None and self.train_s > self.time_limit:
            raise TimedOut(f"training passed its time limit of {self.time_limit:g} s")
        if now - self._reported < REPORT_EVERY_S and run.step < steps:
            return
        self._reported = now
        report = StepReport(
            epoch=run.epoch + 1,
            epochs=run.schedule.epochs,
            step=run.step,
            steps=steps,
            loss=totals.mean_loss(),
            accuracy=totals.accuracy(),
            learning_rate=float(run.optimizer.param_groups[0]["lr"]),
        )
        self.listener.step(report)

    @event
    def fit_start(self, run: RunState) -> None:
        """Begin to watch."""
        self._watch.fit_start(run)

    @event
    def epoch_start(self, run: RunState) -> None:
        """Watch another epoch."""
        self._watch.epoch_start(run)

    @event(wrapper=True)
    def transform_batch(self, batch: Batch) -> Generator[None, None, None]:
        """See what labels the batch had, and which it got."""
        yield from self._watch.transform_batch(batch)

    @event
    def before_update(self, run: RunState, window: Sequence[Step]) -> None:
        """See the gradients as they are applied."""
        self._watch.before_update(run, window)

    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        """Keep the weights that were evaluated: a technique may have swapped them in."""
        evaluation = yield from self._watch.evaluate(run)
        if self.select == "best" and not run.finished:
            state = run.model.state_dict()
            self._evaluated = {name: x.detach().clone() for name, x in state.items()}
        return evaluation

    @event
    def epoch_end(self, run: RunState, metrics: Mapping[str, float]) -> None:
        """Keep the epoch's figures, its weights if they are the best so far, and a checkpoint."""
        epoch = run.epoch + 1
        row = {"epoch": epoch, **metrics, **self._watch.figures(run), **run.logged}
        self.folder.append_history(row)
        name = run.task.metric
        score = metrics[f"validation_{name}"] * (1 if METRICS[name].higher_is_better else -1)
        with explained(self.folder.root):
            self._keep(run, epoch, score)
        self.listener.epoch(epoch, run.schedule.epochs, row)

    def _keep(self, run: RunState, epoch: int, score: float) -> None:
        """Write the weights if they are the best so far, and a checkpoint when one is due."""
        if score > self.best_score:
            self.best_epoch, self.best_score = epoch, score
            if self.select == "best":
                self.checkpoints.mkdir(exist_ok=True)
                write_state(best_path(self.checkpoints, epoch), self._evaluated)
        last = epoch == run.schedule.epochs or bool(run.stop_reason)
        if last or epoch % self.checkpoint_every == 0:
            write_checkpoint(self.checkpoints, epoch, self._state(run, epoch))

    @event(tryfirst=True)
    def fit_end(self, run: RunState) -> None:
        """Go back to the best epoch's weights; techniques that end with others come after."""
        if self.select == "best" and self.best_epoch:
            run.model.load_state_dict(read_state(best_path(self.checkpoints, self.best_epoch)))

    def resume(self, run: RunState) -> None:
        """Take up the newest sound checkpoint, if there is one."""
        state, warnings = read_newest(self.checkpoints)
        for warning in warnings:
            self.listener.warn(warning)
        if state is not None and state["device"] != run.device.type:
            self.listener.warn(
                f"the checkpoint was made on {state['device']}; training starts over on "
                f"{run.device.type}, so that one device makes all the numbers"
            )
            state = None
        if state is None:
            self.folder.rewrite_history([])
            return
        restore(run, self.techniques, state)
        self.best_epoch, self.best_score = state["best_epoch"], state["best_score"]
        self.earlier_s, self.resumed_from = state["train_s"], run.epoch
        self.folder.rewrite_history(self.folder.read_history(limit_epoch=run.epoch))

    def _state(self, run: RunState, epoch: int) -> dict[str, Any]:
        return {
            **capture(run, self.techniques, epochs_done=epoch),
            "best_epoch": self.best_epoch,
            "best_file": self.best_epoch if self.select == "best" else 0,
            "device": run.device.type,
            "best_score": self.best_score,
            "train_s": self.train_s,
        }


def model_bytes(model: torch.nn.Module) -> bytes:
    """The weights as the bytes of a safetensors file."""
    from safetensors.torch import save

    return save({name: x.detach().cpu().clone() for name, x in model.state_dict().items()})
