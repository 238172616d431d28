import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from emobench.api import NoOptions, Target
from emobench_essentials.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Focal,
    MeanSquaredError,
    class_weights,
    focal_loss,
)
from emobench_essentials.options import (
    BinaryCrossEntropyOptions,
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


@pytest.mark.parametrize("options", [FocalOptions(alpha="sqrt", label_smoothing=0.1), None])
def test_class_ids_and_their_one_hot_rows_cost_the_same(make_context, logits, ids, options):
    if options:
        loss = Focal(options, make_context())
    else:
        loss = CrossEntropy(CrossEntropyOptions(class_weights="balanced"), make_context())
    assert torch.equal(loss(logits, ids), loss(logits, functional.one_hot(ids, 4).float()))


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


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_gradients_agree_with_finite_differences(gamma):
    logits = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    targets = torch.softmax(torch.randn(3, 4, dtype=torch.float64), dim=1)
    weights = torch.tensor([1.0, 2.0, 0.5, 1.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda x: focal_loss(
            x, targets=targets, gamma=gamma, label_smoothing=0.1, class_weights=weights
        ),
        logits,
    )


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_focal_gradients_stay_finite_on_certain_predictions(gamma):
    logits = torch.tensor([[200.0, 0.0, 0.0, 0.0]], requires_grad=True)
    focal_loss(logits, targets=torch.tensor([0]), gamma=gamma).backward()
    assert torch.isfinite(logits.grad).all()


def test_item_weights_multiply_the_losses_before_the_mean(make_context, logits, ids):
    loss = CrossEntropy(CrossEntropyOptions(), make_context())
    weights = torch.linspace(0, 2, 12)
    expected = (functional.cross_entropy(logits, ids, reduction="none") * weights).mean()
    torch.testing.assert_close(loss(logits, ids, weights), expected)


def test_balanced_weights_are_those_of_scikit_learn():
    labels = [0] * 40 + [1] * 20 + [2] * 10 + [3] * 10
    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)
    assert class_weights((40, 20, 10, 10), balance="balanced").tolist() == pytest.approx(expected)


def test_a_class_without_training_items_weighs_one():
    assert class_weights((30, 0, 10), balance="balanced")[1] == 1


def test_binary_cross_entropy_equals_torch_with_its_positive_weights(make_context):
    target = Target(name="units", kind="labels", classes=("AU1", "AU2"))
    context = make_context(target=target, counts=(20, 60))
    options = BinaryCrossEntropyOptions(positive_weights="balanced")
    logits, truth = torch.randn(5, 2), torch.tensor([[0, 1], [1, 1], [0, 0], [1, 0], [0, 1.0]])
    expected = functional.binary_cross_entropy_with_logits(
        logits, truth, pos_weight=torch.tensor([3.0, 20 / 60])
    )
    torch.testing.assert_close(BinaryCrossEntropy(options, context)(logits, truth), expected)


def test_mean_squared_error_does_not_broadcast_logits_against_targets(make_context):
    loss = MeanSquaredError(NoOptions(), make_context())
    logits, truth = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([1.0, 1.0, 1.0])
    assert float(loss(logits, truth)) == pytest.approx(10 / 3)
