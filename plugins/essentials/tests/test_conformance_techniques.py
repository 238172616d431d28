"""Every technique of this package against the suite of its kind."""

from __future__ import annotations

from emobench.testing import TechniqueSuite


class TestMixUp(TechniqueSuite):
    component = "mixup"


class TestEarlyStopping(TechniqueSuite):
    component = "early_stopping"
    options = {"patience": 1, "min_delta": 0.1}


class TestGradientClipping(TechniqueSuite):
    component = "gradient_clipping"
    options = {"norm": 0.5}


class TestAccumulation(TechniqueSuite):
    component = "accumulation"
    options = {"steps": 3}


class TestAmp(TechniqueSuite):
    component = "amp"


class TestWeightPenalty(TechniqueSuite):
    component = "weight_penalty"
    options = {"l1": 0.001}


class TestSnapshot(TechniqueSuite):
    component = "snapshot"
    options = {"cycles": 3}


class TestSnapshotOfTheLast(TechniqueSuite):
    component = "snapshot"
    options = {"cycles": 4, "last": 2}
