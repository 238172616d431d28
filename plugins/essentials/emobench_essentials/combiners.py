"""The combiners that learn nothing: `soft_vote` and `hard_vote`."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from emobench.api import Context, NoOptions, UsageError
from emobench_essentials.judging import refuse_other_kinds
from emobench_essentials.options import SoftVoteOptions

TIE_BREAK = 1e-6
"""How much the mean probability counts beside the votes: it decides where those are equal."""


class SoftVote:
    """The weighted mean of the members' probabilities; nothing is learnt."""

    objective: ClassVar[str] = ""

    def __init__(self, options: SoftVoteOptions, context: Context) -> None:
        self.weights = options.weights

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        """Make sure that every member has its weight."""
        if self.weights is not None and len(self.weights) != len(members):
            raise UsageError(
                f"combiner 'soft_vote' has {len(self.weights)} weights for {len(members)} members; "
                "give one a member, or none"
            )

    def apply(self, members: np.ndarray) -> np.ndarray:
        """Probabilities `(items, classes)`."""
        averaged: np.ndarray = np.average(members, axis=0, weights=self.weights)
        return averaged


def vote_shares(members: np.ndarray) -> np.ndarray:
    """The share of members whose most likely class it is; equal shares by mean probability."""
    members = np.asarray(members, dtype=np.float64)
    votes = np.eye(members.shape[2])[members.argmax(axis=2)].mean(axis=0)
    shares: np.ndarray = (1 - TIE_BREAK) * votes + TIE_BREAK * members.mean(axis=0)
    return shares


class HardVote:
    """One member, one vote; nothing is learnt."""

    objective: ClassVar[str] = ""

    def __init__(self, options: NoOptions, context: Context) -> None:
        refuse_other_kinds(context, combiner="hard_vote")

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        """There is nothing to learn."""

    def apply(self, members: np.ndarray) -> np.ndarray:
        """Probabilities `(items, classes)`."""
        return vote_shares(members)
