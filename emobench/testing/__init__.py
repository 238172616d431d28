"""Conformance suites for plugin authors, one a kind. Loads torch: import it in tests alone."""

from emobench.testing.augmentations import AugmentationSuite
from emobench.testing.combiners import CombinerSuite
from emobench.testing.datasets import DatasetSuite
from emobench.testing.frontends import FrontendSuite
from emobench.testing.losses import LossSuite
from emobench.testing.models import BackboneSuite, HeadSuite
from emobench.testing.optimizers import OptimizerSuite
from emobench.testing.postprocessors import PostProcessorSuite
from emobench.testing.randomness import untouched_randomness
from emobench.testing.samplers import SamplerSuite
from emobench.testing.schedulers import SchedulerSuite
from emobench.testing.suite import Suite, assert_same, not_shown
from emobench.testing.techniques import TechniqueSuite

__all__ = [
    "AugmentationSuite",
    "BackboneSuite",
    "CombinerSuite",
    "DatasetSuite",
    "FrontendSuite",
    "HeadSuite",
    "LossSuite",
    "OptimizerSuite",
    "PostProcessorSuite",
    "SamplerSuite",
    "SchedulerSuite",
    "Suite",
    "TechniqueSuite",
    "assert_same",
    "not_shown",
    "untouched_randomness",
]
