"""Every augmentation of this package against the suite of its kind."""

from __future__ import annotations

from emobench.testing import AugmentationSuite


class TestSpecAugment(AugmentationSuite):
    component = "specaugment"
    options = {"time_width": 0.3, "frequency_width": 0.3}


class TestSpecAugmentWithZeros(AugmentationSuite):
    component = "specaugment"
    options = {"time_width": 0.3, "fill": "zero"}


class TestNoise(AugmentationSuite):
    component = "noise"


class TestPinkNoise(AugmentationSuite):
    component = "noise"
    options = {"colour": "pink", "probability": 1.0}


class TestGain(AugmentationSuite):
    component = "gain"
