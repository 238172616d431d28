import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emobench.api import Context, Schedule, Stream, TaskFacts, UsageError
from emobench_speech.frontend_options import LogMelOptions
from emobench_speech.logmel import LogMel, mel_power

SILENT_FACTS = TaskFacts(
    name="toy",
    modalities=("audio",),
    targets=(),
    metric="uar",
    train_items=1,
    rates={"audio": 16_000},
)
SCHEDULE = Schedule(epochs=1, updates_per_epoch=1)


@pytest.mark.parametrize(("window", "hop", "mels"), [(1024, 512, 64), (512, 256, 40)])
def test_mel_power_is_librosas_in_every_band_and_frame(make_context, make_clip, window, hop, mels):
    options = LogMelOptions(window=window, hop=hop, mels=mels)
    frontend = LogMel(options, make_context())
    clip = make_clip(3.0, seed=4)
    ours = mel_power(
        torch.from_numpy(clip), filters=frontend.filters, window=frontend.window, hop=hop
    )
    theirs = librosa.feature.melspectrogram(
        y=clip, sr=16_000, n_fft=window, hop_length=hop, n_mels=mels
    )
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-4, atol=0)


@settings(deadline=None, max_examples=25)
@given(
    clip=st.integers(0, 5000).flatmap(
        lambda samples: arrays(np.float32, samples, elements=st.floats(-1, 1, width=32))
    )
)
def test_any_clip_gives_finite_values(clip):
    context = Context(task=SILENT_FACTS, stream=Stream(0), schedule=SCHEDULE)
    frontend = LogMel(LogMelOptions(seconds=0.2), context)
    assert torch.isfinite(frontend.apply([clip])).all()


def test_silence_is_flat_zero(make_context):
    frontend = LogMel(LogMelOptions(), make_context())
    assert torch.equal(frontend.apply([np.zeros(48_000, np.float32)])[0], torch.zeros(64, 94))


def test_standardised_clips_do_not_tell_their_loudness(make_context, make_clip):
    frontend = LogMel(LogMelOptions(), make_context())
    clip = make_clip()
    rows = frontend.apply([clip, clip * np.float32(4.0)])
    torch.testing.assert_close(rows[0], rows[1], atol=1e-4, rtol=1e-4)
    assert float(rows[0].mean()) == pytest.approx(0, abs=1e-4)
    assert float(rows[0].std(correction=0)) == pytest.approx(1, abs=1e-4)


def test_a_task_without_audio_is_refused(make_context):
    with pytest.raises(UsageError, match="reads audio, but task 'toy/speakers' offers image"):
        LogMel(LogMelOptions(), make_context(rate=None))


def test_bands_above_half_the_sample_rate_are_refused(make_context):
    with pytest.raises(UsageError, match="end at 4000 Hz at most, half the task's sample rate"):
        LogMel(LogMelOptions(fmax=7600.0), make_context(rate=8_000))


def test_windows_that_skip_samples_are_refused():
    with pytest.raises(UsageError, match=r"hop \(600\) must not exceed window \(512\)"):
        LogMelOptions(window=512, hop=600)
