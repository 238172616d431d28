"""What holds for each of the three sets as a `Dataset`."""

import hashlib

import numpy as np
import pytest

from emobench.api import DatasetContext
from emobench.data.synthetic.face import SyntheticFace
from emobench.data.synthetic.latent import EMOTIONS
from emobench.data.synthetic.options import FaceOptions, SpeechOptions, TableOptions
from emobench.data.synthetic.speech import SyntheticSpeech
from emobench.data.synthetic.table import SyntheticTable

SETS = {
    "audio": (SyntheticSpeech, SpeechOptions),
    "image": (SyntheticFace, FaceOptions),
    "table": (SyntheticTable, TableOptions),
}


@pytest.fixture(params=SETS)
def modality(request):
    return request.param


def build(modality, **options):
    dataset, options_type = SETS[modality]
    plain = {"items": 40, "identities": 5, **options}
    return dataset(options_type(**plain), DatasetContext())


def digest(dataset, index):
    (item,) = dataset.load(index).values()
    return hashlib.sha256(item.tobytes()).hexdigest()


def test_loads_the_modality_it_promises(modality):
    dataset = build(modality)
    assert tuple(dataset.load(0)) == dataset.modalities == (modality,)


def test_the_same_seed_gives_the_same_bytes_in_any_order(modality):
    forwards, backwards = build(modality), build(modality)
    first = [digest(forwards, index) for index in range(6)]
    second = [digest(backwards, index) for index in reversed(range(6))]
    assert first == second[::-1]
    assert len(set(first)) == 6


def test_another_seed_gives_other_items(modality):
    assert digest(build(modality), 0) != digest(build(modality, seed=1), 0)


def test_the_fingerprint_follows_every_option(modality):
    plain = build(modality)
    changes = {
        "items": 41,
        "identities": 6,
        "seed": 1,
        "label_noise": 0.1,
        "imbalance": 3.0,
        "overlap": 0.5,
        "variation": 0.5,
    }
    prints = {build(modality, **{name: value}).fingerprint() for name, value in changes.items()}
    assert plain.fingerprint() == build(modality).fingerprint()
    assert len(prints - {plain.fingerprint()}) == len(changes)


def test_the_sets_have_fingerprints_of_their_own():
    assert len({build(modality).fingerprint() for modality in SETS}) == 3


def test_the_table_names_groups_and_targets_and_hides_what_is_shown(modality):
    dataset = build(modality, label_noise=0.4)
    items = dataset.items()
    assert len(items) == len(set(items.ids)) == len(items.groups) == 40
    assert len(set(items.groups)) == 5
    assert [(spec.name, spec.kind) for spec in items.specs] == [
        ("emotion", "class"),
        ("intensity", "number"),
    ]
    assert items.specs[0].classes == EMOTIONS
    assert np.mean(items.targets["emotion"] == dataset.true_labels()) == pytest.approx(0.6)
    assert not items.fields
    assert not any(emotion in name for name in items.ids for emotion in EMOTIONS)


def test_the_intensity_of_a_neutral_item_is_low(modality):
    dataset = build(modality)
    neutral = dataset.true_labels() == EMOTIONS.index("neutral")
    intensity = dataset.items().targets["intensity"]
    assert intensity[neutral].max() < intensity[~neutral].min()
