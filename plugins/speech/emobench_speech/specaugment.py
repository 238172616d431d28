"""SpecAugment (Park et al. 2019): mask stretches of time and of frequency."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch

from emobench.api import Context, UsageError
from emobench_speech.augmentation_options import SpecAugmentOptions


def draw_stripes(
    items: int, *, length: int, masks: int, widest: int, random: torch.Generator
) -> torch.Tensor:
    """True where an item is masked, `(items, length)`: widths from 0 to `widest`, placed freely."""
    draws = torch.rand(2, items, masks, generator=random)
    widths = (draws[0] * (widest + 1)).floor().clamp_max(widest)
    starts = (draws[1] * (length - widths + 1)).floor()
    places = torch.arange(length)
    inside = (places >= starts[..., None]) & (places < (starts + widths)[..., None])
    return inside.any(dim=1)


class SpecAugment:
    """Masks `(batch, bands, frames)`, each item with its own draws; no width, no change."""

    level: ClassVar[Literal["sample", "batch"]] = "batch"
    modality: ClassVar[Literal["audio", "image", "table", "any"]] = "audio"

    def __init__(self, options: SpecAugmentOptions, context: Context) -> None:
        shape = context.inputs.get(self.modality, (1, 1))
        if len(shape) != 2:
            raise UsageError(
                f"augmentation 'specaugment' masks (bands, frames) of '{self.modality}', but the "
                f"frontend gives {shape}; choose one that gives a spectrogram, such as logmel"
            )
        self.options = options

    def apply(
        self, inputs: torch.Tensor, *, random: torch.Generator, progress: float
    ) -> torch.Tensor:
        """The masked inputs."""
        options = self.options
        items, bands, frames = inputs.shape
        widest_time = int(options.time_width * frames) if options.time_masks else 0
        widest_band = int(options.frequency_width * bands) if options.frequency_masks else 0
        if not widest_time and not widest_band:
            return inputs
        in_time = draw_stripes(
            items, length=frames, masks=options.time_masks, widest=widest_time, random=random
        )
        in_band = draw_stripes(
            items, length=bands, masks=options.frequency_masks, widest=widest_band, random=random
        )
        masked = (in_time[:, None, :] | in_band[:, :, None]).to(inputs.device)
        if options.fill == "zero":
            return inputs.masked_fill(masked, 0.0)
        return torch.where(masked, inputs.mean(dim=(1, 2), keepdim=True), inputs)
