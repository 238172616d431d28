"""A technique that surrounds every event and notes what the others leave changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from emobench.api import EVENT_NAMES, Batch, Evaluation, RunState, TargetKind, event
from emobench.scoring.metrics import probabilities, score
from emobench.testing.randomness import next_draws
from emobench.testing.switches import switches, turned

Topic = Literal[
    "mode",
    "draws",
    "requires_grad",
    "nouns",
    "weights",
    "last weights",
    "held out",
    "label mass",
    "shape",
    "writing",
    "switches",
    "figures",
]

DRAWN_IN = frozenset({"forward", "loss_terms", "backward", "update"})
"""Events in which the loop itself draws dropout from torch's global generator."""

TURNING_POINTS = frozenset({"fit_start", "epoch_start", "after_update", "epoch_end", "fit_end"})
"""Events in which a technique may freeze or thaw weights, to undo it before training ends."""

NOUNS = (
    "task",
    "stream",
    "schedule",
    "device",
    "model",
    "losses",
    "optimizer",
    "scheduler",
    "hooks",
    "epoch",
    "step",
    "update",
    "finished",
)
GENERATORS = ("Python's", "numpy's", "torch's")


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What an event must leave as it was."""

    modes: tuple[bool, ...]
    requires_grad: tuple[bool, ...]
    draws: tuple[float, float, float]
    nouns: tuple[Any, ...]
    switches: Mapping[str, Any]

    @classmethod
    def of(cls, run: RunState) -> Sight:
        """The run as it is now."""
        return cls(
            modes=tuple(part.training for part in run.model.modules()),
            requires_grad=tuple(weights.requires_grad for weights in run.model.parameters()),
            draws=next_draws(),
            nouns=tuple(getattr(run, name) for name in NOUNS),
            switches=switches(),
        )


class Watch:
    """Stands first in the recipe, outside all others; `notes` says by topic what was amiss."""

    def __init__(self) -> None:
        self.notes: dict[Topic, list[str]] = defaultdict(list)
        self.truth: Mapping[str, np.ndarray] = {}
        self.start: Sight | None = None
        self.found: Mapping[str, torch.Tensor] = {}

    def note(self, topic: Topic, words: str) -> None:
        """Keep a finding, once."""
        if words not in self.notes[topic]:
            self.notes[topic].append(words)

    def said(self, topic: Topic) -> str:
        """Everything noted on the topic."""
        return "; ".join(self.notes[topic])

    def compare(self, name: str, run: RunState, before: Sight) -> None:
        """Note what an event changed that it should not."""
        after = Sight.of(run)
        if before.modes != after.modes:
            self.note("mode", f"'{name}' leaves the model in another mode (train, eval)")
        if before.requires_grad != after.requires_grad and name not in TURNING_POINTS:
            self.note("requires_grad", f"'{name}' leaves requires_grad of a weight changed")
        pairs = zip(GENERATORS, before.draws, after.draws, strict=True)
        for generator, old, new in pairs:
            excused = generator == "torch's" and name in DRAWN_IN
            if old != new and not excused:
                self.note("draws", f"'{name}' moves {generator} global generator")
        for noun, old, new in zip(NOUNS, before.nouns, after.nouns, strict=True):
            if old is not new and old != new:
                self.note("nouns", f"'{name}' changes run.{noun}")
        for words in turned(before.switches) if name not in TURNING_POINTS else ():
            self.note("switches", f"'{name}' turns {words}")
        if name == "fit_start" and self.start is None:
            self.start = before
        if name == "fit_end" and self.start is not None:
            self._compare_with_start(self.start, after)

    def _compare_with_start(self, start: Sight, end: Sight) -> None:
        if start.requires_grad != end.requires_grad:
            self.note("requires_grad", "training ends with requires_grad of a weight changed")
        for words in turned(start.switches):
            self.note("switches", f"training ends with another setting of {words}")

    @event(wrapper=True, tryfirst=True)
    def transform_batch(self, run: RunState, batch: Batch) -> Generator[None, Any, Any]:
        """Look at the batch before and after."""
        before = Sight.of(run)
        shapes = {name: (x.shape, x.dtype) for name, x in batch.inputs.items()}
        lent = [*batch.inputs.items(), *batch.targets.items(), ("items", batch.items)]
        copies = [tensor.clone() for _, tensor in lent]
        answer = yield
        for (name, tensor), copy in zip(lent, copies, strict=True):
            if not torch.equal(tensor, copy):
                self.note("writing", f"'transform_batch' writes into the tensor of '{name}'")
        self._judge_inputs(batch, shapes)
        for target in run.task.targets:
            told = judge_target(batch.targets[target.name], kind=target.kind, items=len(batch))
            if told:
                self.note("label mass", f"'transform_batch' leaves '{target.name}' {told}")
        self.compare("transform_batch", run, before)
        return answer

    def _judge_inputs(self, batch: Batch, shapes: Mapping[str, tuple[Any, Any]]) -> None:
        if shapes != {name: (x.shape, x.dtype) for name, x in batch.inputs.items()}:
            self.note("shape", "'transform_batch' changes the shape or type of the inputs")
        if not all(bool(torch.isfinite(x).all()) for x in batch.inputs.values()):
            self.note("shape", "'transform_batch' leaves inputs that are not finite")
        weights = batch.weights
        if weights is not None and (
            weights.shape != batch.items.shape or not bool(torch.isfinite(weights).all())
        ):
            self.note("shape", "'transform_batch' leaves weights that are not one number an item")

    @event(wrapper=True, tryfirst=True)
    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        """Look at the weights before and after, and at the truth that was scored against."""
        before = Sight.of(run)
        weights = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
        self.found = weights
        evaluation = yield
        moved = moved_weights(run, weights)
        if moved:
            self.note("weights", f"'evaluate' leaves other weights than it found: '{moved}'")
        for name, targets in evaluation.targets.items():
            if not np.array_equal(targets, self.truth[name][evaluation.items]):
                self.note("held out", f"'evaluate' scores against other '{name}' than the data's")
        self._judge_figures(run, evaluation)
        self.compare("evaluate", run, before)
        return evaluation

    def _judge_figures(self, run: RunState, evaluation: Evaluation) -> None:
        for index, target in enumerate(run.task.targets):
            if target.name not in evaluation.targets or target.name not in evaluation.logits:
                continue
            shares = probabilities(target, evaluation.logits[target.name])
            truth = self.truth[target.name][evaluation.items]
            for name, value in score(target, shares, truth).items():
                told = f"{target.name}.{name}" if index else name
                if not np.isclose(evaluation.metrics.get(told, np.nan), value, equal_nan=True):
                    self.note("figures", f"'evaluate' gives another '{told}' than its logits score")

    @event(wrapper=True, tryfirst=True)
    def predict(self, run: RunState) -> Generator[None, Any, Any]:
        """Look with which weights a run that is over is scored."""
        before = Sight.of(run)
        moved = moved_weights(run, self.found) if run.finished else ""
        if moved:
            self.note("last weights", f"the run that is over is scored with another '{moved}'")
        answer = yield
        self.compare("predict", run, before)
        return answer


def moved_weights(run: RunState, before: Mapping[str, torch.Tensor]) -> str:
    """The first weight or buffer that is not what it was."""
    now = run.model.state_dict()
    return next((name for name, old in before.items() if not torch.equal(old, now[name])), "")


def judge_target(values: torch.Tensor, *, kind: TargetKind, items: int) -> str:
    """What is wrong with a batch's targets, in words; empty when nothing is."""
    if len(values) != items:
        return f"with {len(values)} rows for {items} items"
    if not values.is_floating_point():
        return ""
    if not bool(torch.isfinite(values).all()):
        return "with values that are not finite"
    if kind == "number":
        return ""
    if float(values.min()) < -1e-6 or float(values.max()) > 1 + 1e-6:
        return "with values outside 0 to 1"
    sums = values.sum(dim=-1)
    if kind != "labels" and not torch.allclose(sums, torch.ones_like(sums), atol=1e-4):
        worst = float(sums[(sums - 1).abs().argmax()])
        return f"with a row whose label mass is {worst:.3f} instead of 1"
    return ""


def _around(name: str) -> Callable[..., Generator[None, Any, Any]]:
    def around(self: Watch, run: RunState) -> Generator[None, Any, Any]:
        before = Sight.of(run)
        answer = yield
        self.compare(name, run, before)
        return answer

    around.__name__ = name
    return around


for _name in EVENT_NAMES:
    if _name not in vars(Watch):
        setattr(Watch, _name, event(wrapper=True, tryfirst=True)(_around(_name)))
