import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from emobench.api import NoOptions, Target, UsageError
from emobench_essentials.calibration import softmax
from emobench_essentials.weighted_vote import WeightedVote, mixture_weights


def draw(seed: int, *, members: int, items: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Members that see the truth's logits through noise of their own, sharper or flatter."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(items, 4)) * 2
    ids = np.array([random.choice(4, p=row) for row in softmax(logits)])
    seen = [
        random.uniform(0.3, 3)
        * (logits + random.uniform(0.2, 3) * random.normal(size=logits.shape))
        for _ in range(members)
    ]
    return softmax(np.stack(seen)), ids


@pytest.mark.parametrize("seed", range(4))
def test_weights_are_those_that_scipy_finds(seed):
    members, ids = draw(seed, members=4)
    of_truth = members[:, np.arange(len(ids)), ids]
    reference = minimize(
        lambda weights: -np.log(weights @ of_truth).mean(),
        np.full(4, 0.25),
        jac=lambda weights: -(of_truth / (weights @ of_truth)).mean(axis=1),
        bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-12},
    )
    found = mixture_weights(members, shares=np.eye(4)[ids])
    assert found == pytest.approx(reference.x, abs=1e-4)


@given(seed=st.integers(0, 200), count=st.integers(1, 7), items=st.integers(1, 60))
def test_no_weights_are_better(seed, count, items):
    """A duality gap: loss - least loss <= log of the greatest mean of p_m / p over members m."""
    members, ids = draw(seed, members=count, items=items)
    weights = mixture_weights(members, shares=np.eye(4)[ids])
    of_truth = members[:, np.arange(items), ids]
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert np.log((of_truth / (weights @ of_truth)).mean(axis=1).max()) < 1e-7


def test_a_member_that_only_does_harm_gets_nothing():
    members, ids = draw(0, members=2)
    contrary = 1 - np.eye(4)[ids]
    members = np.concatenate([members, contrary[None] / 3])
    assert mixture_weights(members, shares=np.eye(4)[ids])[2] == 0


def test_votes_count_by_their_shares(make_context):
    """The same truth as votes of ten raters, or as ten items that all members judge alike."""
    members, _ = draw(3, members=3, items=20)
    votes = np.random.default_rng(0).multinomial(10, np.full(4, 0.25), size=20)
    ids = np.repeat(np.tile(np.arange(4), 20), votes.reshape(-1))
    spread = np.repeat(members, 10, axis=1)
    assert mixture_weights(members, shares=votes / 10) == pytest.approx(
        mixture_weights(spread, shares=np.eye(4)[ids]), abs=1e-6
    )


def test_without_validation_items_members_count_alike(make_context):
    members, _ = draw(1, members=3, items=5)
    vote = WeightedVote(NoOptions(), make_context())
    vote.fit(members[:, :0], np.zeros(0, dtype=np.int64))
    assert vote.apply(members) == pytest.approx(members.mean(axis=0))


def test_several_labels_are_refused(make_context):
    target = Target(name="units", kind="labels", classes=("AU1", "AU2"))
    with pytest.raises(UsageError) as caught:
        WeightedVote(NoOptions(), make_context(target=target, counts=(1, 1)))
    assert str(caught.value) == (
        "combiner 'weighted_vote' joins probabilities of classes, but target 'units' is of kind "
        "'labels'; use 'soft_vote'"
    )
