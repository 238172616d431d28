"""The synthesiser against what a sound of that pitch and those formants must be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from emobench.data.synthetic.prosody import FRAME_RATE, Tracks, draw_voice
from emobench.data.synthetic.vocal import (
    FORMANTS,
    HOP,
    SAMPLE_RATE,
    overlap_add,
    synthesise,
    windowed,
)


def steady(*, hertz, vowel, voicing=1.0, friction=0.0):
    """A second of one held sound in the common voice."""
    weights = np.zeros((FRAME_RATE, len(FORMANTS)))
    weights[:, vowel] = 1.0
    tracks = Tracks(
        pitch=np.full(FRAME_RATE, float(hertz)),
        voicing=np.full(FRAME_RATE, voicing),
        aspiration=np.zeros(FRAME_RATE),
        friction=np.full(FRAME_RATE, friction),
        brightness=np.full(FRAME_RATE, 4000.0),
        vowel=weights,
        tilt=0.0,
    )
    voice = draw_voice(np.random.default_rng(0), emotions=8, variation=0.0)
    return synthesise(voice, tracks, np.random.default_rng(0))


@pytest.mark.parametrize("hertz", [100, 160, 240])
def test_the_sound_has_the_pitch_of_its_track(hertz):
    sound = steady(hertz=hertz, vowel=0)[2000:-2000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(sound, 1 << 16)) ** 2
    correlation = np.fft.irfft(spectrum)
    lags = np.arange(SAMPLE_RATE // 400, SAMPLE_RATE // 70)
    assert SAMPLE_RATE / lags[correlation[lags].argmax()] == pytest.approx(hertz, rel=0.02)


@pytest.mark.parametrize("vowel", [0, 3, 4])
def test_the_strongest_harmonic_lies_at_the_first_formant(vowel):
    sound = steady(hertz=100, vowel=vowel)
    frequencies, power = welch(sound, SAMPLE_RATE, nperseg=2048)
    assert frequencies[power.argmax()] == pytest.approx(FORMANTS[vowel, 0], abs=60)


def test_a_hiss_lies_around_its_brightness():
    sound = steady(hertz=100, vowel=0, voicing=0.0, friction=1.0)
    frequencies, power = welch(sound, SAMPLE_RATE, nperseg=1024)
    assert (frequencies * power).sum() / power.sum() == pytest.approx(4000, abs=200)


@settings(max_examples=20)
@given(length=st.integers(1000, 5000), seed=st.integers(0, 99))
def test_windows_that_nothing_filters_add_up_to_the_signal(length, seed):
    signal = np.random.default_rng(seed).normal(size=length).astype(np.float32)
    spectra = np.fft.rfft(windowed(signal, -(-length // HOP) + 1))
    np.testing.assert_allclose(overlap_add(spectra)[:length], signal, atol=1e-5)
