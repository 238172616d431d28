"""The frontend and the technique of this package against their suites."""

from __future__ import annotations

import numpy as np

from emobench.testing import FrontendSuite, TechniqueSuite
from emobench.testing.tiny import tiny_context
from emobench_units.features import PAIRS

UNITS = [1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45]


class UnitFeaturesSuite(FrontendSuite):
    """Rows of action units, as OpenFace gives them."""

    component = "unit_features"
    width = 69

    def contexts(self):
        return [tiny_context(inputs={"table": (self.width,)})]

    def items(self):
        random = np.random.default_rng(0)
        return [random.gamma(1.0, size=self.width).astype(np.float32) for _ in range(5)]


class TestUnitFeaturesOfEverything(UnitFeaturesSuite):
    def reference(self, item):
        return item.astype(np.float64)


class TestUnitFeaturesEngineered(UnitFeaturesSuite):
    options = {"keep": ["presence", "intensity"], "add": ["differences", "ratios"]}

    def reference(self, item):
        rated = {unit: float(item[at]) for at, unit in enumerate(UNITS)}
        differences = [rated[one] - rated[other] for one, other in PAIRS]
        ratios = [(rated[a] + 0.5) / (rated[a] + rated[b] + 1.0) for a, b in PAIRS]
        return np.array([*item[51:], *item[:17], *differences, *ratios], dtype=np.float64)


class TestUnitFeaturesOfRatings(UnitFeaturesSuite):
    options = {"add": ["ratios"]}
    width = 17

    def reference(self, item):
        rated = {unit: float(item[at]) for at, unit in enumerate(UNITS)}
        ratios = [(rated[a] + 0.5) / (rated[a] + rated[b] + 1.0) for a, b in PAIRS]
        return np.array([*item, *ratios], dtype=np.float64)


class TestMeanPredictions(TechniqueSuite):
    component = "mean_predictions"
