from itertools import pairwise

import numpy as np
import pytest

from emobench.api import UsageError
from emobench_speech.augmentation_options import GainOptions, NoiseOptions, ShiftOptions
from emobench_speech.waveforms import Gain, Noise, Shift, add_noise, draw_noise, move


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


@pytest.mark.parametrize(
    ("samples", "edge", "expected"),
    [
        (0, "silence", [1, 2, 3, 4, 5]),
        (2, "silence", [0, 0, 1, 2, 3]),
        (-2, "silence", [3, 4, 5, 0, 0]),
        (2, "wrap", [4, 5, 1, 2, 3]),
        (-2, "wrap", [3, 4, 5, 1, 2]),
    ],
)
def test_a_moved_clip_is_filled_at_the_end_that_opens(samples, edge, expected):
    clip = np.arange(1, 6, dtype=np.float32)
    moved = move(clip, samples=samples, edge=edge)
    assert moved.tolist() == expected
    assert moved.dtype == np.float32
    assert not np.shares_memory(moved, clip)


def test_moves_up_to_the_share_are_equally_likely(make_context):
    shift = Shift(ShiftOptions(share=0.2, edge="wrap", probability=1.0), make_context())
    clip, random = np.eye(1, 10, dtype=np.float32)[0], np.random.default_rng(0)
    places = [int(shift.apply(clip, random=random, progress=0.0).argmax()) for _ in range(2000)]
    shares = np.bincount(places, minlength=10) / 2000
    assert shares[[8, 9, 0, 1, 2]] == pytest.approx([0.2] * 5, abs=0.03)


@pytest.mark.parametrize("samples", [0, 1, 3])
def test_a_clip_too_short_for_its_share_does_not_move(make_context, samples):
    clip = np.ones(samples, np.float32)
    shift = Shift(ShiftOptions(share=0.3, probability=1.0), make_context())
    for seed in range(20):
        moved = shift.apply(clip, random=np.random.default_rng(seed), progress=0.0)
        assert np.array_equal(moved, clip)
