"""The sampler of this package under the conformance suite."""

from __future__ import annotations

from emobench.testing import SamplerSuite


class TestWeighted(SamplerSuite):
    component = "weighted"


class TestHalfWeighted(SamplerSuite):
    component = "weighted"
    options = {"power": 0.5}
