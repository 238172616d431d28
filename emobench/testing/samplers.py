"""The conformance suite of samplers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from emobench.api import Kind, SamplerContext, Stream, TargetKind, UsageError
from emobench.testing.elsewhere import Errand, assert_same_elsewhere
from emobench.testing.suite import Suite, not_shown
from emobench.testing.tiny import CLASS_COUNTS, CLASSES, TARGET_KINDS, tiny_target

GROUPS = 6
EPOCHS = 5
MANY_EPOCHS = 200
DEVIATIONS = 6.0
"""How many standard errors a mean may lie off: one sound sampler in ten million does."""


class SamplerSuite(Suite):
    """The checks that samplers must pass, for every kind of target that they take."""

    kind: ClassVar[Kind] = "sampler"

    def contexts(self) -> Sequence[SamplerContext]:
        """Imbalanced training items, of every kind of target, in groups and without."""
        return [
            tiny_training_set(kind=kind, groups=groups)
            for kind in TARGET_KINDS
            for groups in ((), tiny_groups())
        ]

    def act(self, built: Any, context: SamplerContext) -> Sequence[np.ndarray]:
        """Three epochs, and what is expected of them."""
        return [built.expected(), *(built.indices(epoch) for epoch in range(3))]

    def test_draws_as_many_as_it_says(self) -> None:
        """Every epoch has `len()` items, and at least one."""
        for context in self.accepted:
            sampler = self.build(context)
            for epoch in range(EPOCHS):
                drawn = len(sampler.indices(epoch))
                assert drawn == len(sampler) > 0, (
                    f"epoch {epoch} has {drawn} items and `len()` says {len(sampler)} "
                    f"({words(context)}); schedules rest on that number"
                )

    def test_positions_exist(self) -> None:
        """What it draws are whole positions within the training set."""
        for context in self.accepted:
            sampler, items = self.build(context), len(context.labels)
            for epoch in range(EPOCHS):
                drawn = np.asarray(sampler.indices(epoch))
                assert np.issubdtype(drawn.dtype, np.integer), (
                    f"positions must be whole numbers, and are {drawn.dtype}"
                )
                outside = drawn[(drawn < 0) | (drawn >= items)]
                assert not len(outside), (
                    f"epoch {epoch} draws position {outside[0]} of {items} training items; "
                    "positions count from 0"
                )

    def test_epochs_differ(self) -> None:
        """No two epochs have the same order."""
        for context in self.accepted:
            sampler = self.build(context)
            seen = {tuple(sampler.indices(epoch).tolist()) for epoch in range(EPOCHS)}
            assert len(seen) == EPOCHS, (
                f"of {EPOCHS} epochs {EPOCHS - len(seen) + 1} are alike ({words(context)}); draw "
                "from `context.stream.numpy(epoch)`"
            )

    def test_an_epoch_depends_on_its_number_alone(self) -> None:
        """A resumed run, which starts at a later epoch, draws what it would have drawn."""
        for context in self.accepted:
            straight, resumed = self.build(context), self.build(context)
            for epoch in range(EPOCHS):
                kept = straight.indices(epoch)
            assert np.array_equal(kept, resumed.indices(EPOCHS - 1)), (
                f"epoch {EPOCHS - 1} comes out otherwise when those before it were not drawn "
                f"({words(context)})"
            )

    def test_the_seed_decides(self) -> None:
        """Another seed gives another order."""
        for context in self.accepted:
            sampler = self.build(context)
            other = self.build(replace(context, stream=Stream(1, context.stream.name)))
            assert not np.array_equal(sampler.indices(0), other.indices(0)), (
                f"runs of seeds 0 and 1 draw the same ({words(context)})"
            )

    def test_another_process_gives_the_same(self) -> None:
        """A process that orders sets and hashes texts otherwise draws the same items."""
        entry, options = self.entry, self.settings()
        assert_same_elsewhere(Errand(entry=entry, options=options, contexts=self.accepted))

    def test_expectation_adds_up(self) -> None:
        """`expected()` has one number an item, none negative, and adds up to `len()`."""
        for context in self.accepted:
            sampler = self.build(context)
            expected = np.asarray(sampler.expected())
            assert expected.shape == (len(context.labels),), (
                f"`expected()` has shape {expected.shape} for {len(context.labels)} items"
            )
            assert (expected >= 0).all(), "`expected()` holds a negative number"
            assert np.isclose(expected.sum(), len(sampler)), (
                f"`expected()` adds up to {expected.sum():g} and an epoch has {len(sampler)} items "
                f"({words(context)})"
            )

    def test_draws_agree_with_its_expectation(self) -> None:
        """Over many epochs items and classes are drawn as often as `expected()` says."""
        for context in self.accepted:
            sampler = self.build(context)
            expected = np.asarray(sampler.expected(), dtype=np.float64)
            counts = count_draws(sampler, items=len(expected), epochs=MANY_EPOCHS)
            classes = class_rows(context)
            for what, drawn, wanted in (
                ("item", counts, expected),
                ("class", counts @ classes, expected @ classes),
            ):
                error = np.maximum(drawn.std(axis=0), np.sqrt(wanted + 1 / MANY_EPOCHS))
                off = np.abs(drawn.mean(axis=0) - wanted) * np.sqrt(MANY_EPOCHS) / error
                worst = int(off.argmax())
                assert off[worst] <= DEVIATIONS, (
                    f"{what} {worst} is drawn {drawn.mean(axis=0)[worst]:.3g} times an epoch, and "
                    f"`expected()` says {wanted[worst]:.3g} ({words(context)})"
                )

    def test_drops_no_class(self) -> None:
        """Every class that has training items is drawn."""
        for context in self.accepted:
            if context.target is None or context.target.kind == "number":
                continue
            sampler = self.build(context)
            counts = count_draws(sampler, items=len(context.labels), epochs=MANY_EPOCHS // 4)
            drawn = counts.sum(axis=0) @ class_rows(context)
            lost = [CLASSES[index] for index in np.flatnonzero(drawn == 0)]
            assert not lost, f"class '{lost[0]}' is never drawn ({words(context)})"

    def test_takes_a_training_set_without_a_class(self) -> None:
        """Of a class that no training item has, it draws nothing, and of the others as ever."""
        known = [context for context in self.accepted if kind_of(context) == "class"]
        if not known:
            not_shown("it takes no target of one class")
        for context in known:
            without = tiny_training_set(kind="class", groups=context.groups, absent=CLASSES[1])
            items = len(without.labels)
            try:
                sampler = self.build(without)
                expected = np.asarray(sampler.expected())
                drawn = np.asarray(sampler.indices(0))
            except Exception as error:
                raise AssertionError(
                    f"no training item has the class '{CLASSES[1]}', which a fold may bring about, "
                    f"and it fails: {type(error).__name__}: {error}"
                ) from error
            assert np.isfinite(expected).all(), (
                f"`expected()` is not finite where no training item has the class '{CLASSES[1]}'"
            )
            assert len(drawn) == len(sampler) > 0, (
                f"an epoch has {len(drawn)} items and `len()` says {len(sampler)} where no "
                f"training item has the class '{CLASSES[1]}'"
            )
            assert ((drawn >= 0) & (drawn < items)).all(), "it draws items that are not there"

    def test_leaves_the_labels_alone(self) -> None:
        """It changes nothing in the labels that it is given, which are the data's own."""
        for context in self.contexts():
            kept = context.labels.copy()
            with suppress(UsageError):
                sampler = self.build(context)
                self.act(sampler, context)
            assert np.array_equal(context.labels, kept), (
                f"it writes into `context.labels` ({words(context)}); take a copy"
            )

    def test_counts_that_it_calls_exact_are(self) -> None:
        """What it names in `exact` holds in every epoch, and not on average alone."""
        exact: frozenset[str] = getattr(self.entry.load(), "exact", frozenset())
        if not exact:
            not_shown("it names no counts in `exact`")
        for context in self.accepted:
            sampler = self.build(context)
            expected = np.asarray(sampler.expected(), dtype=np.float64)
            counts = count_draws(sampler, items=len(expected), epochs=EPOCHS)
            for what in sorted(exact & {"items", "classes", "groups"}):
                parts, names = shares_of(what, context)
                off = np.abs(counts @ parts - expected @ parts)
                epoch, index = np.unravel_index(off.argmax(), off.shape)
                assert off[epoch, index] < 1e-6, (
                    f"it calls the counts of {what} exact, and in epoch {epoch} that of "
                    f"{names[index]} is off by {off[epoch, index]:.3g} ({words(context)})"
                )


