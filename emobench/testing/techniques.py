"""The conformance suite of techniques: each is tried in tiny trainings through the real loop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np

from emobench.api import Context, Kind, PluginError, UsageError
from emobench.registry import load_registry
from emobench.testing.suite import Suite, not_shown
from emobench.testing.switches import kept_switches
from emobench.testing.tiny import TARGET_KINDS
from emobench.testing.tiny_tasks import SHAPES, TinyTask, training_context
from emobench.testing.training import (
    Course,
    Member,
    Ready,
    Training,
    difference,
    shared_difference,
    train,
)
from emobench.testing.watch import Topic, Watch

LONG = Course(epochs=5, keep_states=True)
STOPS = (1, 4, 5)
"""Epochs after which that course is stopped: what is remembered late shows late."""

KEPT = 1024
"""Trainings that are remembered: pairs are shared by the suites of both techniques."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A training that ended, or the words in which it was refused."""

    training: Training | None
    refusal: str = ""


@lru_cache(KEPT)
def attempt(task: TinyTask, *members: Member) -> Attempt:
    """Train with these techniques; a UsageError is a refusal, anything else is raised."""
    with kept_switches():
        try:
            return Attempt(training=train(task, members))
        except UsageError as refusal:
            return Attempt(training=None, refusal=str(refusal))


@lru_cache(KEPT)
def watched(task: TinyTask, member: Member) -> Watch:
    """What is amiss when the technique trains under watch."""
    watch = Watch()
    with kept_switches():
        train(task, (member,), Course(watch=watch))
    return watch


