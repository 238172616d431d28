"""Which conformance suite judges the components of which kind."""

from __future__ import annotations

from collections.abc import Mapping

from emobench.api import Kind
from emobench.testing.augmentations import AugmentationSuite
from emobench.testing.combiners import CombinerSuite
from emobench.testing.datasets import DatasetSuite
from emobench.testing.frontends import FrontendSuite
from emobench.testing.losses import LossSuite
from emobench.testing.models import BackboneSuite, HeadSuite
from emobench.testing.optimizers import OptimizerSuite
from emobench.testing.postprocessors import PostProcessorSuite
from emobench.testing.samplers import SamplerSuite
from emobench.testing.schedulers import SchedulerSuite
from emobench.testing.suite import Suite
from emobench.testing.techniques import TechniqueSuite

SUITES: Mapping[Kind, type[Suite]] = {
    "augmentation": AugmentationSuite,
    "backbone": BackboneSuite,
    "combiner": CombinerSuite,
    "dataset": DatasetSuite,
    "frontend": FrontendSuite,
    "head": HeadSuite,
    "loss": LossSuite,
    "optimizer": OptimizerSuite,
    "postprocessor": PostProcessorSuite,
    "sampler": SamplerSuite,
    "scheduler": SchedulerSuite,
    "technique": TechniqueSuite,
}
