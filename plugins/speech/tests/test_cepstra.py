import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dct

from emobench_speech.cepstra import cosine_transform, delta_weights, deltas


@pytest.mark.parametrize(("bands", "coefficients"), [(64, 64), (128, 40), (5, 1)])
def test_the_transform_is_scipys(bands, coefficients):
    values = np.random.default_rng(0).standard_normal((bands, 7))
    ours = cosine_transform(bands=bands, coefficients=coefficients) @ torch.from_numpy(values)
    theirs = dct(values, type=2, axis=0, norm="ortho")[:coefficients]
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-12)


@given(width=st.sampled_from([3, 5, 9, 15]), more=st.integers(0, 30), seed=st.integers(0, 99))
def test_deltas_are_librosas_also_at_both_ends(width, more, seed):
    rows = np.random.default_rng(seed).standard_normal((3, width + more))
    ours = deltas(torch.from_numpy(rows), weights=delta_weights(width=width, orders=2))
    for order in (1, 2):
        theirs = librosa.feature.delta(rows, width=width, order=order)
        np.testing.assert_allclose(ours[order - 1].numpy(), theirs, atol=1e-9)


def test_a_parabola_has_its_own_slope_and_curvature():
    time = torch.arange(20, dtype=torch.float64)
    slope, curvature = deltas((3 * time**2 + time)[None], weights=delta_weights(width=5, orders=2))
    torch.testing.assert_close(slope[0, 2:-2], (6 * time + 1)[2:-2])
    torch.testing.assert_close(curvature[0], torch.full((20,), 6.0, dtype=torch.float64))
