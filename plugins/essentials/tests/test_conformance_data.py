"""The frontend, the post-processor and the combiner of this package against their suites."""

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
