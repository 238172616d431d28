import itertools

import numpy as np
import pytest
import torch

from emobench.api import UsageError
from emobench_speech.frontend_options import ModulationOptions
from emobench_speech.modulation import EDGES, Modulation, loudness, movement

RATE = 16_000


def row(clip: np.ndarray, make_context, **options: object) -> torch.Tensor:
    return Modulation(ModulationOptions(**options), make_context()).apply([clip])[0]


def trembling_noise(hertz: float, *, seconds: float = 3.0) -> np.ndarray:
    """Noise whose level swings so many times a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal(len(time))
    return (0.1 * noise * (1.1 + np.sin(2 * np.pi * hertz * time))).astype(np.float32)


@pytest.mark.parametrize(("hertz", "stretch"), [(2.2, 1), (4.0, 2), (6.5, 3), (10.0, 4)])
def test_a_swinging_level_is_found_at_its_rate(make_context, hertz, stretch):
    moves = row(trembling_noise(hertz), make_context)[192 : 192 + 96].reshape(16, 6)
    assert (moves.argmax(dim=1) == stretch).float().mean() > 0.9


def test_movement_is_the_mean_amplitude_of_a_plain_fourier_transform():
    rows = np.random.default_rng(1).standard_normal((3, 150))
    window = np.hanning(150)
    padded = np.zeros((3, 512))
    padded[:, :150] = (rows - rows.mean(axis=1, keepdims=True)) * window
    amplitudes = np.abs(np.fft.fft(padded, axis=1))[:, :257] / window.sum()
    hertz = np.arange(257) * 50 / 512
    expected = [
        np.log(amplitudes[:, (hertz >= low) & (hertz < high)].mean(axis=1) + 1e-3)
        for low, high in itertools.pairwise(EDGES)
    ]
    found = movement(torch.from_numpy(rows), rate=50.0, points=512)
    np.testing.assert_allclose(found.numpy(), np.stack(expected, axis=1), rtol=1e-9)


def test_a_louder_clip_moves_levels_alone(make_context, make_clip):
    clip = make_clip(2.0)
    louder = row(2 * clip, make_context) - row(clip, make_context)
    rise = float(20 * np.log10(2))
    torch.testing.assert_close(louder[:192], torch.full((192,), rise), atol=1e-3, rtol=0)
    torch.testing.assert_close(louder[192:-2], torch.zeros(240), atol=1e-3, rtol=0)
    torch.testing.assert_close(louder[-2:], torch.tensor([rise, 0.0]), atol=1e-3, rtol=0)


def test_the_share_of_loud_frames_is_that_of_speech_in_silence():
    decibels = torch.full((4, 100), -90.0)
    decibels[:, 20:60] = -20.0
    torch.testing.assert_close(loudness(decibels), torch.tensor([-20.0, 0.4]))


@pytest.mark.parametrize("samples", [1, 100, 8000, 40 * RATE])
def test_clips_of_any_length_give_finite_rows_of_one_width(make_context, samples):
    frontend = Modulation(ModulationOptions(), make_context())
    clip = np.random.default_rng(2).standard_normal(samples).astype(np.float32)
    found = frontend.apply([clip])
    assert found.shape == (1, *frontend.shape())
    assert found.isfinite().all()


@pytest.mark.parametrize("seconds", [0.01, 0.7, 60.0])
def test_no_stretch_of_movement_is_empty_however_little_is_heard(make_context, seconds):
    clip = trembling_noise(4.0, seconds=5.0)
    assert row(clip, make_context, seconds=seconds).isfinite().all()


def test_silence_gives_a_finite_row(make_context):
    assert row(np.zeros(RATE, dtype=np.float32), make_context).isfinite().all()


def test_a_task_without_audio_is_refused(make_context):
    with pytest.raises(UsageError, match="frontend 'modulation' reads audio"):
        Modulation(ModulationOptions(), make_context(rate=None))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": 24}, "groups \\(24\\) must divide mels \\(64\\)"),
        ({"mels": 16, "cepstra": 24}, "cepstra \\(24\\) must not exceed mels \\(16\\)"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(UsageError, match=message):
        ModulationOptions(**options)