class TechniqueSuite(Suite):
    """The checks that techniques must pass."""

    kind: ClassVar[Kind] = "technique"

    def contexts(self) -> Sequence[Context]:
        """Every modality with every kind of target."""
        return tuple(
            training_context(TinyTask(modality=modality, kinds=(kind,)))
            for modality in SHAPES
            for kind in TARGET_KINDS
        )

    def act(self, built: Any, context: Context) -> Sequence[np.ndarray]:
        """Train two epochs with it: everything that this leaves."""
        entry = self.entry
        made = Ready(kind=entry.kind, component=entry.component, plugin=entry.plugin, made=built)
        member = Member(entry=made, options=self.settings())
        figures = train(self.home, (member,)).figures.values()
        return tuple(figure for figure in figures if figure.dtype.kind in "fiub")

    @property
    def member(self) -> Member:
        """The technique with the suite's options."""
        return Member(entry=self.entry, options=self.settings())

    @property
    def plain(self) -> Member:
        """The technique with no options but those that it must be given."""
        required = [field.name for field in self.entry.component.options.fields() if field.required]
        given = {name: self.given[name] for name in required if name in self.given}
        return Member(entry=self.entry, options=self.entry.component.options(**given))

    @cached_property
    def home(self) -> TinyTask:
        """The first tiny task on which it trains."""
        return self._first_of(
            [TinyTask(modality=name, kinds=(k,)) for name in SHAPES for k in TARGET_KINDS]
        )

    @cached_property
    def rich(self) -> TinyTask:
        """The same modality with targets of all kinds at once, where it takes them."""
        joint = replace(self.home, kinds=TARGET_KINDS)
        return joint if attempt(joint, self.member).training else self.home

    def _first_of(self, tasks: Sequence[TinyTask]) -> TinyTask:
        first = next((task for task in tasks if attempt(task, self.member).training), None)
        if first is None:
            refusals = dict.fromkeys(attempt(task, self.member).refusal for task in tasks)
            not_shown(f"it refuses every tiny task ({'; '.join(refusals)})", hook="home")
        return first

    def _assert_nothing_noted(self, topic: Topic, advice: str) -> None:
        said = watched(self.rich, self.member).said(topic)
        assert not said, f"{said}; {advice}"

    def test_answers_events_that_exist(self) -> None:
        """Every method marked `@event` is an event, and names only arguments that it has."""
        try:
            attempt(self.home, self.member)
        except PluginError as error:
            raise AssertionError(f"the loop cannot connect it: {error}") from error

    def test_trains_on_every_kind_of_target_or_refuses_by_name(self) -> None:
        """Two epochs on each kind of target train, or a UsageError that names it says no."""
        modalities = [self.home.modality, *SHAPES]
        for kind in TARGET_KINDS:
            for modality in dict.fromkeys(modalities):
                tried = attempt(TinyTask(modality=modality, kinds=(kind,)), self.member)
                if tried.training is not None:
                    assert_trained(tried.training, what=f"{kind} targets")
                    break
                assert self.entry.name in tried.refusal, (
                    f"{kind} targets are refused without naming '{self.entry.name}': "
                    f"{tried.refusal}"
                )

    def test_trains_beside_every_other_technique_or_refuses_by_name(self) -> None:
        """With any other technique, in both orders, it trains or a UsageError names the two."""
        for other in installed_techniques():
            task = self._task_with(other)
            if other.name == self.entry.name or task is None:
                continue
            for pair in ((self.plain, other), (other, self.plain)):
                assert_pair(task, pair)

    def _task_with(self, other: Member) -> TinyTask | None:
        """The first task on which both train alone."""
        tasks = [self.home, *(TinyTask(modality=name) for name in SHAPES)]
        both = (self.plain, other)
        fit = (task for task in tasks if all(attempt(task, one).training for one in both))
        return next(fit, None)

    def test_stopped_and_resumed_equals_straight_through(self) -> None:
        """Stopped early, late or at the end, and taken up anew, it ends with the same numbers."""
        try:
            straight = train(self.home, (self.member,), LONG)
        except TypeError as error:
            raise AssertionError(f"its state does not fit into a checkpoint: {error}") from error
        for done in [stop for stop in STOPS if stop <= len(straight.states)]:
            course = replace(LONG, keep_states=False, resume=straight.states[done - 1])
            resumed = train(self.home, (self.member,), course)
            told = difference(straight, resumed, done=done)
            assert not told, (
                f"stopped after epoch {done} and resumed, {told} is not what it is straight "
                "through; give what it remembers to checkpoints by `state_dict` and "
                "`load_state_dict`, and draw from `run.stream` at `run.epoch` and `run.step`"
            )

    def test_zero_strength_equals_absence(self) -> None:
        """With the options that switch it off, training is as without it, to the bit."""
        off = self.entry.component.off
        if not off:
            not_shown("the component names no options that switch it off")
        without = attempt(self.rich).training
        switched_off = attempt(self.rich, replace(self.member, options=self.settings(**off)))
        assert switched_off.training, f"switched off, it is refused: {switched_off.refusal}"
        assert without is not None
        told = shared_difference(without, switched_off.training)
        assert not told, f"with {dict(off)}, {told} is not what it is without the technique"

    def test_splits_updates_as_often_as_it_says(self) -> None:
        """The option named as `splits_updates` is how many micro-batches an update is made of."""
        option = self.entry.component.splits_updates
        if not option:
            not_shown("the component does not say that it splits updates")
        for count in (2, 3):
            built = self.build(**{option: count})
            told = getattr(built, "steps_per_update", 1)
            assert told == count, (
                f"with {option}: {count} its `steps_per_update` is {told}, by which schedules "
                "count updates"
            )

    def test_leaves_the_models_mode_as_found(self) -> None:
        """No event leaves a part of the model switched between training and evaluation."""
        self._assert_nothing_noted("mode", "switch back to what was found, also when it raises")

    def test_draws_from_its_own_streams_alone(self) -> None:
        """No event moves a global random generator, but for dropout where the loop draws it too."""
        self._assert_nothing_noted("draws", "draw from `run.stream.child(name)`")

    def test_leaves_switches_of_the_process_alone(self) -> None:
        """Precision, default types, gradients, threads and the like stand as they stood before.

        They may be turned while training lasts, and within one event.
        """
        super().test_leaves_switches_of_the_process_alone()
        self._assert_nothing_noted("switches", "turn it back, also when the event raises")

    def test_leaves_requires_grad_as_found(self) -> None:
        """Weights that could be trained before can be trained after."""
        self._assert_nothing_noted(
            "requires_grad",
            "freeze in `epoch_start` or `fit_start` and thaw by `fit_end`, or within one event",
        )

    def test_evaluation_leaves_the_weights_as_found(self) -> None:
        """What is swapped in for an evaluation, buffers too, is swapped back."""
        self._assert_nothing_noted("weights", "swap back after the `yield`")

    def test_is_scored_with_the_weights_it_ends_with(self) -> None:
        """Once training is over nothing is swapped in: the weights that are kept are scored."""
        self._assert_nothing_noted(
            "last weights", "load others in `fit_end`, and swap in none when `run.finished`"
        )

    def test_figures_are_those_of_the_logits(self) -> None:
        """What an evaluation says of the validation set is what its logits score."""
        self._assert_nothing_noted(
            "figures", "change how is predicted, never what came out; log figures of your own"
        )

    def test_keeps_label_mass(self) -> None:
        """Targets that it changes stay ids or distributions: no share below 0, a sum of 1."""
        self._assert_nothing_noted("label mass", "blend whole rows, with shares that sum to 1")

    def test_keeps_batches_in_shape(self) -> None:
        """Inputs stay finite, and of the shape and type that they had."""
        self._assert_nothing_noted("shape", "the model was built for the inputs as they were")

    def test_writes_into_no_tensor_of_a_batch(self) -> None:
        """It puts new tensors into the batch; those that it finds there may be the data set's."""
        self._assert_nothing_noted("writing", "put a changed copy into `batch.inputs`")

    def test_never_changes_validation_or_test_data(self) -> None:
        """Batches that are predicted, and the truth they are scored against, are the data's own."""
        self._assert_nothing_noted("held out", "only `transform_batch` may change a batch")

    def test_rebinds_nothing_of_the_run(self) -> None:
        """Model, optimizer, streams and counters of the run are used, never replaced."""
        self._assert_nothing_noted("nouns", "change the model in place; keep own counters apart")

    def test_moves_no_other_draws(self) -> None:
        """The sampler's order and an augmentation's draws are the same with it and without it."""
        without, with_it = attempt(self.home).training, attempt(self.home, self.member).training
        assert without is not None
        assert with_it is not None
        for old, new in zip(without.draws, with_it.draws, strict=False):
            assert old == new, (
                f"in step {old[1] + 1} of epoch {old[0] + 1} the sampler or an augmentation draws "
                "otherwise than without it; leave `run.stream` and the run's counters alone"
            )

    def test_logs_finite_numbers_under_names_of_their_own(self) -> None:
        """What it logs and adds to the loss is finite, and hides no figure of the loop."""
        training = attempt(self.rich, self.member).training
        assert training is not None
        for metrics, logged in zip(training.history, training.logged, strict=True):
            taken = sorted({"epoch", *metrics} & set(logged))
            assert not taken, f"it logs '{taken[0]}', which is a figure of the loop; rename it"
            terms = {name: value for name, value in metrics.items() if "train_loss" in name}
            for name, value in {**terms, **logged}.items():
                assert math.isfinite(value), f"'{name}' is {value}, not a finite number"


