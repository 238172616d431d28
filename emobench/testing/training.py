"""Tiny trainings through the real loop: what techniques are tried in. Nothing is written.

A training has batch norm, dropout, momentum, a moving rate and batches of unequal size, so that
hidden state and stray draws show in its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import torch

from emobench.api import (
    API_VERSION,
    Batch,
    Component,
    Evaluation,
    NoOptions,
    Options,
    RunState,
    event,
)
from emobench.recipes.model import Block, Recipe, TrainOptions
from emobench.registry import CORE_PACKAGE, Plugin, Registered, Registry, collect
from emobench.testing.tiny_net import TinyNoise
from emobench.testing.tiny_tasks import BATCH_SIZE, TinyTask, tiny_source, training_context
from emobench.testing.watch import Watch
from emobench.training.build import build_run
from emobench.training.checkpoints import pack, unpack
from emobench.training.loop import Totals, fit
from emobench.training.state import capture, restore

Packed = tuple[str, Mapping[str, torch.Tensor]]


@dataclass(frozen=True, kw_only=True)
class Member:
    """A technique of a tiny training, with its options."""

    entry: Registered
    options: Options

    @property
    def name(self) -> str:
        """The technique's name."""
        return self.entry.name


@dataclass(frozen=True, kw_only=True, eq=False)
class Ready(Registered):
    """A registered component whose object is there already."""

    made: object = None

    def build(self, options: Options, context: Any) -> Any:
        """That object."""
        return self.made


def _ready(name: str, made: object) -> Member:
    """A technique that is an object, not a component."""
    component = Component(name=name, target=f"{__name__}:Ready", summary="made already")
    entry = Ready(kind="technique", component=component, plugin=TINY_PLUGIN, made=made)
    return Member(entry=entry, options=NoOptions())


TINY_PLUGIN = Plugin(
    package=CORE_PACKAGE,
    version="",
    module="emobench.testing.tiny_net:components",
    api=API_VERSION,
)


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a tiny training left.

    `figures` are the numbers at its end by a name in words, `history` the metrics of each epoch,
    `logged` what techniques logged, `states` a packed checkpoint after each epoch where they were
    asked for, `draws` the epoch, step, items and augmentation seed of each batch.
    """

    figures: Mapping[str, np.ndarray]
    history: tuple[Mapping[str, float], ...]
    logged: tuple[Mapping[str, float], ...]
    states: tuple[Packed, ...]
    draws: tuple[tuple[int, ...], ...]
    moved: bool


@dataclass(kw_only=True)
class Recorder:
    """Hears what an executor hears: the history, and where asked a checkpoint after each epoch."""

    keep_states: bool
    techniques: Mapping[str, object] = field(default_factory=dict)
    history: list[Mapping[str, float]] = field(default_factory=list)
    logged: list[Mapping[str, float]] = field(default_factory=list)
    states: list[Packed] = field(default_factory=list)
    batches: list[tuple[int, ...]] = field(default_factory=list)

    def step_done(self, run: RunState, steps: int, totals: Totals) -> None:
        """Nothing to report."""

    @event
    def transform_batch(self, run: RunState, batch: Batch) -> None:
        """Note which items came, and when."""
        self.batches.append((run.epoch, run.step, *batch.items.tolist()))

    @event
    def epoch_end(self, run: RunState, metrics: Mapping[str, float]) -> None:
        """Keep the figures and the state."""
        self.history.append(dict(metrics))
        self.logged.append(dict(run.logged))
        if self.keep_states:
            state = capture(run, self.techniques, epochs_done=run.epoch + 1)
            self.states.append(pack(state))


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a tiny training goes: its length, where it begins, and who looks on.

    Under watch no augmentation stands between the data's own tensors and the techniques.
    """

    epochs: int = 2
    resume: Packed | None = None
    keep_states: bool = False
    watch: Watch | None = None


def train(task: TinyTask, members: Sequence[Member], course: Course | None = None) -> Training:
    """Train with these techniques, from the start or from a packed state, and score at the end."""
    course = course or Course()
    source = tiny_source(task)
    recorder = Recorder(keep_states=course.keep_states)
    if course.watch is not None:
        course.watch.truth = source.targets
        members = (_ready(WATCH_NAME, course.watch), *members)
    noise = TinyNoise(NoOptions(), None)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0 if course.resume is None else 1)
        run, techniques = build_run(
            _recipe(members, course),
            context=training_context(task, epochs=course.epochs),
            registry=_registry(members, noise),
            observer=recorder,
        )
        techniques.pop(WATCH_NAME, None)
        recorder.techniques = techniques
        start = _weights(run)
        if course.resume is not None:
            restore(run, techniques, unpack(*course.resume))
        fit(run, source, recorder)
        evaluation: Evaluation = run.hooks.evaluate(run=run, loader=source.test())
    if course.watch is not None and source.changed:
        course.watch.note("held out", "`predict` gives a batch back changed")
    weights = _weights(run)
    trained = [name for name, _ in run.model.named_parameters()]
    return Training(
        figures={**_run_figures(run, techniques), **_scores(evaluation)},
        history=tuple(recorder.history),
        logged=tuple(recorder.logged),
        states=tuple(recorder.states),
        draws=tuple(
            (*batch, seed) for batch, seed in zip(recorder.batches, noise.seeds, strict=False)
        ),
        moved=any(not np.array_equal(start[name], weights[name]) for name in trained),
    )


