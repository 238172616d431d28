"""The conformance suite of augmentations, of single items and of batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, ClassVar

import numpy as np
import torch

from emobench.api import Context, Kind, Stream
from emobench.testing.suite import Suite, as_array, not_shown
from emobench.testing.tiny import FEATURE_SHAPES, ITEM_SHAPES, tiny_context, tiny_inputs, tiny_items
from emobench.training.source import Augmenter, PreparedSource, SampleChain, Shuffle

LEVELS = ("sample", "batch")
MODALITIES = ("audio", "image", "table")
DRAWS = 24
SHORT = 2000
"""Samples of a clip where many are changed."""
PROGRESS = (0.0, 0.25, 0.5, 0.75, 1.0)
SLACK = 1.1
"""How much stronger the mean of some draws may be early on, by chance."""

Subject = np.ndarray | torch.Tensor
"""What an augmentation changes: a decoded item, or the inputs of a batch."""


class AugmentationSuite(Suite):
    """The checks that augmentations must pass."""

    kind: ClassVar[Kind] = "augmentation"
    across_items: ClassVar[str] = ""
    """Why the items of a batch act on each other, where they are meant to."""

    @property
    def level(self) -> str:
        """Whether it changes single items or batches."""
        return str(getattr(self.entry.load(), "level", "nothing"))

    @property
    def modality(self) -> str:
        """What it changes; "any" takes all modalities."""
        return str(getattr(self.entry.load(), "modality", "nothing"))

    def contexts(self) -> Sequence[Context]:
        """Every shape of features of its modality."""
        known = self.modality in MODALITIES
        shapes = [shape for shape in FEATURE_SHAPES if not known or self.modality in shape]
        return [tiny_context(inputs=shape) for shape in shapes]

    def act(self, built: Any, context: Context) -> Sequence[Subject]:
        """What becomes of tiny items, early and late in training."""
        return [
            self.change(built, subject, seed=seed, progress=progress)
            for subject in self.subjects(context)[:2]
            for seed, progress in enumerate((0.0, 0.5, 1.0))
        ]

    def subjects(self, context: Context) -> list[Subject]:
        """Batches or items such as it meets in training."""
        if self.level == "batch":
            return [tiny_inputs(context)[context.modality]]
        return list(tiny_items(context.modality))

    def edges(self, context: Context) -> dict[str, Subject]:
        """Batches or items that are rare, by what they are."""
        if self.level == "batch":
            usual = tiny_inputs(context)[context.modality]
            return {
                "a batch of one": usual[:1],
                "a batch of zeros": torch.zeros_like(usual),
                "a batch of equal values": torch.full_like(usual, 0.5),
            }
        shape = ITEM_SHAPES[context.modality]
        if context.modality == "image":
            return {
                "a black picture": np.zeros(shape, np.uint8),
                "a white picture": np.full(shape, 255, np.uint8),
                "a grey picture": tiny_items("image")[0][..., :1],
                "a picture of 8 by 8": tiny_items("image")[0][:8, :8],
            }
        if context.modality == "table":
            return {"a row of zeros": np.zeros(shape, np.float32)}
        return {
            "silence": np.zeros(shape, np.float32),
            "a clip of one sample": np.full(1, 0.1, np.float32),
            "a silent clip of one sample": np.zeros(1, np.float32),
            "a clip at full scale": np.ones(shape, np.float32),
        }

    def change(self, built: Any, subject: Subject, *, seed: int, progress: float) -> Subject:
        """The changed subject, drawn from a generator of this seed."""
        batch = isinstance(subject, torch.Tensor)
        random = torch.Generator().manual_seed(seed) if batch else np.random.default_rng(seed)
        changed: Subject = built.apply(subject, random=random, progress=progress)
        return changed

    def trials(self) -> Iterator[tuple[Context, Any, Subject]]:
        """Each context that it accepts, the augmentation built for it, and something to change."""
        for context in self.accepted:
            built = self.build(context)
            for subject in self.subjects(context):
                yield context, built, subject

    def test_names_its_level_and_modality(self) -> None:
        """Its class says what it changes: items or batches, and of which modality."""
        assert self.level in LEVELS, f"its level is '{self.level}'; it must be sample or batch"
        known = (*MODALITIES, "any")
        assert self.modality in known, (
            f"its modality is '{self.modality}'; it must be one of {', '.join(known)}"
        )

    def test_leaves_its_input_untouched(self) -> None:
        """Neither is its input written to, nor is an item given back as it is instead of a copy."""
        for _, built, subject in self.trials():
            before = as_array(subject).copy()
            for seed, progress in enumerate(PROGRESS):
                changed = self.change(built, subject, seed=seed, progress=progress)
                assert np.array_equal(before, as_array(subject)), (
                    f"{shown(subject)} is written to at progress {progress}; change a copy"
                )
                shared = self.level == "sample" and np.shares_memory(changed, before_of(subject))
                assert not shared, (
                    f"{shown(subject)} comes back itself, or a view of it, at progress {progress}; "
                    "give a copy"
                )

    def test_keeps_shape_and_type(self) -> None:
        """A batch and a row keep their shape; items their type, a picture its channels."""
        for context, built, subject in self.trials():
            for seed, progress in enumerate(PROGRESS):
                changed = self.change(built, subject, seed=seed, progress=progress)
                assert changed.dtype == subject.dtype, (
                    f"{shown(subject)} comes back as {changed.dtype}"
                )
                kept = [kept_shape(each, context.modality) for each in (subject, changed)]
                assert kept[0] == kept[1], f"{shown(subject)} comes back as {shown(changed)}"

    def test_stays_finite_at_the_edges(self) -> None:
        """Silence, one sample, one item, equal values: what comes back is finite, never empty."""
        for context in self.accepted:
            built = self.build(context)
            for name, subject in self.edges(context).items():
                for seed, progress in enumerate(PROGRESS):
                    try:
                        changed = self.change(built, subject, seed=seed, progress=progress)
                    except Exception as error:
                        raise AssertionError(f"{name} raises {error!r}") from error
                    values = as_array(changed)
                    assert values.size, f"{name} comes back empty"
                    assert np.isfinite(values).all(), f"{name} comes back with values not finite"

    def test_is_deterministic_under_its_stream(self) -> None:
        """The same input and generator give the same bits, whatever it changed in between."""
        for _, built, subject in self.trials():
            first = self.change(built, subject, seed=1, progress=0.5)
            for seed in range(2, 5):
                self.change(built, other_than(subject), seed=seed, progress=1.0)
            second = self.change(built, subject, seed=1, progress=0.5)
            assert np.array_equal(as_array(first), as_array(second)), (
                f"{shown(subject)} comes back otherwise the second time; keep nothing between "
                "two calls, and draw from `random` alone"
            )

    def test_different_draws_differ(self) -> None:
        """Two generators do not always give the same."""
        for context in self.accepted:
            built, subject = self.build(context), short(self.subjects(context)[0])
            results = [
                as_array(self.change(built, subject, seed=seed, progress=1.0))
                for seed in range(DRAWS)
            ]
            assert any(not np.array_equal(results[0], other) for other in results[1:]), (
                f"{DRAWS} draws give one result on {shown(subject)}"
            )

    def test_is_never_milder_later(self) -> None:
        """At progress 0 it is on average no stronger than at progress 1, its full strength."""
        for context in self.accepted:
            built, subject = self.build(context), short(self.subjects(context)[0])
            early, late = (
                np.mean(
                    [
                        distance(subject, self.change(built, subject, seed=seed, progress=progress))
                        for seed in range(DRAWS)
                    ]
                )
                for progress in (0.0, 1.0)
            )
            assert early <= SLACK * late + 1e-6, (
                f"at progress 0 it changes {shown(subject)} by {early:.4g}, at progress 1 by "
                f"{late:.4g} only; training begins mild and ends at full strength"
            )

    def test_zero_strength_equals_absence(self) -> None:
        """With the options that switch it off everything comes back as it was, to the bit."""
        off = self.entry.component.off
        if not off:
            not_shown("the component names no options that switch it off")
        for context in self.accepted:
            built = self.build(context, **off)
            for subject, (seed, progress) in product(self.subjects(context), enumerate(PROGRESS)):
                changed = self.change(built, subject, seed=seed, progress=progress)
                assert np.array_equal(as_array(subject), as_array(changed)), (
                    f"with {dict(off)} it still changes {shown(subject)}"
                )

    def test_never_changes_validation_or_test_data(self) -> None:
        """After epochs of training on augmented items the data set holds what it held before."""
        for context in self.accepted:
            built = self.build(context)
            held = self._train_on_items if self.level == "sample" else self._train_on_batches
            held(built, context)

    def _train_on_items(self, built: Any, context: Context) -> None:
        items = tiny_items(context.modality, count=9)
        copies = [item.copy() for item in items]
        source = item_source(items, built)
        before = held_out(source)
        for epoch, progress in enumerate((0.0, 1.0)):
            list(source.train(epoch, progress=progress))
        assert all(np.array_equal(*pair) for pair in zip(before, held_out(source), strict=True)), (
            "validation or test batches differ after training on augmented items"
        )
        changed = [
            position
            for position, (item, copy) in enumerate(zip(items, copies, strict=True))
            if not np.array_equal(item, copy)
        ]
        assert not changed, (
            f"training changes item {changed[0]} of the data set; keep copies of what is kept, and "
            "write to no item"
        )

    def _train_on_batches(self, built: Any, context: Context) -> None:
        data = tiny_inputs(context, items=12)[context.modality]
        before = data.clone()
        for step, progress in enumerate(PROGRESS):
            start = 3 * (step % 3)
            self.change(built, data[start : start + 3], seed=step, progress=progress)
        assert torch.equal(data, before), (
            "training changes the data set's own tensor, of which a batch may be a view; write to "
            "no batch, and keep copies of what is kept"
        )

    def test_treats_each_item_of_a_batch_by_itself(self) -> None:
        """What becomes of an item does not depend on what else the batch holds."""
        if self.level != "batch":
            not_shown("it changes single items")
        if self.across_items:
            not_shown(self.across_items)
        for _, built, subject in self.trials():
            changed_neighbour = subject.clone() if isinstance(subject, torch.Tensor) else subject
            changed_neighbour[0] = changed_neighbour[0] * 3 + 1
            for seed in range(4):
                one = self.change(built, subject, seed=seed, progress=1.0)[1:]
                other = self.change(built, changed_neighbour, seed=seed, progress=1.0)[1:]
                assert np.array_equal(as_array(one), as_array(other)), (
                    "an item comes back otherwise when another item of its batch is another; name "
                    "the reason in the suite's `across_items` where this is meant"
                )


class Outline:
    """A frontend for items of any modality: a few figures of each."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Any] = "any"

    def shape(self) -> tuple[int, ...]:
        """Mean, deviation and size."""
        return (3,)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Items to `(batch, 3)`."""
        rows = [(float(item.mean()), float(item.std()), float(item.size)) for item in items]
        return torch.tensor(rows, dtype=torch.float32)


def item_source(items: Sequence[np.ndarray], augmentation: Any) -> PreparedSource:
    """Batches of these items: the first are trained on, augmented; six are held out."""
    stream = Stream(0, "tiny")
    frontend = Outline()
    train = len(items) - 6
    chain = SampleChain(
        load=lambda position: items[position],
        frontend=frontend,
        augmenter=Augmenter(augmentations={"tried": augmentation}, stream=stream),
    )
    return PreparedSource(
        features={"items": frontend.apply(items).numpy()},
        targets={"emotion": np.arange(len(items)) % 2},
        train_positions=np.arange(train),
        validation_positions=np.arange(train, train + 3),
        test_positions=np.arange(train + 3, train + 6),
        sampler=Shuffle(train, stream),
        batch_size=2,
        device=torch.device("cpu"),
        chains={"items": chain},
    )


def held_out(source: PreparedSource) -> list[np.ndarray]:
    """Everything that validation and test batches hold."""
    return [
        tensor.numpy()
        for batch in (*source.validation(), *source.test())
        for tensor in (*batch.inputs.values(), *batch.targets.values())
    ]


def before_of(subject: Subject) -> np.ndarray:
    """The subject's own memory."""
    return subject.numpy() if isinstance(subject, torch.Tensor) else subject


