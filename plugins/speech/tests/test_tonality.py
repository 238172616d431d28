import librosa
import numpy as np
import pytest
import torch

from emobench_speech.tonality import chroma_filters, divide_frames, tonal_centroid_map


@pytest.mark.parametrize(("rate", "window"), [(16_000, 2048), (8_000, 1024), (44_100, 2048)])
def test_chroma_filters_are_librosas(rate, window):
    theirs = librosa.filters.chroma(sr=rate, n_fft=window, tuning=0.0, dtype=np.float64)
    np.testing.assert_allclose(chroma_filters(rate=rate, window=window), theirs, atol=1e-12)


def test_tonal_centroids_are_librosas():
    chroma = np.random.default_rng(0).random((12, 9))
    rows = torch.from_numpy(chroma)
    ours = tonal_centroid_map() @ divide_frames(rows, by=rows.sum(dim=0))
    np.testing.assert_allclose(ours.numpy(), librosa.feature.tonnetz(chroma=chroma), atol=1e-12)


def test_a_silent_frame_stays_silent():
    rows = torch.tensor([[0.0, 2.0], [0.0, 4.0]])
    assert divide_frames(rows, by=rows.amax(dim=0)).tolist() == [[0, 0.5], [0, 1]]
