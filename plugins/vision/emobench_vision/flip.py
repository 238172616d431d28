"""The `flip` augmentation."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch

from emobench.api import Context
from emobench_vision.options import FlipOptions


class Flip:
    """Mirrors `(batch, channels, height, width)` from left to right, each image by its own coin."""

    level: ClassVar[Literal["sample", "batch"]] = "batch"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "image"

    def __init__(self, options: FlipOptions, context: Context) -> None:
        self.probability = options.probability

    def apply(
        self, inputs: torch.Tensor, *, random: torch.Generator, progress: float
    ) -> torch.Tensor:
        """Some of the images mirrored; probability 0 returns them as they are."""
        if self.probability == 0:
            return inputs
        chosen = torch.rand(len(inputs), generator=random) < self.probability
        return torch.where(chosen.to(inputs.device)[:, None, None, None], inputs.flip(-1), inputs)
