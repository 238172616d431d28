"""Batches: every item once, none alone, drawn by name and counter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emobench.api import Stream
from emobench.training.source import (
    Augmenter,
    Decoded,
    PreparedSource,
    SampleChain,
    Shuffle,
    StoredCopies,
    count_turns,
    split_batches,
)


@given(st.integers(1, 500), st.integers(1, 70))
def test_batches_cover_all_items_in_order(items: int, size: int) -> None:
    batches = split_batches(items, size)
    assert [index for start, stop in batches for index in range(start, stop)] == list(range(items))


@given(st.integers(2, 500), st.integers(2, 70))
def test_no_batch_holds_a_single_item(items: int, size: int) -> None:
    assert min(stop - start for start, stop in split_batches(items, size)) > 1


def test_shuffle_draws_each_epoch_anew_and_the_same_again() -> None:
    shuffle = Shuffle(50, Stream(3).child("sampler"))
    assert sorted(shuffle.indices(0)) == list(range(50))
    assert shuffle.indices(0).tolist() == shuffle.indices(0).tolist()
    assert shuffle.indices(0).tolist() != shuffle.indices(1).tolist()


class Doubling:
    """A frontend that doubles, so that augmented items can be told."""

    deterministic = True
    modality = "audio"

    def shape(self) -> tuple[int, ...]:
        return (1,)

    def apply(self, items: list[np.ndarray]) -> torch.Tensor:
        return torch.from_numpy(np.stack(items)) * 2


class AddNoise:
    level = "sample"

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        return item + random.random(1, dtype=np.float32)


def source(chains: dict[str, SampleChain] | None = None, batch_size: int = 4) -> PreparedSource:
    values = np.arange(20, dtype=np.float32).reshape(20, 1)
    return PreparedSource(
        features={"audio": values * 2},
        targets={"emotion": np.arange(20) % 3},
        train_positions=np.arange(10, 20),
        validation_positions=np.array([1, 3]),
        test_positions=np.array([2, 4]),
        sampler=Shuffle(10, Stream(0)),
        batch_size=batch_size,
        device=torch.device("cpu"),
        chains=chains or {},
    )


def test_training_batches_hold_training_items_with_their_own_targets() -> None:
    batches = list(source().train(0, progress=0.0))
    items = torch.cat([batch.items for batch in batches])
    assert sorted(items.tolist()) == list(range(10, 20))
    for batch in batches:
        assert torch.equal(batch.inputs["audio"][:, 0], batch.items * 2.0)
        assert torch.equal(batch.targets["emotion"], batch.items % 3)


def test_batches_of_the_test_set_carry_no_truth_and_those_of_validation_do() -> None:
    (test,) = source().test()
    assert (test.items.tolist(), test.targets) == ([2, 4], {})
    (validation,) = source().validation()
    assert validation.targets["emotion"].tolist() == [1, 0]


def chain(workers: int = 0) -> dict[str, SampleChain]:
    return {
        "audio": SampleChain(
            load=lambda position: np.array([position], dtype=np.float32),
            frontend=Doubling(),
            augmenter=Augmenter(augmentations={"noise": AddNoise()}, stream=Stream(0)),
            workers=workers,
        )
    }


def test_sample_augmentations_change_training_and_nothing_else() -> None:
    augmented = source(chain())
    batch = next(augmented.train(0, progress=0.0))
    added = batch.inputs["audio"][:, 0] - 2.0 * batch.items
    assert ((added > 0) & (added < 2)).all()
    for part in (augmented.validation(), augmented.test()):
        plain = next(iter(part))
        assert torch.equal(plain.inputs["audio"][:, 0], plain.items * 2.0)


@pytest.mark.parametrize("change", [{"batch_size": 5}, {"chains": chain(workers=3)}])
def test_an_items_augmentation_depends_on_neither_batch_size_nor_workers(
    change: dict[str, object],
) -> None:
    def by_item(some: PreparedSource) -> dict[int, float]:
        return {
            int(item): float(value)
            for batch in some.train(2, progress=0.5)
            for item, value in zip(batch.items, batch.inputs["audio"][:, 0], strict=True)
        }

    arguments: dict[str, object] = {"chains": chain(), **change}
    assert by_item(source(chain())) == by_item(source(**arguments))  # type: ignore[arg-type]


def test_augmentation_differs_between_epochs() -> None:
    first, second = (
        sorted(
            (batch.inputs["audio"][:, 0] - 2.0 * batch.items).sum().item()
            for batch in source(chain()).train(epoch, progress=0.0)
        )
        for epoch in (0, 1)
    )
    assert first != second


@given(st.lists(st.integers(0, 9), max_size=40))
def test_a_turn_counts_how_often_an_item_came_before(order: list[int]) -> None:
    expected = [order[:place].count(item) for place, item in enumerate(order)]
    assert count_turns(np.array(order, dtype=np.int64)).tolist() == expected


class Twice(Shuffle):
    """Every item two times an epoch."""

    def indices(self, epoch: int) -> np.ndarray:
        return np.tile(super().indices(epoch), 2)

    def __len__(self) -> int:
        return 2 * self.items


def added_noise(some: PreparedSource, epoch: int) -> dict[int, list[float]]:
    """What the augmentation added to each item, turn by turn."""
    added: dict[int, list[float]] = {}
    for batch in some.train(epoch, progress=0.0):
        for item, value in zip(batch.items.tolist(), batch.inputs["audio"][:, 0], strict=True):
            added.setdefault(item, []).append(float(value) - 2.0 * item)
    return added


def test_an_item_drawn_twice_in_an_epoch_is_augmented_in_two_ways() -> None:
    doubled = source(chain())
    doubled.sampler = Twice(10, Stream(0))
    for first, second in added_noise(doubled, 0).values():
        assert first != second


def test_an_items_first_turn_is_the_one_it_has_when_drawn_once() -> None:
    doubled = source(chain())
    doubled.sampler = Twice(10, Stream(0))
    once = added_noise(source(chain()), 1)
    assert {item: turns[:1] for item, turns in added_noise(doubled, 1).items()} == once


def test_a_decoded_item_is_decoded_once_and_never_shared() -> None:
    asked: list[int] = []

    def load(position: int) -> np.ndarray:
        asked.append(position)
        return np.full(4, position, dtype=np.float32)

    decoded = Decoded(load)
    decoded(3)[:] = -1
    decoded(3)[:] = -2
    assert decoded(3).tolist() == [3, 3, 3, 3]
    assert asked == [3]


def test_what_does_not_fit_into_memory_is_decoded_again() -> None:
    asked: list[int] = []

    def load(position: int) -> np.ndarray:
        asked.append(position)
        return np.zeros(4, dtype=np.float32)

    decoded = Decoded(load, limit=20)
    for position in (0, 1, 0, 1):
        decoded(position)
    assert asked == [0, 1, 1]


def test_stored_copies_show_each_item_in_all_its_forms_in_turn() -> None:
    originals = np.arange(3, dtype=np.float32).reshape(3, 1)
    copies = originals[:, None] + np.array([[10], [20]], dtype=np.float32)
    chain = StoredCopies(originals=originals, copies=copies)

    def shown(epoch: int) -> list[float]:
        batch = chain.batch([0, 1, 2], turns=[0, 0, 0], epoch=epoch, progress=0.0)
        return [float(value) for value in batch[:, 0]]

    assert sorted(zip(*map(shown, range(3)), strict=True)) == sorted(
        [(0.0, 10.0, 20.0), (11.0, 21.0, 1.0), (22.0, 2.0, 12.0)]
    )


def test_an_item_drawn_as_often_as_it_has_forms_is_shown_in_each_of_them() -> None:
    originals = np.zeros((2, 1), dtype=np.float32)
    chain = StoredCopies(originals=originals, copies=originals[:, None] + [[1], [2], [3]])
    batch = chain.batch([1] * 4, turns=[0, 1, 2, 3], epoch=5, progress=0.0)
    assert sorted(batch[:, 0].tolist()) == [0.0, 1.0, 2.0, 3.0]