def tiny_training_set(
    *, kind: TargetKind, groups: tuple[str, ...] = (), absent: str = ""
) -> SamplerContext:
    """The training items that a sampler is built with, without those of the absent class."""
    rows = tiny_rows(kind)
    kept = np.flatnonzero(rows != CLASSES.index(absent)) if absent else np.arange(len(rows))
    return SamplerContext(
        stream=Stream(0, "tiny"),
        labels=rows[kept],
        groups=tuple(groups[index] for index in kept) if groups else (),
        target=tiny_target(kind),
    )


def tiny_rows(kind: TargetKind) -> np.ndarray:
    """Targets of imbalanced training items, as the table of a dataset holds them."""
    random = np.random.default_rng(11)
    ids = random.permutation(np.repeat(np.arange(len(CLASSES)), CLASS_COUNTS))
    rows: np.ndarray = np.eye(len(CLASSES))[ids]
    if kind == "class":
        return ids
    if kind == "labels":
        second = random.random(rows.shape) < 0.15
        rows = np.maximum(rows, second)
        rows[:2] = 0  # an item may carry no label at all
        return rows
    if kind == "distribution":
        others = random.multinomial(3, np.full(len(CLASSES), 0.25), size=len(ids))
        return (4 * rows + others) / 7
    return random.standard_normal(len(ids))


