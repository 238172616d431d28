"""The backbone of this package under the conformance suite."""

from __future__ import annotations

from emobench.testing import BackboneSuite


class TestCnn1d(BackboneSuite):
    component = "cnn1d"
    options = {"channels": [8, 6], "pooling": "avgmax"}


class TestCnn1dAsKerasHasIt(BackboneSuite):
    component = "cnn1d"
    options = {"channels": [8, 6], "norm_momentum": 0.01, "order": "relu-norm-dropout"}
