from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, log_loss

from emobench.api import Target, UsageError
from emobench_essentials.greedy_selection import GreedySelection, select
from emobench_essentials.options import GreedySelectionOptions


def draw(seed: int, *, members: int = 4, items: int = 40) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    ids = np.arange(items) % 3
    logits = random.normal(size=(members, items, 3)) + 0.8 * np.eye(3)[ids]
    powers = np.exp(2 * logits)
    return powers / powers.sum(axis=2, keepdims=True), ids


def picked(members: np.ndarray, ids: np.ndarray, **known: object) -> np.ndarray:
    settings = {"metric": "uar", "rounds": 10, "best_first": 0, **known}
    return select(members, shares=np.eye(3)[ids], **settings)


@pytest.mark.parametrize("seed", range(5))
def test_two_rounds_find_the_best_partner_of_the_best_member(seed):
    members, ids = draw(seed)
    best = min(range(4), key=lambda each: log_loss(ids, members[each]))
    teams = [
        team
        for size in (1, 2)
        for team in combinations_with_replacement(range(4), size)
        if best in team
    ]
    expected = min(teams, key=lambda team: log_loss(ids, members[list(team)].mean(axis=0)))
    found = picked(members, ids, metric="log_loss", rounds=2)
    assert found.tolist() == np.bincount(expected, minlength=4).tolist()


@given(seed=st.integers(0, 300), rounds=st.integers(1, 8), best_first=st.integers(0, 6))
def test_never_worse_than_the_best_member(seed, rounds, best_first):
    members, ids = draw(seed)
    picks = picked(members, ids, rounds=rounds, best_first=best_first)
    together = np.average(members, axis=0, weights=picks)
    alone = max(balanced_accuracy_score(ids, each.argmax(axis=1)) for each in members)
    assert balanced_accuracy_score(ids, together.argmax(axis=1)) >= alone - 1e-12


def test_a_member_may_be_picked_again():
    """A sure and mostly right member beside a weak one whose word is worth a third of its own."""
    truth = np.eye(3)[np.zeros(10, dtype=int)]
    strong = np.where(truth > 0, 0.9, 0.05)
    strong[0] = [0.0, 0.5, 0.5]
    weak = np.full_like(strong, 1 / 3)
    picks = select(
        np.stack([strong, weak]), shares=truth, metric="log_loss", rounds=12, best_first=0
    )
    shares = np.arange(1, 100) / 100
    best = min(shares, key=lambda each: log_loss_of(each * strong + (1 - each) * weak, truth))
    assert picks[0] / picks.sum() == pytest.approx(best, abs=0.1)
    assert picks[0] > 1


def log_loss_of(probabilities: np.ndarray, truth: np.ndarray) -> float:
    return float(-np.log((probabilities * truth).sum(axis=1)).mean())


def test_the_best_come_first_where_that_is_asked_for():
    """Each member fails on items of its own, so a team is better the more of them it has."""
    truth = np.eye(2)[np.zeros(8, dtype=int)]
    right = np.full((4, 8), 0.9)
    right[np.arange(8) % 4, np.arange(8)] = 0.3
    members = np.stack([right, 1 - right], axis=2)
    picks = select(members, shares=truth, metric="log_loss", rounds=1, best_first=3)
    assert picks.tolist() == [1, 1, 1, 1]


def test_the_tasks_metric_is_the_objective(make_context):
    assert GreedySelection(GreedySelectionOptions(), make_context()).objective == "uar"


def test_log_loss_of_votes_is_their_divergence(make_context):
    target = Target(name="votes", kind="distribution", classes=("a", "b"))
    options = GreedySelectionOptions(metric="log_loss")
    context = make_context(target=target, counts=(1, 1))
    assert GreedySelection(options, context).objective == "kl"


def test_targets_after_the_first_go_by_log_loss(make_context):
    second = Target(name="intensity", kind="class", classes=("low", "high"))
    context = replace(make_context(), target=second)
    assert GreedySelection(GreedySelectionOptions(), context).objective == "log_loss"


def test_a_metric_that_it_cannot_select_by_is_refused(make_context):
    context = make_context()
    context = replace(context, task=replace(context.task, metric="ece"))
    with pytest.raises(UsageError) as caught:
        GreedySelection(GreedySelectionOptions(), context)
    assert str(caught.value) == (
        "combiner 'greedy_selection' cannot select by the task's metric 'ece'; set `metric` to one "
        "of accuracy, uar, macro_f1, weighted_f1, log_loss"
    )
