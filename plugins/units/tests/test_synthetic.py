"""The synthetic clips: as OpenFace rates, with something to learn and people that differ."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from emobench.api import DatasetContext
from emobench_units.options import SyntheticUnitsOptions
from emobench_units.synthetic import SyntheticUnits


def drawn(**options):
    return SyntheticUnits(SyntheticUnitsOptions(**options), DatasetContext())


def test_frames_are_ratings_as_openface_gives_them():
    values = drawn(clips=32, subjects=8, rows="frame").rows.values
    ratings, presences = values[:, :17], values[:, 17:]
    assert ratings.min() == 0.0
    assert 2.0 < ratings.max() <= 5.0
    assert np.allclose(np.round(ratings, 2), ratings)
    assert set(np.unique(presences)) == {0.0, 1.0}


def test_every_emotion_and_every_subject_comes_equally_often():
    items = drawn(clips=96, subjects=12).items()
    assert np.bincount(items.targets["emotion"]).tolist() == [12] * 8
    assert {items.groups.count(subject) for subject in items.groups} == {8}


def test_noise_and_variation_change_rows_and_no_label():
    plain = drawn(clips=48, subjects=12)
    for changed in ({"noise": 0.0}, {"variation": 0.0}):
        other = drawn(clips=48, subjects=12, **changed)
        assert not np.array_equal(plain.rows.values, other.rows.values)
        assert np.array_equal(plain.items().targets["emotion"], other.items().targets["emotion"])


def test_unseen_subjects_can_be_read_well_above_chance_but_not_perfectly():
    built = drawn()
    items = built.items()
    found = cross_val_predict(
        LogisticRegression(max_iter=2000, C=0.1),
        built.rows.values,
        items.targets["emotion"],
        groups=items.groups,
        cv=GroupKFold(4),
    )
    assert 0.5 < balanced_accuracy_score(items.targets["emotion"], found) < 0.85
