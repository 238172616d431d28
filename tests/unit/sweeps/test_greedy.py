"""Greedy selection: what it picks, that it keeps its size, and that it does not learn by heart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.sweeps.greedy import Floats, Merit, apportion, select

ITEMS, CLASSES = 60, 3


def answers(truth: np.ndarray, *, right: np.ndarray) -> Floats:
    """One member's probabilities: sure of the truth where it is right, of the next class else."""
    said = np.where(right, truth, (truth + 1) % CLASSES)
    found = np.full((len(truth), CLASSES), 0.1)
    found[np.arange(len(truth)), said] = 0.8
    return found


def merit_of(truth: np.ndarray):  # type: ignore[no-untyped-def]
    def merit(probabilities: Floats) -> Merit:
        chosen = probabilities[np.arange(len(truth)), truth]
        return (float((probabilities.argmax(axis=1) == truth).mean()), float(np.log(chosen).mean()))

    return merit


@pytest.fixture
def truth() -> np.ndarray:
    return np.arange(ITEMS) % CLASSES


def test_members_that_are_wrong_elsewhere_are_put_together(truth: np.ndarray) -> None:
    thirds = np.arange(ITEMS) // 20
    useful = [answers(truth, right=thirds != third) for third in range(3)]
    useless = [answers(truth, right=np.zeros(ITEMS, dtype=bool)) for _ in range(9)]
    members = np.stack([*useful, *useless])
    counts = select(members, merit=merit_of(truth), seed=0)
    assert sum(counts[:3]) == 5
    assert min(counts[:3]) >= 1
    together = np.average(members, axis=0, weights=counts)
    assert merit_of(truth)(together)[0] == 1.0


def test_one_candidate_is_the_whole_ensemble(truth: np.ndarray) -> None:
    members = answers(truth, right=truth == 0)[None]
    assert select(members, merit=merit_of(truth), seed=0, size=4) == (4,)


def test_it_is_the_same_for_the_same_seed(truth: np.ndarray) -> None:
    random = np.random.default_rng(0)
    members = np.stack([answers(truth, right=random.random(ITEMS) < 0.6) for _ in range(20)])
    chosen = {select(members, merit=merit_of(truth), seed=7) for _ in range(2)}
    assert len(chosen) == 1


def test_without_members_there_is_nothing_to_select(truth: np.ndarray) -> None:
    with pytest.raises(ValueError, match="there is no member to select"):
        select(np.zeros((0, ITEMS, CLASSES)), merit=merit_of(truth), seed=0)


def test_on_new_items_the_ensemble_does_better_than_its_best_member() -> None:
    """Members of equal worth whose faults are their own: the mean must gain, unseen items too."""
    gains = []
    for repetition in range(8):
        random = np.random.default_rng(repetition)
        truth = random.integers(0, CLASSES, 400)
        members = np.stack([answers(truth, right=random.random(400) < 0.6) for _ in range(30)])
        seen, unseen = np.arange(400) < 100, np.arange(400) >= 100
        merit = merit_of(truth[seen])
        counts = select(members[:, seen], merit=merit, seed=0)
        best = max(range(30), key=lambda each: merit(members[each, seen]))
        judged = merit_of(truth[unseen])
        together = np.average(members[:, unseen], axis=0, weights=counts)
        gains.append(judged(together)[0] - judged(members[best, unseen])[0])
    assert np.mean(gains) > 0.05


@given(
    weights=st.lists(st.floats(0, 10), min_size=1, max_size=12).filter(
        lambda some: sum(some) > 0.1
    ),
    seats=st.integers(1, 20),
)
def test_seats_are_all_given_and_keep_to_their_quotas(weights: list[float], seats: int) -> None:
    given_weights = np.asarray(weights)
    counts = apportion(given_weights, seats=seats)
    assert sum(counts) == seats
    quotas = given_weights / given_weights.sum() * seats
    assert all(abs(count - quota) < 1 + 1e-9 for count, quota in zip(counts, quotas, strict=True))
