"""The backbone and the heads of this package under the conformance suites."""

from __future__ import annotations

from emobench.testing import BackboneSuite, HeadSuite


class TestDense(BackboneSuite):
    component = "dense"
    options = {"hidden": [12, 6]}


class TestDenseWithBatchNormBetween(BackboneSuite):
    component = "dense"
    options = {"hidden": [12, 6], "dropout": [0.4, 0.2], "hidden_batch_norm": True}


class TestLinear(HeadSuite):
    component = "linear"


class TestMlp(HeadSuite):
    component = "mlp"
    options = {"hidden": [12, 6]}


class TestMlpWithBatchNorm(HeadSuite):
    component = "mlp"
    options = {"hidden": [12], "batch_norm": True}


class TestMlpWithBatchNormLast(HeadSuite):
    component = "mlp"
    options = {
        "hidden": [12],
        "batch_norm": True,
        "norm_momentum": 0.01,
        "order": "relu-dropout-norm",
    }
