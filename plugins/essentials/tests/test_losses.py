import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from emobench_essentials.losses import (
    CrossEntropy,
    Focal,
    class_weights,
    focal_loss,
)
from emobench_essentials.options import (
    CrossEntropyOptions,
    FocalOptions,
)


@pytest.fixture
def logits():
    return torch.randn(12, 4, generator=torch.Generator().manual_seed(1)) * 3


@pytest.fixture
def ids():
    return torch.randint(0, 4, (12,), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("balance", ["none", "balanced", "sqrt"])
def test_cross_entropy_equals_torch_on_class_ids(make_context, logits, ids, smoothing, balance):
    options = CrossEntropyOptions(label_smoothing=smoothing, class_weights=balance)
    loss = CrossEntropy(options, make_context())
    expected = functional.cross_entropy(
        logits, ids, weight=loss.class_weights, label_smoothing=smoothing
    )
    torch.testing.assert_close(loss(logits, ids), expected)


def test_cross_entropy_of_distributions_equals_torch(make_context, logits):
    shares = torch.softmax(logits.flip(0), dim=1)
    loss = CrossEntropy(CrossEntropyOptions(label_smoothing=0.2), make_context())
    expected = functional.cross_entropy(logits, shares, label_smoothing=0.2)
    torch.testing.assert_close(loss(logits, shares), expected)


@given(
    smoothing=st.floats(0, 0.9),
    seed=st.integers(0, 1000),
    balance=st.sampled_from(["none", "balanced", "sqrt"]),
)
def test_focal_with_gamma_zero_is_cross_entropy(smoothing, seed, balance):
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(6, 4, generator=random) * 10
    ids = torch.randint(0, 4, (6,), generator=random)
    weights = class_weights((40, 20, 10, 10), balance=balance)
    focal = focal_loss(
        logits, targets=ids, gamma=0.0, label_smoothing=smoothing, class_weights=weights
    )
    expected = functional.cross_entropy(logits, ids, weight=weights, label_smoothing=smoothing)
    torch.testing.assert_close(focal, expected)


def test_focal_is_the_formula_of_the_paper():
    probability = 0.8
    logits = torch.tensor([[math.log(probability), math.log(1 - probability)]])
    loss = focal_loss(logits, targets=torch.tensor([0]), gamma=2.0)
    assert float(loss) == pytest.approx(-(0.2**2) * math.log(0.8), rel=1e-5)


def test_focal_scales_by_a_number_as_alpha(make_context, logits, ids):
    plain = Focal(FocalOptions(), make_context())(logits, ids)
    scaled = Focal(FocalOptions(alpha=0.25), make_context())(logits, ids)
    torch.testing.assert_close(scaled, 0.25 * plain)


def test_focal_plays_down_what_is_already_right(make_context):
    sure, unsure = torch.tensor([[4.0, 0, 0, 0]]), torch.tensor([[0.5, 0, 0, 0]])
    target = torch.tensor([0])
    focal, plain = Focal(FocalOptions(gamma=2.0), make_context()), functional.cross_entropy
    assert focal(sure, target) / focal(unsure, target) < plain(sure, target) / plain(unsure, target)


def test_balanced_weights_are_those_of_scikit_learn():
    labels = [0] * 40 + [1] * 20 + [2] * 10 + [3] * 10
    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)
    assert class_weights((40, 20, 10, 10), balance="balanced").tolist() == pytest.approx(expected)


def test_a_class_without_training_items_weighs_one():
    assert class_weights((30, 0, 10), balance="balanced")[1] == 1