def other_than(subject: Subject) -> Subject:
    """Something else of the same shape."""
    if isinstance(subject, torch.Tensor):
        return subject.flip(0) * 2
    return np.ascontiguousarray(subject[::-1])


def short(subject: Subject) -> Subject:
    """A clip's beginning, which is quicker to change; anything else as it is."""
    return subject[:SHORT] if isinstance(subject, np.ndarray) and subject.ndim == 1 else subject


def kept_shape(subject: Subject, modality: str) -> tuple[int, ...]:
    """What of a shape must stay: all of a batch's or a row's; a picture's channels alone."""
    if isinstance(subject, torch.Tensor) or modality == "table":
        return tuple(subject.shape)
    return (subject.ndim, *subject.shape[2:])


def distance(before: Subject, after: Subject) -> float:
    """Mean absolute change where both have values, and the share of places gained or lost."""
    one, other = as_array(before).astype(np.float64), as_array(after).astype(np.float64)
    common = tuple(slice(min(sizes)) for sizes in zip(one.shape, other.shape, strict=True))
    scale = float(one.std()) or 1.0
    resized = abs(one.size - other.size) / one.size
    return float(np.abs(one[common] - other[common]).mean()) / scale + resized


def shown(subject: Subject) -> str:
    """A subject in words."""
    what = "a batch" if isinstance(subject, torch.Tensor) else "an item"
    return f"{what} {tuple(subject.shape)} of {str(subject.dtype).removeprefix('torch.')}"
