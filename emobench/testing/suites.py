"""Which conformance suite judges the components of which kind."""

from __future__ import annotations

from collections.abc import Mapping

from emobench.api import Kind
from emobench.testing.combiners import CombinerSuite
from emobench.testing.losses import LossSuite
from emobench.testing.postprocessors import PostProcessorSuite
from emobench.testing.suite import Suite

SUITES: Mapping[Kind, type[Suite]] = {
    "combiner": CombinerSuite,
    "loss": LossSuite,
    "postprocessor": PostProcessorSuite,
}
