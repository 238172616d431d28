import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from sklearn.metrics import log_loss as sklearn_log_loss

from emobench_essentials.judging import best_member, log_loss, merit, shares_of

CLASSES = 4


def draw(seed: int, items: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.dirichlet(np.ones(CLASSES), size=items), random.integers(0, CLASSES, items)


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
@pytest.mark.filterwarnings("ignore:A single label was found")
@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("accuracy", accuracy_score),
        ("uar", balanced_accuracy_score),
        ("macro_f1", lambda truth, said: f1_score(truth, said, average="macro")),
        ("weighted_f1", lambda truth, said: f1_score(truth, said, average="weighted")),
    ],
)
@given(seed=st.integers(0, 1000), items=st.integers(1, 30))
def test_figures_of_decisions_are_scikit_learns(metric, reference, seed, items):
    probabilities, ids = draw(seed, items)
    ours, _ = merit(probabilities, shares=np.eye(CLASSES)[ids], metric=metric)
    assert ours == pytest.approx(reference(ids, probabilities.argmax(axis=1)))


def test_log_loss_is_scikit_learns():
    probabilities, ids = draw(0, 50)
    expected = sklearn_log_loss(ids, probabilities, labels=range(CLASSES))
    assert log_loss(probabilities, shares=np.eye(CLASSES)[ids]) == pytest.approx(expected)


def test_a_sure_mistake_stays_a_finite_loss():
    assert log_loss(np.array([[1.0, 0.0]]), shares=np.array([[0.0, 1.0]])) == pytest.approx(
        -np.log(np.finfo(float).eps)
    )


def test_votes_become_shares():
    assert shares_of(np.array([[3, 1], [0, 5]]), classes=2).tolist() == [[0.75, 0.25], [0.0, 1.0]]


def test_the_best_member_has_the_least_loss():
    truth = np.eye(2)[[0, 1]]
    members = np.stack([np.full((2, 2), 0.5), 0.2 + 0.6 * truth, 0.3 + 0.4 * truth])
    assert best_member(members, shares=truth) == (1, pytest.approx(-np.log(0.8)))
