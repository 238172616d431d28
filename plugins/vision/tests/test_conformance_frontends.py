"""The image frontends against their suite; Pillow is the reference."""

from __future__ import annotations

import numpy as np
from PIL import Image

from emobench.testing import FrontendSuite


class TestPixels(FrontendSuite):
    component = "pixels"
    options = {"size": 32}

    def reference(self, item):
        options = self.settings()
        image = item.astype(np.float64)
        channels = [image @ (0.299, 0.587, 0.114)]
        if options.mode == "rgb":
            channels = list(np.moveaxis(image, 2, 0))
        size = (options.size, options.size)
        resized = [
            np.asarray(
                Image.fromarray(channel.astype(np.float32)).resize(size, Image.Resampling.BILINEAR),
                dtype=np.float64,
            )
            for channel in channels
        ]
        return np.stack(resized) / 127.5 - 1


class TestPixelsInColour(TestPixels):
    options = {"size": 64, "mode": "rgb"}


class TestPixelsAtTheirOwnSize(TestPixels):
    options = {"size": 48, "mode": "rgb"}
