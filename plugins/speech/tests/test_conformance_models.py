"""The backbone of this package under the conformance suite."""

from __future__ import annotations

from collections.abc import Sequence

from emobench.api import Context
from emobench.testing import BackboneSuite
from emobench.testing.tiny import tiny_context


class TestCnn1d(BackboneSuite):
    component = "cnn1d"
    options = {"channels": [8, 6], "pooling": "avgmax"}


class TestCnn1dAsKerasHasIt(BackboneSuite):
    component = "cnn1d"
    options = {"channels": [8, 6], "norm_momentum": 0.01, "order": "relu-norm-dropout"}


class TestCnn1dOverStatistics(BackboneSuite):
    component = "cnn1d"
    options = {"channels": [8, 6]}

    def contexts(self) -> Sequence[Context]:
        return [tiny_context(inputs={"audio": (40,)})]
