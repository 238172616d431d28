"""The samplers of this package under the conformance suite."""

from __future__ import annotations

from emobench.testing import SamplerSuite


class TestWeighted(SamplerSuite):
    component = "weighted"


class TestHalfWeighted(SamplerSuite):
    component = "weighted"
    options = {"power": 0.5}


class TestRepeated(SamplerSuite):
    component = "repeated"


class TestRepeatedOnce(SamplerSuite):
    component = "repeated"
    options = {"times": 1}
