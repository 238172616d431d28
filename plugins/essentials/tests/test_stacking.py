import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from emobench_essentials.calibration import softmax
from emobench_essentials.judging import log_loss
from emobench_essentials.options import StackingOptions
from emobench_essentials.stacking import (
    Stacking,
    choose_strength,
    deal_folds,
    fit_softmax,
    log_features,
)


def draw(seed: int, *, items: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """Three members: a fair one, one that calls class 0 class 1, one that knows little."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(items, 3)) * 2
    ids = np.array([random.choice(3, p=row) for row in softmax(logits)])
    noise = random.normal(size=(3, *logits.shape))
    seen = np.stack([logits + noise[0], logits[:, [1, 0, 2]], logits + 5 * noise[2]])
    return softmax(seen), ids


def reference(rows: np.ndarray, ids: np.ndarray, strength: float) -> LogisticRegression:
    """The same penalised fit; scikit-learn sums losses where ours are averaged."""
    model = LogisticRegression(
        C=1 / (strength * len(ids)), fit_intercept=False, tol=1e-10, max_iter=10_000
    )
    return model.fit(rows, ids)


@pytest.mark.parametrize("strength", [0.003, 0.1, 3.0])
def test_coefficients_are_scikit_learns(strength):
    members, ids = draw(0)
    rows = log_features(members)
    found = fit_softmax(rows, shares=np.eye(3)[ids], strength=strength)
    assert found == pytest.approx(reference(rows, ids, strength).coef_, abs=1e-5)


def test_the_strength_is_the_one_that_scikit_learn_does_best_with_on_items_left_out():
    members, ids = draw(1, items=60)
    rows, shares = log_features(members), np.eye(3)[ids]
    strengths = (0.001, 0.01, 0.1, 1.0, 10.0)
    folds = np.arange(60) % 4
    losses = {}
    for strength in strengths:
        said = np.empty_like(shares)
        for fold in range(4):
            model = reference(rows[folds != fold], ids[folds != fold], strength)
            said[folds == fold] = model.predict_proba(rows[folds == fold])
        losses[strength] = log_loss(said, shares=shares)
    best = min(losses, key=losses.__getitem__)
    chosen, loss = choose_strength(rows, shares=shares, strengths=strengths, folds=folds)
    assert chosen == best
    assert best not in (strengths[0], strengths[-1])
    assert loss == pytest.approx(losses[best], abs=1e-6)


def test_soft_truth_is_fitted_as_the_items_it_stands_for():
    members, _ = draw(2, items=30)
    votes = np.random.default_rng(0).multinomial(4, np.full(3, 1 / 3), size=30)
    ids = np.repeat(np.tile(np.arange(3), 30), votes.reshape(-1))
    rows = log_features(members)
    by_votes = fit_softmax(rows, shares=votes / 4, strength=0.1)
    by_items = fit_softmax(np.repeat(rows, 4, axis=0), shares=np.eye(3)[ids], strength=0.1)
    assert by_votes == pytest.approx(by_items, abs=1e-8)


def test_a_confusion_that_can_be_learnt_is_undone(make_context):
    """A member that swaps two classes is as good as one that does not."""
    members, ids = draw(3, items=400)
    swapped = members[1:2]
    stacking = Stacking(StackingOptions(), make_context())
    stacking.fit(swapped, ids)
    truth = np.eye(3)[ids]
    assert log_loss(stacking.apply(swapped), shares=truth) == pytest.approx(
        log_loss(swapped[0][:, [1, 0, 2]], shares=truth), abs=0.02
    )


def test_where_nothing_can_be_learnt_the_best_member_is_taken_alone(make_context):
    """Calibrated members and few items: any fit would be worse on items left out."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(12, 3)) * 3
    members = softmax(np.stack([logits, logits + 4 * random.normal(size=logits.shape)]))
    stacking = Stacking(StackingOptions(folds=3), make_context())
    stacking.fit(members, logits.argmax(axis=1))
    assert np.array_equal(stacking.apply(members), members[0])


def test_without_validation_items_members_count_alike(make_context):
    members, _ = draw(1, items=5)
    stacking = Stacking(StackingOptions(), make_context())
    stacking.fit(members[:, :0], np.zeros(0, dtype=np.int64))
    assert stacking.apply(members) == pytest.approx(members.mean(axis=0))


@given(
    classes=st.lists(st.integers(0, 3), min_size=5, max_size=60),
    folds=st.integers(2, 5),
    seed=st.integers(0, 100),
)
def test_folds_are_of_one_size_and_so_is_each_class_in_them(classes, folds, seed):
    ids = np.array(classes)
    dealt = deal_folds(ids, folds=folds, random=np.random.default_rng(seed))
    for group in (np.ones(len(ids), dtype=bool), *(ids == each for each in set(classes))):
        sizes = np.bincount(dealt[group], minlength=folds)
        assert sizes.max() - sizes.min() <= 1
