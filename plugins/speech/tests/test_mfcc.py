from pathlib import Path

import numpy as np
import pytest
import torch

from emobench.api import UsageError
from emobench_speech.frontend_options import MfccOptions
from emobench_speech.mfcc import Mfcc, standardise_rows

REAL = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.mark.real_data
def test_coefficients_and_deltas_are_librosas_on_real_clips(make_context):
    import soundfile

    files = sorted((REAL / "ravdess").rglob("*.flac"))[::120]
    if not files:
        pytest.skip("ravdess is not in ../shared/data, beside the repository")
    clips = [soundfile.read(file, dtype="float32")[0] for file in files]
    ours, theirs = (
        Mfcc(MfccOptions(standardise=False, engine=engine), make_context()).apply(clips)
        for engine in ("torch", "librosa")
    )
    for rows in (slice(0, 40), slice(40, 80), slice(80, 120)):
        scale = float(theirs[:, rows].abs().max())
        torch.testing.assert_close(ours[:, rows], theirs[:, rows], rtol=0, atol=1e-4 * scale)


def test_standardised_rows_have_mean_0_and_deviation_1_each(make_context, make_clip):
    (rows,) = Mfcc(MfccOptions(), make_context()).apply([make_clip()])
    torch.testing.assert_close(rows.mean(dim=1), torch.zeros(120), atol=1e-5, rtol=0)
    torch.testing.assert_close(rows.std(dim=1, correction=0), torch.ones(120))


def test_a_flat_row_is_not_blown_up():
    rows = torch.stack([torch.full((9,), -80.0), torch.arange(9.0)])
    assert torch.equal(standardise_rows(rows)[0], torch.zeros(9))


def test_without_standardising_the_first_coefficient_tells_loudness(make_context, make_clip):
    frontend = Mfcc(MfccOptions(standardise=False, deltas=0), make_context())
    clip = make_clip(3.0)
    soft, loud = frontend.apply([clip, clip * np.float32(10)])
    torch.testing.assert_close(loud[0] - soft[0], torch.full((94,), 20.0 * 64**0.5))
    torch.testing.assert_close(loud[1:], soft[1:], atol=1e-3, rtol=1e-4)


def test_clips_too_short_for_deltas_are_refused(make_context):
    with pytest.raises(UsageError, match=r"0\.1 s at 16000 Hz are 4 frames 512 samples apart"):
        Mfcc(MfccOptions(seconds=0.1), make_context())
    assert Mfcc(MfccOptions(seconds=0.1, deltas=0), make_context()).shape() == (40, 4)


def test_a_task_without_audio_is_refused(make_context):
    with pytest.raises(UsageError, match="frontend 'mfcc' reads audio, but task"):
        Mfcc(MfccOptions(), make_context(rate=None))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"coefficients": 41, "mels": 40}, r"coefficients \(41\) must not exceed mels \(40\)"),
        ({"delta_width": 8}, r"delta_width \(8\) must be odd"),
        ({"hop": 600, "window": 512}, r"hop \(600\) must not exceed window \(512\)"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        MfccOptions(**options)
