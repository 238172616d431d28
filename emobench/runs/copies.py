"""Augmented copies of a dataset's items, drawn once and kept with the prepared features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from emobench.api import Dataset, Frontend, Items, UsageError
from emobench.data.prepared import Progress, prepare
from emobench.recipes.identity import identity
from emobench.training.source import Augmenter, StoredCopies

VERSION = 1
"""Rises when a copy would change."""


class CopiesOf:
    """A dataset's augmented copies alone: `copies` of the first item, then of the second, ..."""

    def __init__(self, dataset: Dataset, *, augmenter: Augmenter, modality: str, copies: int):
        self.dataset = dataset
        self.augmenter = augmenter
        self.modality = modality
        self.copies = copies
        self.modalities: tuple[str, ...] = (modality,)
        self.rates = dataset.rates

    def items(self) -> Items:
        """A table of names alone: a copy is told apart, and nothing is learnt from it here."""
        items = self.dataset.items()
        names = (f"{name}#{copy}" for name in items.ids for copy in range(1, self.copies + 1))
        return Items(ids=tuple(names), specs=items.specs, targets={})

    def fingerprint(self) -> str:
        """The dataset's own, with the number of copies."""
        return identity(data=self.dataset.fingerprint(), copies=self.copies, version=VERSION)

    def load(self, index: int) -> dict[str, np.ndarray]:
        """The copy at this position, its augmentations at their full strength."""
        origin, copy = divmod(index, self.copies)
        item = self.dataset.load(origin)[self.modality]
        changed = self.augmenter.apply(item, counters=(origin, copy + 1), progress=1.0)
        return {self.modality: changed}


def stored_copies(
    dataset: CopiesOf,
    originals: np.ndarray,
    *,
    frontend: Frontend,
    key: Mapping[str, object],
    cache: Path,
    progress: Progress | None = None,
) -> StoredCopies:
    """The copies' features, from the cache or built into it.

    Copies are made of every item, so that all folds share them; those of training items are read.
    """
    if not frontend.deterministic:
        raise UsageError(
            "train.copies keeps the features of copies, and the recipe's frontend "
            f"{type(frontend).__name__} draws its features anew each time; leave 'copies' at 0"
        )
    prepared = prepare(
        dataset,
        dataset.items(),
        frontend=frontend,
        key=identity(**key, copies=dataset.copies, version=VERSION),
        cache=cache,
        progress=progress,
    )
    shape = (len(originals), dataset.copies, *originals.shape[1:])
    return StoredCopies(originals=originals, copies=prepared.features.reshape(shape))
