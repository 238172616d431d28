import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from emobench.api import UsageError
from emobench_speech.augmentation_options import ReverbOptions
from emobench_speech.reverb import Reverb, add_room, draw_impulse_response, fast_size

RATE = 16_000


def respond(*, decay: float = 0.5, ratio: float = 5.0, rate: int = RATE, seed: int = 0):
    return draw_impulse_response(
        decay=decay, ratio=ratio, rate=rate, random=np.random.default_rng(seed)
    ).astype(np.float64)


def level(clip: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(clip, dtype=np.float64))))


@pytest.mark.parametrize("decay", [0.2, 0.5, 1.2])
@pytest.mark.parametrize("rate", [8000, 48_000])
def test_the_room_falls_by_sixty_decibels_in_its_decay_time(decay, rate):
    tail = respond(decay=decay, rate=rate)[1:]
    # Schroeder: the energy still to come; its fall from 5 to 25 decibels, taken three times.
    to_come = np.cumsum(tail[::-1] ** 2)[::-1]
    decibels = 10 * np.log10(to_come / to_come[0])
    begins, ends = (int(np.argmax(decibels < bound)) for bound in (-5, -25))
    assert 3 * (ends - begins) / rate == pytest.approx(decay, rel=0.1)


@pytest.mark.parametrize("ratio", [-3.0, 0.0, 15.0])
def test_the_direct_sound_lies_that_far_above_the_room(ratio):
    response = respond(ratio=ratio)
    found = 10 * np.log10(response[0] ** 2 / np.sum(response[1:] ** 2))
    assert found == pytest.approx(ratio, abs=0.01)


def test_a_room_is_a_convolution_at_the_clips_own_length_and_level(make_clip):
    clip, response = make_clip(), respond().astype(np.float32)
    expected = fftconvolve(clip.astype(np.float64), response)[: len(clip)]
    expected *= np.sqrt(np.mean(clip.astype(np.float64) ** 2) / np.mean(expected**2))
    heard = add_room(clip, response=response)
    assert heard.dtype == np.float32
    assert heard == pytest.approx(expected, abs=1e-5)
    assert level(heard) == pytest.approx(level(clip), abs=1e-3)


@given(samples=st.integers(1, 10**6))
def test_a_fast_size_holds_the_samples_and_wastes_little(samples):
    assert samples <= fast_size(samples) <= 1.2 * samples + 8


@pytest.mark.parametrize("samples", [0, 1, 5, 400])
@pytest.mark.parametrize("value", [0.0, 0.5])
def test_silence_and_the_shortest_clips_come_back_finite(make_context, samples, value):
    reverb = Reverb(ReverbOptions(probability=1.0), make_context())
    clip = np.full(samples, value, np.float32)
    heard = reverb.apply(clip, random=np.random.default_rng(0), progress=0.0)
    assert heard.shape == clip.shape
    assert np.isfinite(heard).all()
    assert bool(heard.any()) == bool(clip.any())


def test_drawn_rooms_fill_the_ranges_that_the_options_name(make_context, monkeypatch):
    drawn = []

    def note(*, decay, ratio, rate, random):
        drawn.append((decay, ratio))
        return np.ones(1, np.float32)

    monkeypatch.setattr("emobench_speech.reverb.draw_impulse_response", note)
    options = ReverbOptions(
        decay_low=0.1, decay_high=1.6, ratio_low=-5, ratio_high=10, probability=1
    )
    reverb, random = Reverb(options, make_context()), np.random.default_rng(0)
    for _ in range(500):
        reverb.apply(np.ones(4, np.float32), random=random, progress=0.0)
    octaves, ratios = np.log2([decay for decay, _ in drawn]), [ratio for _, ratio in drawn]
    quarters = np.log2(0.1) + np.array([0, 1, 2, 3, 4])
    assert np.percentile(octaves, [0, 25, 50, 75, 100]) == pytest.approx(quarters, abs=0.3)
    assert np.percentile(ratios, [0, 50, 100]) == pytest.approx([-5, 2.5, 10], abs=1.0)


def test_probability_is_the_share_of_clips_in_a_room(make_context):
    reverb, clip = Reverb(ReverbOptions(probability=0.3), make_context()), np.ones(50, np.float32)
    random = np.random.default_rng(0)
    changed = [
        not np.array_equal(reverb.apply(clip, random=random, progress=0.0), clip)
        for _ in range(500)
    ]
    assert np.mean(changed) == pytest.approx(0.3, abs=0.06)


def test_ranges_upside_down_are_refused_together():
    with pytest.raises(UsageError) as caught:
        ReverbOptions(decay_low=2.0, ratio_high=-3.0)
    assert "decay_low (2) must not exceed decay_high (0.8)" in str(caught.value)
    assert "ratio_low (0) must not exceed ratio_high (-3)" in str(caught.value)
