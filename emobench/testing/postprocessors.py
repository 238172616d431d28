"""The suite of post-processors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from emobench.api import Kind, Target
from emobench.scoring.metrics import probabilities
from emobench.testing.fitted import FittedSuite, target_of
from emobench.testing.predictions import Problem, problems
from emobench.testing.suite import not_shown


class PostProcessorSuite(FittedSuite):
    """Checks a post-processor on every kind of target that it accepts."""

    kind: ClassVar[Kind] = "postprocessor"

    def shown(self, problem: Problem, logits: np.ndarray) -> np.ndarray:
        """The logits themselves."""
        return logits.copy()

    def alternatives(self, target: Target, given: np.ndarray) -> Sequence[np.ndarray]:
        """What the logits say by themselves."""
        return [probabilities(target, given)]

    def test_gains_where_there_is_something_to_gain(self) -> None:
        """By its objective it improves at least one of the bad validation sets."""
        if not any(self.build(context).objective for context in self.accepted):
            not_shown("it names no objective: nothing is fitted")
        for context, problem in self.cases():
            built = self.fitted(context, problem)
            if not built.objective:
                continue
            with_it, without = self.figures(built, problem)
            if with_it < without - 1e-9 * (1 + abs(without)):
                return
        raise AssertionError(
            f"{self.build().objective} gets better on none of the validation sets, over-confident "
            "and biased ones among them: it learns nothing"
        )

    def test_switched_off_it_does_nothing(self) -> None:
        """At the options that switch it off, probabilities are those of the bare logits."""
        off = self.entry.component.off
        if not off:
            not_shown("the component names no options that switch it off")
        for context in self.accepted:
            for problem in problems(target_of(context)):
                built = self.build(context, **off)
                built.fit(problem.logits.copy(), problem.truth.copy())
                bare = probabilities(problem.target, problem.unseen)
                result = built.apply(problem.unseen.copy())
                assert np.allclose(result.reshape(bare.shape), bare, rtol=0, atol=1e-12), (
                    f"switched off by {dict(off)} it still changes the probabilities of a "
                    f"{problem.target.kind} target"
                )
