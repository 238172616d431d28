"""The speech frontends against their suite; librosa is the reference."""

from __future__ import annotations

import numpy as np
from librosa import power_to_db
from librosa.feature import melspectrogram

from emobench.testing import FrontendSuite


class TestLogMel(FrontendSuite):
    component = "logmel"

    def reference(self, item):
        options = self.settings()
        samples = round(options.seconds * 16_000)
        surplus = max(0, len(item) - samples)
        clip = item[surplus // 2 : surplus // 2 + samples].astype(np.float64)
        power = melspectrogram(
            y=np.pad(clip, (0, samples - len(clip))),
            sr=16_000,
            n_fft=options.window,
            hop_length=options.hop,
            n_mels=options.mels,
            fmin=options.fmin,
            fmax=options.fmax,
            dtype=np.float64,
        )
        decibels = power_to_db(power, ref=1.0, amin=options.floor, top_db=options.dynamic_range)
        if not options.standardise:
            return decibels
        return (decibels - decibels.mean()) / decibels.std()


class TestLogMelInDecibels(TestLogMel):
    options = {"standardise": False, "seconds": 0.4, "window": 512, "hop": 200, "mels": 40}


class TestLogMelOfABand(TestLogMel):
    options = {"fmin": 100.0, "fmax": 7000.0, "dynamic_range": 60.0}
