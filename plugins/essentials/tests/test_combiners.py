import numpy as np
import pytest

from emobench.api import UsageError
from emobench_essentials.combiners import SoftVote
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
