import numpy as np
import pytest

from emobench.api import NoOptions, UsageError
from emobench_essentials.combiners import HardVote, SoftVote, vote_shares
from emobench_essentials.options import SoftVoteOptions

MEMBERS = np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.3, 0.7], [0.4, 0.6]]])


def test_members_count_alike_by_default(make_context):
    vote = SoftVote(SoftVoteOptions(), make_context())
    vote.fit(MEMBERS, np.array([0, 1]))
    assert vote.apply(MEMBERS) == pytest.approx(np.array([[0.6, 0.4], [0.3, 0.7]]))


def test_weights_need_not_sum_to_one(make_context):
    vote = SoftVote(SoftVoteOptions(weights=[6, 2]), make_context())
    assert vote.apply(MEMBERS)[0] == pytest.approx(np.array([0.75, 0.25]))


def test_a_weight_too_few_is_refused(make_context):
    vote = SoftVote(SoftVoteOptions(weights=[1.0]), make_context())
    with pytest.raises(UsageError, match="has 1 weights for 2 members"):
        vote.fit(MEMBERS, np.array([0, 1]))


def test_weights_of_nothing_are_refused():
    with pytest.raises(UsageError, match="at least one member must count"):
        SoftVoteOptions(weights=[0, 0])


def test_a_hard_votes_probabilities_are_the_shares_of_votes(make_context):
    random = np.random.default_rng(0)
    members = random.dirichlet(np.ones(4), size=(5, 30))
    counts = [np.bincount(said, minlength=4) for said in members.argmax(axis=2).T]
    vote = HardVote(NoOptions(), make_context())
    vote.fit(members, np.zeros(30, dtype=np.int64))
    assert vote.apply(members) == pytest.approx(np.array(counts) / 5, abs=1e-6)


def test_equal_votes_go_by_mean_probability():
    members = np.array([[[0.6, 0.4]], [[0.1, 0.9]]])
    assert vote_shares(members).argmax() == 1
    assert vote_shares(members) == pytest.approx(np.array([[0.5, 0.5]]), abs=1e-6)


def test_the_majority_wins_against_any_sureness():
    members = np.array([[[0.51, 0.49]], [[0.51, 0.49]], [[0.0, 1.0]]])
    assert vote_shares(members).argmax() == 0
