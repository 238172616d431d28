import librosa
import numpy as np
import pytest
import torch

from emobench_speech import frame_measures
from emobench_speech.frame_measures import contrast_bands

RATE = 16_000
WINDOW = 512
FREQUENCIES = torch.from_numpy(np.fft.rfftfreq(WINDOW, 1 / RATE)).float()


@pytest.fixture
def magnitudes():
    """Magnitudes `(bins, frames)` over many decades, the third frame silent."""
    random = np.random.default_rng(0)
    values = 10 ** random.uniform(-6, 2, (WINDOW // 2 + 1, 11))
    values[:, 2] = 0
    return values.astype(np.float32)


def frames_first(magnitudes):
    return torch.from_numpy(np.ascontiguousarray(magnitudes.T))


@pytest.mark.parametrize(
    ("rate", "window"), [(16_000, 2048), (16_000, 512), (48_000, 2048), (25_600, 2048)]
)
def test_contrast_is_librosas_in_every_band_and_frame(rate, window):
    random = np.random.default_rng(1)
    magnitudes = 10 ** random.uniform(-6, 2, (window // 2 + 1, 6))
    theirs = librosa.feature.spectral_contrast(S=magnitudes, sr=rate)
    ours = frame_measures.spectral_contrast(
        frames_first(magnitudes).float(), bands=contrast_bands(rate=rate, window=window)
    )
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-5)


def test_a_low_rate_has_as_many_bands_from_a_lower_start():
    bands = contrast_bands(rate=8_000, window=2048)
    assert len(bands.bins) == 7
    assert bands.bins[0] == (0, 25)  # 100 Hz, bins 3.9 Hz apart, less the last of the band
    assert bands.bins[-1][1] == 1025


def test_centre_and_spread_are_librosas(magnitudes):
    centre, spread = frame_measures.centre_and_spread(
        frames_first(magnitudes), frequencies=FREQUENCIES
    )
    theirs = librosa.feature.spectral_centroid(S=magnitudes, sr=RATE)[0]
    np.testing.assert_allclose(centre.numpy(), theirs, rtol=1e-5)
    theirs = librosa.feature.spectral_bandwidth(S=magnitudes, sr=RATE)[0]
    np.testing.assert_allclose(spread.numpy(), theirs, rtol=1e-5)


def test_the_spread_of_a_tone_among_high_frequencies_is_not_lost_to_rounding():
    magnitudes = torch.zeros(1, WINDOW // 2 + 1)
    magnitudes[0, 240:243] = torch.tensor([0.5, 1.0, 0.5])
    _, spread = frame_measures.centre_and_spread(magnitudes, frequencies=FREQUENCIES)
    assert float(spread) == pytest.approx(RATE / WINDOW * np.sqrt(0.5), rel=1e-5)


def test_rolloff_is_librosas(magnitudes):
    ours = frame_measures.rolloff(frames_first(magnitudes), frequencies=FREQUENCIES)
    theirs = librosa.feature.spectral_rolloff(S=magnitudes.astype(np.float64), sr=RATE)[0]
    np.testing.assert_array_equal(ours.numpy(), theirs)


def test_flatness_is_librosas(magnitudes):
    ours = frame_measures.flatness(frames_first(magnitudes).square())
    theirs = librosa.feature.spectral_flatness(S=magnitudes.astype(np.float64))[0]
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-4)


def test_flux_is_librosas_onset_strength():
    decibels = np.random.default_rng(0).uniform(-80, 0, (128, 9))
    theirs = librosa.onset.onset_strength(S=decibels, sr=RATE, center=False)
    ours = frame_measures.flux(torch.from_numpy(decibels))
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-9)


@pytest.mark.parametrize("samples", [1, 100, 5000])
def test_energy_is_librosas(samples):
    clip = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    ours = frame_measures.energy(torch.from_numpy(clip), window=WINDOW, hop=128)
    theirs = librosa.feature.rms(y=clip, frame_length=WINDOW, hop_length=128)[0]
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-5)


@pytest.mark.parametrize("samples", [1, 100, 5000])
def test_zero_crossings_are_librosas_and_tiny_samples_have_no_sign(samples):
    random = np.random.default_rng(0)
    clip = random.choice([-1, -1e-11, -0.0, 0, 1e-11, 1], samples).astype(np.float32)
    ours = frame_measures.zero_crossings(torch.from_numpy(clip), window=WINDOW, hop=128)
    theirs = librosa.feature.zero_crossing_rate(clip, frame_length=WINDOW, hop_length=128)[0]
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6)