def tiny_groups() -> tuple[str, ...]:
    """A group an item, of different sizes."""
    random = np.random.default_rng(12)
    drawn = random.choice(GROUPS, size=sum(CLASS_COUNTS), p=np.arange(1, GROUPS + 1) / 21)
    drawn[:GROUPS] = np.arange(GROUPS)
    return tuple(f"speaker{index}" for index in drawn)


def class_rows(context: SamplerContext) -> np.ndarray:
    """How much each item counts for each class; all items for one where there are no classes."""
    labels = context.labels
    if context.target is None or context.target.kind == "number":
        return np.ones((len(labels), 1))
    rows: np.ndarray = labels if labels.ndim == 2 else np.eye(len(CLASSES))[labels]
    return rows.astype(np.float64)


def shares_of(what: str, context: SamplerContext) -> tuple[np.ndarray, Sequence[str]]:
    """How much each item counts for each item, class or group, and what those are called."""
    items = len(context.labels)
    if what == "items":
        return np.eye(items), [f"item {index}" for index in range(items)]
    if what == "classes":
        rows = class_rows(context)
        return rows, CLASSES if rows.shape[1] > 1 else ("all items",)
    names = sorted(set(context.groups)) or ["all items"]
    groups = np.array(context.groups or names * items)
    return (groups[:, None] == np.array(names)).astype(np.float64), names


def count_draws(sampler: Any, *, items: int, epochs: int) -> np.ndarray:
    """How often each item is drawn in each epoch `(epochs, items)`."""
    return np.stack(
        [np.bincount(sampler.indices(epoch), minlength=items) for epoch in range(epochs)]
    ).astype(np.float64)


def kind_of(context: SamplerContext) -> str:
    """The kind of the context's target."""
    return context.target.kind if context.target else "unknown"


def words(context: SamplerContext) -> str:
    """The context in words."""
    return f"targets of kind {kind_of(context)}, {'in' if context.groups else 'without'} groups"
