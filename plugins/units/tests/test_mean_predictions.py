"""Mean predicted beside mean true, against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emobench.api import Target
from emobench_units.mean_predictions import mean_shares

NAMES = ("joy", "fear", "anger")
LOGITS = np.random.default_rng(0).normal(scale=3, size=(20, 3)).astype(np.float32)


def test_labels_are_sigmoids_beside_their_shares():
    truth = np.random.default_rng(1).random((20, 3))
    found = mean_shares(Target(name="emotions", kind="labels", classes=NAMES), LOGITS, truth)
    expected = torch.sigmoid(torch.from_numpy(LOGITS)).mean(dim=0)
    for index, name in enumerate(NAMES):
        assert found[f"mean_predicted.{name}"] == pytest.approx(float(expected[index]), abs=1e-6)
        assert found[f"mean_true.{name}"] == pytest.approx(truth[:, index].mean())


def test_classes_are_softmax_shares_beside_how_often_they_are_true():
    truth = np.array([0] * 10 + [1] * 6 + [2] * 4)
    found = mean_shares(Target(name="emotion", kind="class", classes=NAMES), LOGITS, truth)
    expected = torch.softmax(torch.from_numpy(LOGITS), dim=1).mean(dim=0)
    assert [found[f"mean_predicted.{name}"] for name in NAMES] == pytest.approx(
        expected.tolist(), abs=1e-6
    )
    assert [found[f"mean_true.{name}"] for name in NAMES] == [0.5, 0.3, 0.2]


def test_a_number_has_one_mean_under_its_own_name():
    found = mean_shares(
        Target(name="valence", kind="number"), np.array([[1.0], [2.0]]), np.array([2.0, 4.0])
    )
    assert found == {"mean_predicted.valence": 1.5, "mean_true.valence": 3.0}


def test_huge_logits_stay_finite():
    target = Target(name="emotions", kind="labels", classes=("joy",))
    found = mean_shares(target, np.array([[1e4], [-1e4]]), np.array([[1.0], [0.0]]))
    assert found["mean_predicted.joy"] == 0.5
