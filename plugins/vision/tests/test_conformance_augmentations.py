"""Every augmentation of this package against the suite of its kind."""

from __future__ import annotations

from emobench.testing import AugmentationSuite


class TestFlip(AugmentationSuite):
    component = "flip"
