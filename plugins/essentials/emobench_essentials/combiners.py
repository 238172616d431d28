"""The `soft_vote` combiner."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from emobench.api import Context, UsageError
from emobench_essentials.options import SoftVoteOptions


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
