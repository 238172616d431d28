from itertools import pairwise

import numpy as np
import pytest

from emobench.api import UsageError
from emobench_speech.options import GainOptions, NoiseOptions
from emobench_speech.waveforms import Gain, Noise, add_noise, draw_noise


def decibels(power_of: np.ndarray, against: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(power_of**2) / np.mean(against.astype(np.float64) ** 2)))


@pytest.mark.parametrize("colour", ["white", "pink"])
@pytest.mark.parametrize("ratio", [0.0, 15.0])
def test_noise_lies_that_far_below_the_clip(make_clip, colour, ratio):
    clip = make_clip()
    noise = draw_noise(len(clip), colour=colour, random=np.random.default_rng(0))
    added = add_noise(clip, noise=noise, decibels=ratio) - clip
    assert decibels(clip.astype(np.float64), added) == pytest.approx(ratio, abs=0.05)


def octave_slope(noise: np.ndarray) -> float:
    """Decibels that the density of power changes by an octave."""
    power = np.abs(np.fft.rfft(noise)) ** 2
    bounds = 2 ** np.arange(6, 15)
    means = [power[low:high].mean() for low, high in pairwise(bounds)]
    return float(np.polyfit(range(len(means)), 10 * np.log10(means), 1)[0])


@pytest.mark.parametrize(("colour", "slope"), [("white", 0.0), ("pink", -3.01)])
def test_noise_has_the_colour_it_says(colour, slope):
    noise = draw_noise(2**16, colour=colour, random=np.random.default_rng(0))
    assert octave_slope(noise) == pytest.approx(slope, abs=0.3)


def test_probability_is_the_share_of_noisy_clips(make_context, make_clip):
    noise, clip = Noise(NoiseOptions(probability=0.3), make_context()), make_clip(0.1)
    random = np.random.default_rng(0)
    noisy = [
        not np.array_equal(noise.apply(clip, random=random, progress=0.0), clip)
        for _ in range(1000)
    ]
    assert np.mean(noisy) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_silence_stays_silent_and_finite(make_context, samples):
    noise = Noise(NoiseOptions(probability=1.0, colour="pink"), make_context())
    output = noise.apply(
        np.zeros(samples, np.float32), random=np.random.default_rng(0), progress=0.0
    )
    assert np.array_equal(output, np.zeros(samples, np.float32))


def test_gain_stays_within_its_decibels_and_uses_them(make_context, make_clip):
    gain, clip = Gain(GainOptions(decibels=6.0), make_context()), make_clip()
    random = np.random.default_rng(0)
    changes = [decibels(gain.apply(clip, random=random, progress=0.0), clip) for _ in range(200)]
    assert max(changes) == pytest.approx(6, abs=0.3)
    assert min(changes) == pytest.approx(-6, abs=0.3)
    assert max(map(abs, changes)) <= 6.001


def test_a_range_upside_down_is_refused():
    with pytest.raises(UsageError, match=r"snr_low \(40\) must not exceed snr_high \(30\)"):
        NoiseOptions(snr_low=40.0)
