"""Augment first, split later: the mistake of many guides, made on purpose to measure its worth."""

from __future__ import annotations

import hashlib

import numpy as np

from emobench.api import Dataset, Items, seed_for

VERSION = 1
"""Rises when a copy would change."""

COPY_FIELD = "original"
"""The field that names the item a copy was made of; the leak audit looks for it."""


class AugmentFirst:
    """A dataset with every item followed by its augmented copies, `x#1`, `x#2`, ..."""

    def __init__(self, dataset: Dataset, *, copies: int, seed: int) -> None:
        self.dataset = dataset
        self.copies = copies
        self.seed = seed
        self.modalities = dataset.modalities
        self.rates = dataset.rates

    def items(self) -> Items:
        """The table, each row repeated; copies keep label, group and part of the split."""
        items = self.dataset.items()
        each = range(self.copies + 1)
        return Items(
            ids=tuple(f"{name}#{copy}" if copy else name for name in items.ids for copy in each),
            specs=items.specs,
            targets={
                name: np.repeat(np.asarray(values), len(each), axis=0)
                for name, values in items.targets.items()
            },
            groups=self._repeat(items.groups),
            group_name=items.group_name,
            split=self._repeat(items.split),
            fields={
                **{name: self._repeat(column) for name, column in items.fields.items()},
                COPY_FIELD: self._repeat(items.ids),
            },
            notes=items.notes,
            derived=items.derived,
        )

    def _repeat(self, column: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word for word in column for _ in range(self.copies + 1))

    def fingerprint(self) -> str:
        """The dataset's own, with the copies."""
        text = f"{self.dataset.fingerprint()} augment-first {VERSION} {self.copies} {self.seed}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def load(self, index: int) -> dict[str, np.ndarray]:
        """The item, or the augmented copy, at this position."""
        origin, copy = divmod(index, self.copies + 1)
        loaded = self.dataset.load(origin)
        if copy == 0:
            return loaded
        return {
            modality: augment(
                item,
                modality=modality,
                random=np.random.default_rng(
                    seed_for(self.seed, "augment-first", modality, origin, copy)
                ),
            )
            for modality, item in loaded.items()
        }


def augment(item: np.ndarray, *, modality: str, random: np.random.Generator) -> np.ndarray:
    """A changed copy, such as guides make before they split: noise, gain, shift; flip; jitter."""
    if modality == "audio":
        return _augment_audio(item, random)
    if modality == "image":
        return _augment_image(item, random)
    jittered: np.ndarray = item * (1 + 0.05 * random.standard_normal(item.shape))
    return jittered.astype(np.float32)


def _augment_audio(item: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Noise 20 to 35 dB below the clip, gain within 6 dB, shift by up to a tenth of its length."""
    level = float(np.sqrt(np.mean(np.square(item, dtype=np.float64)))) * 10 ** (
        -random.uniform(20, 35) / 20
    )
    noisy = item + level * random.standard_normal(item.shape)
    gained = noisy * 10 ** (random.uniform(-6, 6) / 20)
    shifted = np.roll(gained, int(random.uniform(-0.1, 0.1) * len(item)))
    return np.clip(shifted, -1, 1).astype(np.float32)


def _augment_image(item: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Mirrored every other time, brighter or darker by up to a quarter."""
    turned = item[:, ::-1] if random.random() < 0.5 else item
    brightened = np.clip(np.rint(turned * random.uniform(0.75, 1.25)), 0, 255)
    return np.ascontiguousarray(brightened.astype(np.uint8))
