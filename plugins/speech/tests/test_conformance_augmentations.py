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


class TestPitchShift(AugmentationSuite):
    component = "pitch_shift"


class TestPitchRaised(AugmentationSuite):
    component = "pitch_shift"
    options = {"semitones_low": 1.0, "semitones_high": 4.0, "probability": 1.0}


class TestTimeStretch(AugmentationSuite):
    component = "time_stretch"


class TestTimeStretchFarAndWide(AugmentationSuite):
    component = "time_stretch"
    options = {"speed_low": 0.5, "speed_high": 2.0, "probability": 1.0}


class TestShift(AugmentationSuite):
    component = "shift"


class TestShiftAround(AugmentationSuite):
    component = "shift"
    options = {"edge": "wrap", "share": 0.5, "probability": 1.0}


class TestReverb(AugmentationSuite):
    component = "reverb"


class TestReverbFarAway(AugmentationSuite):
    component = "reverb"
    options = {"ratio_low": -6.0, "ratio_high": -6.0, "probability": 1.0}
