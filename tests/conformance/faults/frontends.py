"""A sound frontend for clips, and what it becomes by one mistake."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from emobench.api import Context, NoOptions

FRAMES, SAMPLES = 20, 400
FLOOR = 1e-8
objects = itertools.count()


class Sound:
    """The logarithm of the power of the first half second, in frames."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[str] = "audio"

    def __init__(self, options: NoOptions, context: Context) -> None:
        self.context = context

    def shape(self) -> tuple[int, ...]:
        return (FRAMES,)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        rows = np.stack([self.one(item) for item in items])
        return torch.from_numpy(rows.astype(np.float32))

    def one(self, item: np.ndarray) -> np.ndarray:
        clip = np.zeros(FRAMES * SAMPLES)
        kept = item[: len(clip)]
        clip[: len(kept)] = kept
        return np.log(FLOOR + np.square(clip.reshape(FRAMES, SAMPLES)).mean(axis=1))


class WrongLogarithm(Sound):
    def one(self, item: np.ndarray) -> np.ndarray:
        return super().one(item) * 1.001


class CentresTheBatch(Sound):
    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        features = super().apply(items)
        return features - features.mean(dim=0)


class RelativeToTheLoudest(Sound):
    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        loudest = max(float(np.abs(item).max()) for item in items) + FLOOR
        return super().apply([item / loudest for item in items])


class InDoublePrecision(Sound):
    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        return super().apply(items).double()


class SeesNothing(Sound):
    def one(self, item: np.ndarray) -> np.ndarray:
        return super().one(np.ones_like(item))


class DrawsInSilence(Sound):
    """Dithers, and says that it is deterministic."""

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        random = self.context.stream.child("dither").numpy()
        dither = 1e-3 * random.standard_normal(FRAMES)
        return super().apply(items) + torch.from_numpy(dither).float()


class KnowsItsNumber(Sound):
    """No two objects give the same features."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__(options, context)
        self.number = next(objects)

    def one(self, item: np.ndarray) -> np.ndarray:
        return super().one(item) + self.number


class ScalesInPlace(Sound):
    def one(self, item: np.ndarray) -> np.ndarray:
        item /= 2
        return super().one(2 * item)


class LogarithmOfNothing(Sound):
    def one(self, item: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.log(np.exp(super().one(item)) - FLOOR)


class SaysNothingOfDraws(Sound):
    deterministic: ClassVar[Any] = None
