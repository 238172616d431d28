"""Conformance suites for plugin authors, one a kind. Loads torch: import it in tests alone."""

from emobench.testing.losses import LossSuite
from emobench.testing.randomness import untouched_randomness
from emobench.testing.suite import Suite, assert_same, not_shown

__all__ = [
    "LossSuite",
    "Suite",
    "assert_same",
    "not_shown",
    "untouched_randomness",
]
