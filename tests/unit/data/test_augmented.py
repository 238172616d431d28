"""Augment-first copies: many, like the original but not equal, the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emobench.api import Items, ProtocolOptions, Target
from emobench.data.augmented import AugmentFirst, augment
from emobench.data.protocols import split_items


class Clips:
    """Twelve clips of noise by three speakers."""

    modalities = ("audio",)
    rates = {"audio": 16000}

    def items(self):
        return Items(
            ids=tuple(f"clip{index}" for index in range(12)),
            specs=(Target(name="emotion", kind="class", classes=("happy", "sad")),),
            targets={"emotion": np.arange(12) % 2},
            groups=tuple(f"s{index % 3}" for index in range(12)),
            group_name="speaker",
        )

    def fingerprint(self):
        return "clips"

    def load(self, index):
        noise = np.random.default_rng(index).standard_normal(1600)
        return {"audio": (0.1 * noise).astype(np.float32)}


def loaded(copies=3, seed=0):
    dataset = AugmentFirst(Clips(), copies=copies, seed=seed)
    return [dataset.load(index)["audio"] for index in range(len(dataset.items()))]


def test_copies_follow_their_original_with_its_label_and_group():
    items = AugmentFirst(Clips(), copies=2, seed=0).items()
    assert items.ids[:4] == ("clip0", "clip0#1", "clip0#2", "clip1")
    assert items.targets["emotion"][:4].tolist() == [0, 0, 0, 1]
    assert items.groups[:4] == ("s0", "s0", "s0", "s1")
    assert items.fields["original"][:4] == ("clip0", "clip0", "clip0", "clip1")


def test_the_original_is_left_as_it_is():
    np.testing.assert_array_equal(loaded()[4], Clips().load(1)["audio"])


def test_copies_are_the_same_every_time_and_differ_from_each_other():
    first, again = loaded(), loaded()
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert len({clip.tobytes() for clip in first}) == len(first)


def test_another_seed_gives_other_copies_and_another_fingerprint():
    assert not np.array_equal(loaded(seed=0)[1], loaded(seed=1)[1])
    prints = {
        AugmentFirst(Clips(), copies=copies, seed=seed).fingerprint()
        for copies, seed in ((3, 0), (2, 0), (3, 1))
    }
    assert len(prints) == 3


def test_the_split_puts_copies_of_test_items_into_training():
    items = AugmentFirst(Clips(), copies=3, seed=0).items()
    split = split_items(items, ProtocolOptions(use="augment-first"))
    originals = items.fields["original"]
    trained = {originals[index] for index in split.train}
    assert {originals[index] for index in split.test} & trained


def test_an_audio_copy_is_the_clip_shifted_and_scaled_with_noise_far_below():
    clip = Clips().load(0)["audio"]
    copy = augment(clip, modality="audio", random=np.random.default_rng(1))
    products = [np.dot(np.roll(clip, shift), copy) for shift in range(-160, 161)]
    correlation = max(products) / np.linalg.norm(clip) / np.linalg.norm(copy)
    assert 0.99 < correlation < 1
    assert copy.dtype == np.float32


def test_an_image_copy_is_the_image_mirrored_or_not_and_brighter_or_darker():
    image = np.random.default_rng(0).integers(20, 180, (6, 6, 1), dtype=np.uint8)
    for seed in range(6):
        copy = augment(image, modality="image", random=np.random.default_rng(seed))
        assert copy.dtype == np.uint8
        factors = [copy.astype(float) / candidate for candidate in (image, image[:, ::-1])]
        assert min(np.ptp(factor) for factor in factors) < 0.06


def test_a_table_copy_is_within_reach_of_the_row():
    row = np.arange(1, 101, dtype=np.float32)
    copy = augment(row, modality="table", random=np.random.default_rng(0))
    assert np.std(copy / row) == pytest.approx(0.05, rel=0.2)
    assert copy.dtype == np.float32


def test_notes_of_the_dataset_are_kept():
    class Noted(Clips):
        def items(self):
            return replace(super().items(), notes=("3 clips were left out",))

    assert AugmentFirst(Noted(), copies=2, seed=0).items().notes == ("3 clips were left out",)


def test_copies_of_items_with_a_computed_target_keep_that_it_is_computed():
    class Computed(Clips):
        def items(self):
            return replace(super().items(), derived={"emotion": "the clip's own loudness"})

    items = AugmentFirst(Computed(), copies=1, seed=0).items()
    assert items.derived == {"emotion": "the clip's own loudness"}
