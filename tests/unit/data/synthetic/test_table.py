"""Rows of action units: OpenFace's columns, and hard enough to mean something."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emobench.api import DatasetContext
from emobench.data.synthetic.latent import EMOTIONS
from emobench.data.synthetic.options import TableOptions
from emobench.data.synthetic.table import SyntheticTable


@pytest.fixture(scope="module")
def table():
    return SyntheticTable(TableOptions(), DatasetContext())


@pytest.fixture(scope="module")
def rows(table):
    return np.array([table.load(index)["table"] for index in range(len(table.items()))])


def test_columns_are_the_seventeen_that_openface_rates(table):
    assert len(table.columns) == 17
    assert table.columns[:3] == ("AU01_r", "AU02_r", "AU04_r")
    assert table.columns[-1] == "AU45_r"


def test_ratings_lie_between_0_and_5_with_two_decimals(rows):
    assert rows.min() == 0
    assert rows.max() <= 5
    np.testing.assert_allclose(rows, np.round(rows, 2), atol=1e-6)


@pytest.mark.parametrize(
    ("emotion", "column"),
    [("happy", "AU12_r"), ("angry", "AU04_r"), ("disgust", "AU10_r"), ("surprised", "AU02_r")],
)
def test_an_emotion_shows_in_the_unit_it_is_known_by(table, rows, emotion, column):
    shown = table.true_labels() == EMOTIONS.index(emotion)
    values = rows[:, table.columns.index(column)]
    assert values[shown].mean() > values[~shown].mean() + 0.8


def test_a_linear_model_stays_well_below_the_ceiling_and_gains_from_leaking(table, rows):
    items = table.items()
    labels, groups = items.targets["emotion"], np.array(items.groups)
    model = make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=500, class_weight="balanced")
    )
    honest = cross_val_predict(model, rows, labels, groups=groups, cv=GroupKFold(5))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    leaky = cross_val_predict(model, rows, labels, cv=folds)
    honest_uar = balanced_accuracy_score(labels, honest)
    assert 0.45 < honest_uar < table.latents.ceiling - 0.2
    assert balanced_accuracy_score(labels, leaky) > honest_uar + 0.015
