import numpy as np
import pytest
import torch

from emobench.api import UsageError
from emobench_speech.frontend_options import WaveformOptions
from emobench_speech.waveform_frontend import Waveform


@pytest.fixture
def make_frontend(make_context):
    def make(**options):
        return Waveform(WaveformOptions(seconds=0.1, **options), make_context())

    return make


def test_silence_behind_does_not_count_in_the_scale(make_frontend, make_clip):
    (row,) = make_frontend().apply([make_clip(0.05)])
    assert float(row[:800].mean()) == pytest.approx(0, abs=1e-6)
    assert float(row[:800].std(correction=0)) == pytest.approx(1, rel=1e-5)
    assert torch.equal(row[800:], torch.zeros(800))


def test_the_largest_sample_becomes_1(make_frontend):
    clip = np.array([0.1, -0.5, 0.25], dtype=np.float32)
    (row,) = make_frontend(scale="peak").apply([clip])
    torch.testing.assert_close(row[:3], torch.tensor([0.2, -1.0, 0.5]))


def test_samples_stay_as_they_are_to_the_bit(make_frontend, make_clip):
    clip = make_clip(0.1)
    assert torch.equal(make_frontend(scale="none").apply([clip])[0], torch.from_numpy(clip))


@pytest.mark.parametrize("scale", ["peak", "standardise"])
def test_what_is_nearly_silent_is_not_blown_up(make_frontend, scale):
    noise = 1e-8 * np.random.default_rng(0).standard_normal(1600)
    (row,) = make_frontend(scale=scale).apply([noise.astype(np.float32)])
    assert float(row.abs().max()) < 0.01


def test_a_clip_of_no_samples_is_silence(make_frontend):
    assert not make_frontend(scale="peak").apply([np.zeros(0, dtype=np.float32)]).any()


def test_a_task_without_audio_is_refused(make_context):
    with pytest.raises(UsageError, match="frontend 'waveform' reads audio, but task"):
        Waveform(WaveformOptions(), make_context(rate=None))