def installed_techniques() -> tuple[Member, ...]:
    """Every installed technique that has defaults for all its options."""
    entries = load_registry().of_kind("technique").values()
    return tuple(
        Member(entry=entry, options=entry.component.options())
        for entry in entries
        if not any(field.required for field in entry.component.options.fields())
    )


def assert_trained(training: Training, *, what: str) -> None:
    """Fail unless the loss stayed finite and the weights moved."""
    losses = [metrics["train_loss"] for metrics in training.history]
    assert all(map(math.isfinite, losses)), f"on {what} the training loss is not finite: {losses}"
    assert training.moved, f"on {what} no weight moves in two epochs"


def assert_pair(task: TinyTask, pair: tuple[Member, Member]) -> None:
    """Fail unless the two train in this order, or are refused by a message that names both."""
    first, second = (member.name for member in pair)
    what = f"'{first}' before '{second}'"
    try:
        tried = attempt(task, *pair)
    except Exception as error:
        raise AssertionError(f"{what} raises {type(error).__name__}: {error}") from error
    if tried.training is None:
        named = first in tried.refusal and second in tried.refusal
        assert named, f"{what} is refused without naming both: {tried.refusal}"
        return
    assert_trained(tried.training, what=f"{task}, {what},")
    logs = [_logged_names(attempt(task, member)) for member in pair]
    shared = sorted(logs[0] & logs[1])
    assert not shared, f"'{first}' and '{second}' both log '{shared[0]}'; rename one"


def _logged_names(tried: Attempt) -> set[str]:
    rows = tried.training.logged if tried.training else ()
    return {name for row in rows for name in row}
