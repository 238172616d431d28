"""Planted copies of every kind are found, honest neighbours are not, and the work is kept."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soxr
from PIL import Image

from emobench.api import DatasetContext
from emobench.data.fingerprints import find_near, sketch, take_fingerprints
from emobench.data.synthetic.face import SyntheticFace
from emobench.data.synthetic.options import FaceOptions, SpeechOptions, TableOptions
from emobench.data.synthetic.speech import SyntheticSpeech
from emobench.data.synthetic.table import SyntheticTable

RECALL, FALSE = 0.95, 0.01
RATE = 16_000


def loaded(dataset, modality):
    return [dataset.load(index)[modality] for index in range(len(dataset.items()))]


@pytest.fixture(scope="module")
def faces():
    # One picture a subject: this generator draws one face twice as like as a copy.
    options = FaceOptions(items=200, identities=200)
    return loaded(SyntheticFace(options, DatasetContext()), "image")


@pytest.fixture(scope="module")
def clips():
    return loaded(SyntheticSpeech(SpeechOptions(items=120), DatasetContext()), "audio")


@pytest.fixture(scope="module")
def rows():
    return loaded(SyntheticTable(TableOptions(items=600), DatasetContext()), "table")


def pixels(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def crop(picture, random):
    """Up to 5% off each side's length, at any place, back to the old size."""
    height, width = picture.shape[:2]
    kept = random.uniform(0.95, 0.99)
    top, left = random.uniform(0, (1 - kept), 2) * (height, width)
    box = (left, top, left + kept * width, top + kept * height)
    image = Image.fromarray(picture[:, :, 0]).resize(
        (width, height), Image.Resampling.BILINEAR, box=box
    )
    return np.asarray(image)[:, :, None]


def jpeg(picture, random):
    written = io.BytesIO()
    Image.fromarray(picture[:, :, 0]).save(written, "JPEG", quality=int(random.integers(50, 90)))
    return np.asarray(Image.open(written))[:, :, None]


PICTURES = {
    "flip": lambda picture, random: picture[:, ::-1],
    "brightness and contrast": lambda picture, random: pixels(
        (picture - 128.0) * random.uniform(0.75, 1.25) + 128 + random.uniform(-30, 30)
    ),
    "crop": crop,
    "noise": lambda picture, random: pixels(picture + random.normal(0, 5, picture.shape)),
    "jpeg": jpeg,
}


def noisy(clip, random):
    level = np.sqrt(np.mean(clip**2)) * 10 ** (-20 / 20)
    return clip + level * random.standard_normal(len(clip)).astype(np.float32)


CLIPS = {
    "gain": lambda clip, random: clip * 10 ** (random.uniform(-12, 6) / 20),
    "noise at 20 dB": noisy,
    "shift and padding": lambda clip, random: np.pad(clip, random.integers(1000, 8000, 2)),
    "faster or slower by 5%, pitch with it": lambda clip, random: soxr.resample(
        clip, RATE, RATE * random.choice([0.95, 1.05])
    ),
}

ROWS = {
    "rounded": lambda row, random: np.round(row, 2),
    "jitter": lambda row, random: row + random.normal(0, 0.01, row.shape),
}


def recall_of(items, change, modality, *, planted=60):
    """Plant copies behind the items; the share of them found, and of the rest falsely named."""
    random = np.random.default_rng(7)
    origins = random.permutation(len(items))[:planted]
    copies = [
        np.ascontiguousarray(change(items[origin], random), dtype=items[origin].dtype)
        for origin in origins
    ]
    sketches = [sketch(item, modality=modality, rate=RATE) for item in [*items, *copies]]
    pairs = {tuple(pair) for pair in find_near(sketches, modality=modality).tolist()}
    wanted = {(int(origin), len(items) + place) for place, origin in enumerate(origins)}
    same = {**{i: i for i in range(len(items))}, **{copy: origin for origin, copy in wanted}}
    falsely = {index for pair in pairs for index in pair if same[pair[0]] != same[pair[1]]}
    return len(pairs & wanted) / planted, len(falsely) / len(sketches)


@pytest.mark.parametrize("kind", PICTURES)
def test_copies_of_pictures_are_found(faces, kind):
    recall, falsely = recall_of(faces, PICTURES[kind], "image")
    assert recall >= RECALL
    assert falsely < FALSE


@pytest.mark.parametrize("kind", CLIPS)
def test_copies_of_clips_are_found(clips, kind):
    recall, falsely = recall_of(clips, CLIPS[kind], "audio", planted=40)
    assert recall >= RECALL
    assert falsely < FALSE


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pitch", "time"])
def test_clips_that_a_vocoder_changed_are_found(clips, kind):
    import librosa

    def change(clip, random):
        if kind == "pitch":
            return librosa.effects.pitch_shift(clip, sr=RATE, n_steps=float(random.choice([-1, 1])))
        return librosa.effects.time_stretch(clip, rate=float(random.choice([0.95, 1.05])))

    recall, falsely = recall_of(clips, change, "audio", planted=40)
    assert recall >= RECALL
    assert falsely < FALSE


@pytest.mark.parametrize("kind", ROWS)
def test_copies_of_rows_are_found(rows, kind):
    recall, falsely = recall_of(rows, ROWS[kind], "table")
    assert recall >= RECALL
    assert falsely < FALSE


def test_rows_that_lie_close_because_there_are_many_are_not_copies():
    dense = np.random.default_rng(0).standard_normal((3000, 2)).astype(np.float32)
    pairs = find_near(list(dense), modality="table")
    assert len(np.unique(pairs)) < FALSE * len(dense)


@pytest.mark.parametrize(
    ("item", "modality"),
    [(np.zeros(RATE, np.float32), "audio"), (np.full((48, 48, 1), 90, np.uint8), "image")],
)
def test_silence_and_flat_pictures_are_compared_with_nothing(item, modality):
    assert sketch(item, modality=modality, rate=RATE) is None


def test_a_broken_item_has_no_fingerprint_and_stops_nothing(tmp_path):
    dataset = SyntheticTable(TableOptions(items=40, identities=4), DatasetContext())
    whole = dataset.load

    def load(index):
        if index == 3:
            raise OSError("broken")
        return whole(index)

    dataset.load = load
    taken = take_fingerprints(dataset, dataset.items(), modality="table", data="x", cache=tmp_path)
    assert [place for place, digest in enumerate(taken.digests) if not digest] == [3]


def test_fingerprints_are_kept_and_damaged_ones_taken_anew(tmp_path):
    dataset = SyntheticTable(TableOptions(items=40, identities=4), DatasetContext())

    def take(data="x"):
        return take_fingerprints(
            dataset, dataset.items(), modality="table", data=data, cache=tmp_path
        )

    first = take()
    assert not first.from_cache
    again = take()
    assert again.from_cache
    assert again.digests == first.digests
    assert np.array_equal(again.pairs, first.pairs)
    assert not take(data="other").from_cache
    for path in tmp_path.glob("fingerprints-*.npz"):
        path.write_bytes(path.read_bytes()[:40])
    assert not take().from_cache
