"""Agreement is by group: a group's scale is its largest value over all clips of a test."""

from pathlib import Path

import numpy as np
import pytest
import torch

from emobench.api import UsageError
from emobench_speech.acoustic import Acoustic392
from emobench_speech.acoustic_layout import LAYOUT, column_slices, feature_names
from emobench_speech.frontend_options import Acoustic392Options

REAL = Path(__file__).parents[3].parent / "shared" / "data"
TOLERANCE = 1e-4
GROUPS = [group.name for group in LAYOUT]


@pytest.fixture
def make_frontend(make_context):
    def make(*, rate=16_000, **options):
        return Acoustic392(Acoustic392Options(**options), make_context(rate=rate))

    return make


def differences(ours, theirs):
    """The largest difference of each group, as a share of the group's scale."""
    apart = {}
    for name, places in column_slices().items():
        scale = float(theirs[:, places].abs().max())
        apart[name] = float((ours[:, places] - theirs[:, places]).abs().max()) / scale
    return apart


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_every_group_is_librosas(make_frontend, make_clip, rate):
    clips = [make_clip(seconds, seed=seed, rate=rate) for seed, seconds in enumerate([0.1, 1, 2.3])]
    clips += [clips[1] * np.float32(1e-4), np.zeros(rate, dtype=np.float32)]
    apart = differences(
        make_frontend(rate=rate).apply(clips),
        make_frontend(rate=rate, engine="librosa").apply(clips),
    )
    assert max(apart.values()) <= TOLERANCE, apart


@pytest.mark.real_data
@pytest.mark.parametrize(("corpus", "every"), [("ravdess", 180), ("emodb", 67)])
def test_every_group_is_librosas_on_real_clips(make_frontend, corpus, every):
    import soundfile

    if not (REAL / corpus).is_dir():
        pytest.skip(f"{corpus} is not in ../shared/data, beside the repository")
    files = sorted((REAL / corpus).rglob("*.flac"))[::every]
    clips = [soundfile.read(file, dtype="float32")[0] for file in files]
    assert len(clips) >= 8
    apart = differences(make_frontend().apply(clips), make_frontend(engine="librosa").apply(clips))
    assert max(apart.values()) <= TOLERANCE, apart


def test_a_clip_too_short_for_a_delta_gets_silence_behind_it(make_frontend, make_clip):
    clip = make_clip(0.1)
    padded = np.pad(clip, (0, 8 * 512 - len(clip)))
    frontend = make_frontend()
    assert torch.equal(frontend.apply([clip]), frontend.apply([padded]))


def test_a_clip_of_one_sample_or_none_is_finite(make_frontend):
    rows = make_frontend().apply([np.ones(1, dtype=np.float32), np.zeros(0, dtype=np.float32)])
    assert torch.isfinite(rows).all()


def test_of_a_clip_that_is_too_long_the_middle_is_heard(make_frontend, make_clip):
    clip = make_clip(2.0)
    cut = make_frontend(seconds=1.0).apply([clip])
    assert torch.equal(cut, make_frontend().apply([clip[8_000:24_000]]))


def test_a_louder_clip_is_louder_and_otherwise_the_same(make_frontend, make_clip):
    clip = make_clip()
    soft, loud = make_frontend().apply([clip, clip * np.float32(2)])
    places = {name: feature_names().index(name) for name in ("energy_mean", "mel_064_mean")}
    assert float(loud[places["energy_mean"]] / soft[places["energy_mean"]]) == pytest.approx(2)
    gain = float(loud[places["mel_064_mean"]] - soft[places["mel_064_mean"]])
    assert gain == pytest.approx(20 * np.log10(2), abs=1e-3)
    same = column_slices()["centroid"]
    torch.testing.assert_close(soft[same], loud[same])


def test_rows_do_not_depend_on_the_number_of_threads(make_frontend, make_clip):
    clips = [make_clip(0.5, seed=seed) for seed in range(4)]
    before = torch.get_num_threads()
    rows = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        rows.append(make_frontend().apply(clips))
    torch.set_num_threads(before)
    assert torch.equal(*rows)


def test_a_task_without_audio_is_refused(make_frontend):
    with pytest.raises(UsageError, match="frontend 'acoustic392' reads audio, but task"):
        make_frontend(rate=None)