WATCH_NAME = "tiny_watch"


def _recipe(members: Sequence[Member], course: Course) -> Recipe:
    def block(kind: Any, use: str) -> Block:
        return Block(kind=kind, use=use, options=NoOptions())

    return Recipe(
        name="tiny",
        frontend=block("frontend", "none"),
        backbone=block("backbone", "tiny_net"),
        head=block("head", "tiny_head"),
        loss=block("loss", "tiny_loss"),
        optimizer=block("optimizer", "tiny_rule"),
        scheduler=block("scheduler", "tiny_rate"),
        augmentations=() if course.watch else (block("augmentation", "tiny_noise"),),
        techniques=tuple(
            Block(kind="technique", use=member.name, options=member.options) for member in members
        ),
        train=TrainOptions(epochs=course.epochs, batch_size=BATCH_SIZE),
    )


@cache
def _tiny_components() -> Registry:
    return collect([TINY_PLUGIN])


def _registry(members: Sequence[Member], noise: TinyNoise) -> Registry:
    components = dict(_tiny_components().components)
    tiny_noise = components["augmentation", "tiny_noise"]
    components["augmentation", "tiny_noise"] = Ready(
        kind="augmentation", component=tiny_noise.component, plugin=TINY_PLUGIN, made=noise
    )
    for member in members:
        components["technique", member.name] = member.entry
    return Registry(components=components)


def _weights(run: RunState) -> dict[str, np.ndarray]:
    return {name: x.detach().numpy().copy() for name, x in run.model.state_dict().items()}


def _run_figures(run: RunState, techniques: Mapping[str, object]) -> dict[str, np.ndarray]:
    """Weights, optimizer and rate as they stand, and what techniques would give a checkpoint."""
    state = capture(run, techniques, epochs_done=run.epoch)
    return {
        **_flat("weight", state["model"], separator=" "),
        **_flat("state of the optimizer", state["optimizer"]),
        **_flat("state of the scheduler", state["scheduler"]),
        **_flat("state of technique", state["techniques"], separator=" "),
        **_flat("count of updates", state["update"]),
        "the reason to stop": np.asarray(run.stop_reason),
    }


def _scores(evaluation: Evaluation) -> dict[str, np.ndarray]:
    return {
        **_flat("final logits of", evaluation.logits, separator=" "),
        **_flat("final", evaluation.metrics, separator=" "),
    }


def _flat(name: str, value: Any, separator: str = ".") -> dict[str, np.ndarray]:
    """A nested state as arrays, each under the path to it."""
    if isinstance(value, Mapping):
        items: Any = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        plain = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
        return {name: np.array(plain)}
    figures: dict[str, np.ndarray] = {}
    for key, item in items:
        figures |= _flat(f"{name}{separator}{key}", item)
    return figures


def difference(first: Training, second: Training, *, done: int = 0) -> str:
    """The first number in which the second differs from the first to the bit, in words, or "".

    The second began after `done` epochs.
    """
    for kind, one, other in (
        ("", first.history, second.history),
        ("logged ", first.logged, second.logged),
    ):
        if len(one) != done + len(other):
            return f"the number of epochs ({len(one)} and {done + len(other)})"
        for epoch, (old, new) in enumerate(zip(one[done:], other, strict=True), start=done + 1):
            found = _unlike(_flat("", old, ""), _flat("", new, ""))
            if found:
                return f"{kind}'{found}' of epoch {epoch}"
    return _unlike(first.figures, second.figures)


def shared_difference(first: Training, second: Training) -> str:
    """Like `difference`, but of what the first training has alone: the second may log more."""
    history = tuple(
        {name: row[name] for name in kept if name in row}
        for kept, row in zip(first.history, second.history, strict=False)
    )
    figures = {name: value for name, value in second.figures.items() if name in first.figures}
    return difference(first, replace(second, history=history, logged=first.logged, figures=figures))


def _unlike(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> str:
    for name in {**first, **second}:
        if name not in first or name not in second:
            return name
        one, other = first[name], second[name]
        numbers = one.dtype.kind == "f" and other.dtype.kind == "f"
        if not np.array_equal(one, other, equal_nan=numbers):
            return name
    return ""


def through_a_checkpoint(state: Any) -> Any:
    """A state as a resumed run gets it: written, read back, sharing nothing."""
    text, tensors = pack(state)
    return unpack(text, {name: tensor.clone() for name, tensor in tensors.items()})
