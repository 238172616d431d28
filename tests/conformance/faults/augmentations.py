"""A sound augmentation of clips and one of batches, and what each becomes by one mistake."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import torch

from emobench.api import Context, Field, Options, Search


class StrengthOptions(Options):
    strength: Annotated[float, Search(0.1, 0.9)] = Field(
        0.5, ge=0, lt=1, description="how loud the hiss is; 0 is off"
    )


class Hiss:
    """Adds noise to a clip, more of it as training goes on."""

    level: ClassVar[Any] = "sample"
    modality: ClassVar[Any] = "audio"

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        self.strength = options.strength

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        if not self.strength:
            return self.unchanged(item)
        loudness = self.loudness(item, random) * (1 + self.ramp(progress))
        return (item + loudness * random.standard_normal(len(item))).astype(np.float32)

    def unchanged(self, item: np.ndarray) -> np.ndarray:
        return item.copy()

    def loudness(self, item: np.ndarray, random: np.random.Generator) -> float:
        return self.strength * random.random() * (float(item.std()) or 1e-3)

    def ramp(self, progress: float) -> float:
        return progress


class Unplaced(Hiss):
    level: ClassVar[Any] = "item"


class OfSound(Hiss):
    modality: ClassVar[Any] = "sound"


class WritesToTheClip(Hiss):
    def loudness(self, item: np.ndarray, random: np.random.Generator) -> float:
        item -= item.mean() + np.float32(1e-3)
        return super().loudness(item, random)


class GivesTheClipItself(Hiss):
    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        changed = super().apply(item, random=random, progress=progress)
        return changed if progress > 0.3 else item


class InDoubles(Hiss):
    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        return super().apply(item, random=random, progress=progress).astype(np.float64)


class DividesByPower(Hiss):
    def loudness(self, item: np.ndarray, random: np.random.Generator) -> float:
        with np.errstate(all="ignore"):
            return float(self.strength * random.random() / np.mean(item**2))


class TakesTheDifference(Hiss):
    """Measures loudness by steps between samples, of which a single one has none."""

    def loudness(self, item: np.ndarray, random: np.random.Generator) -> float:
        return self.strength * random.random() * float(np.abs(np.diff(item)).max())


class Remembers(Hiss):
    """Each clip is a little louder for every one before it."""

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        super().__init__(options, context)
        self.seen = 0

    def loudness(self, item: np.ndarray, random: np.random.Generator) -> float:
        self.seen += 1
        return super().loudness(item, random) * self.seen


class DrawsOnce(Hiss):
    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        return super().apply(item, random=np.random.default_rng(0), progress=progress)


class TiresEarly(Hiss):
    def ramp(self, progress: float) -> float:
        return 1 - progress


class AlwaysOn(Hiss):
    def __init__(self, options: StrengthOptions, context: Context) -> None:
        self.strength = max(0.01, options.strength)


class KeepsABank(Hiss):
    """Mixes what it heard before into a clip it keeps, which is the data set's own."""

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        super().__init__(options, context)
        self.bank: np.ndarray | None = None

    def loudness(self, item: np.ndarray, random: np.random.Generator) -> float:
        if self.bank is not None and self.bank is not item:
            self.bank *= np.float32(0.9)
        self.bank = item
        return super().loudness(item, random)


class Haze:
    """Adds noise to each item of a batch, more of it as training goes on."""

    level: ClassVar[Any] = "batch"
    modality: ClassVar[Any] = "any"

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        self.strength = options.strength

    def apply(
        self, inputs: torch.Tensor, *, random: torch.Generator, progress: float
    ) -> torch.Tensor:
        if not self.strength:
            return inputs
        noise = torch.randn(inputs.shape, generator=random)
        return self.add(inputs, self.strength * (1 + progress) * noise)

    def add(self, inputs: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        return inputs + noise


class WritesToTheBatch(Haze):
    def add(self, inputs: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        return inputs.add_(noise)


class DropsAnItem(Haze):
    def add(self, inputs: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        return (inputs + noise)[: max(1, len(inputs) - 1)]


class ScalesByTheBatch(Haze):
    def add(self, inputs: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        return inputs + inputs.std() * noise


class NeedsTwo(Haze):
    def add(self, inputs: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        return inputs + noise / noise.std(dim=0, correction=0, keepdim=True)
