"""The `pixels` frontend: images to grey or colour at one size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
from torch.nn import functional

from emobench.api import Context, UsageError
from emobench_vision.options import PixelsOptions

LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue look (ITU-R BT.601)."""


def with_channels(image: torch.Tensor, *, mode: Literal["grey", "rgb"]) -> torch.Tensor:
    """`(channels, height, width)` of 1, 3 or 4 channels to 1 or 3; transparency is dropped."""
    image = image[:3] if image.shape[0] >= 3 else image[:1]
    if mode == "rgb":
        return image.expand(3, -1, -1)
    if image.shape[0] == 1:
        return image
    weights = torch.tensor(LUMA, dtype=image.dtype).view(3, 1, 1)
    return (image * weights).sum(dim=0, keepdim=True)


def resize(image: torch.Tensor, *, size: int) -> torch.Tensor:
    """`(channels, height, width)` to `(channels, size, size)`, smoothed where it shrinks."""
    if image.shape[1:] == (size, size):
        return image
    return functional.interpolate(
        image[None], size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )[0]


class Pixels:
    """Images one at a time, so that a row depends on its own image alone; sides are not kept
    in proportion, since faces come cropped."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "image"

    def __init__(self, options: PixelsOptions, context: Context) -> None:
        if "image" not in context.task.modalities:
            offered = ", ".join(context.task.modalities) or "nothing"
            raise UsageError(
                f"frontend 'pixels' reads images, but task '{context.task.name}' offers {offered}; "
                "choose a frontend for that"
            )
        self.mode = options.mode
        self.size = options.size

    def shape(self) -> tuple[int, ...]:
        """Channels, height, width."""
        return (1 if self.mode == "grey" else 3, self.size, self.size)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Images uint8 `(height, width, channels)` to `(batch, channels, size, size)`."""
        return torch.stack([self._one(item) for item in items])

    def _one(self, item: np.ndarray) -> torch.Tensor:
        raw = item[..., None] if item.ndim == 2 else item
        image = torch.from_numpy(raw.astype(np.float32)).permute(2, 0, 1)
        return resize(with_channels(image, mode=self.mode), size=self.size) / 127.5 - 1
