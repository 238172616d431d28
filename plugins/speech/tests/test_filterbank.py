import librosa
import numpy as np
import pytest

from emobench_speech.filterbank import hertz_to_mel, mel_filters, mel_to_hertz


@pytest.mark.parametrize(
    ("rate", "window", "mels", "fmin", "fmax"),
    [
        (16_000, 1024, 64, 0.0, 8000.0),
        (16_000, 512, 40, 60.0, 7600.0),
        (44_100, 2048, 128, 0.0, 22_050.0),
        (8_000, 400, 20, 100.0, 3800.0),
    ],
)
def test_filters_are_librosas(rate, window, mels, fmin, fmax):
    ours = mel_filters(rate=rate, window=window, mels=mels, fmin=fmin, fmax=fmax)
    theirs = librosa.filters.mel(
        sr=rate, n_fft=window, n_mels=mels, fmin=fmin, fmax=fmax, dtype=np.float64
    )
    assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-15)


def test_the_scale_is_librosas_and_its_inverse_undoes_it():
    hertz = np.array([0.0, 30, 440, 999, 1000, 1001, 4000, 11_025])
    assert hertz_to_mel(hertz) == pytest.approx(librosa.hz_to_mel(hertz))
    assert mel_to_hertz(hertz_to_mel(hertz)) == pytest.approx(hertz)
