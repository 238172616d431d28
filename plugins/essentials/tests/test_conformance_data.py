"""The frontend, the post-processor and the combiners of this package against their suites."""

from __future__ import annotations

import numpy as np

from emobench.testing import CombinerSuite, FrontendSuite, PostProcessorSuite


class TestValues(FrontendSuite):
    component = "values"

    def reference(self, item):
        return item.astype(np.float64)


class TestTemperature(PostProcessorSuite):
    component = "temperature"


class TestSoftVote(CombinerSuite):
    component = "soft_vote"


class TestSoftVoteWithWeights(CombinerSuite):
    component = "soft_vote"
    options = {"weights": (1.0, 2.0, 0.5)}


class TestWeightedVote(CombinerSuite):
    component = "weighted_vote"


class TestHardVote(CombinerSuite):
    component = "hard_vote"


class TestStacking(CombinerSuite):
    component = "stacking"
    options = {"strengths": (0.01, 0.1), "folds": 3}


class TestGreedySelection(CombinerSuite):
    component = "greedy_selection"
    options = {"rounds": 8}


class TestGreedySelectionFromTheBest(CombinerSuite):
    component = "greedy_selection"
    options = {"rounds": 5, "metric": "log_loss", "best_first": 2}
