"""Clips are sound files as a microphone would give them."""

import numpy as np
import pytest

from emobench.api import DatasetContext
from emobench.data.synthetic.options import SpeechOptions
from emobench.data.synthetic.speech import SyntheticSpeech


@pytest.fixture(scope="module")
def clips():
    speech = SyntheticSpeech(SpeechOptions(), DatasetContext())
    return [speech.load(index)["audio"] for index in range(0, 1500, 50)]


def test_clips_last_from_one_and_a_half_to_three_seconds(clips):
    seconds = [len(clip) / 16_000 for clip in clips]
    assert 1.5 <= min(seconds) < 1.8
    assert 2.7 < max(seconds) <= 3.0


def test_no_clip_is_clipped(clips):
    assert all(np.abs(clip).max() < 0.96 for clip in clips)


def test_every_clip_is_heard_over_its_noise_floor(clips):
    for clip in clips:
        loudness = np.sort(np.square(clip[: len(clip) // 400 * 400]).reshape(-1, 400).mean(axis=1))
        loudest, quietest = loudness[-len(loudness) // 5 :].mean(), loudness[:3].mean()
        assert loudest > 100 * quietest


def test_samples_lie_on_the_sixteen_bit_grid(clips):
    for clip in clips:
        assert clip.dtype == np.float32
        assert np.array_equal(clip * 32768, np.round(clip * 32768))


def test_the_energy_is_where_a_voice_has_it(clips):
    spectra = [np.abs(np.fft.rfft(clip)) ** 2 for clip in clips]
    low = [spectrum[: len(spectrum) // 2].sum() / spectrum.sum() for spectrum in spectra]
    assert np.median(low) > 0.9
