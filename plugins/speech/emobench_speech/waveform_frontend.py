"""The `waveform` frontend: the samples of a clip of fixed length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch

from emobench.api import Context
from emobench_speech.clips import FLATTEST, audio_rate, middle, pad_behind
from emobench_speech.frontend_options import WaveformOptions


class Waveform:
    """Samples `(samples,)`, scaled before silence is added behind: that does not count."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "audio"

    def __init__(self, options: WaveformOptions, context: Context) -> None:
        self.scale = options.scale
        self.samples = round(options.seconds * audio_rate(context, frontend="waveform"))

    def shape(self) -> tuple[int, ...]:
        """Samples."""
        return (self.samples,)

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Clips `(samples,)` of any length to `(batch, samples)`."""
        return torch.from_numpy(np.stack([self._one(item) for item in items]))

    def _one(self, item: np.ndarray) -> np.ndarray:
        heard = pad_behind(middle(item, samples=self.samples), samples=1).astype(np.float32)
        if self.scale == "standardise":
            mean = heard.mean(dtype=np.float64)
            deviation = np.sqrt(np.mean((heard - mean) ** 2, dtype=np.float64))
            heard = (heard - mean) / max(deviation, FLATTEST)
        elif self.scale == "peak":
            heard = heard / max(np.abs(heard).max(), FLATTEST)
        return pad_behind(heard.astype(np.float32), samples=self.samples)
