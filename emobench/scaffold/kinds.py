"""What the templates of each kind hold and need: one entry a kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emobench.api.component import Kind


@dataclass(frozen=True, kw_only=True)
class Method:
    """The small real method that a kind's templates hold.

    `off` is the code of its `Component.off`. `section` is the key of a recipe that takes a single
    block of the kind or, where `listed`, a list of them; `trains` is false for one that has no
    place in a recipe that trains.
    """

    summary: str
    source: str = ""
    off: str = ""
    section: str = ""
    listed: bool = False
    trains: bool = True
    torch: bool = True

    @property
    def details(self) -> tuple[str, ...]:
        """The further arguments of its `Component`, as code."""
        source = (f'source="{self.source}",',) if self.source else ()
        return (*source, f"off={self.off},") if self.off else source

    def block(self, name: str) -> dict[str, str]:
        """Where a recipe names the component; empty for kinds that no section takes."""
        block = f"{{use: {name}}}"
        return {self.section: f"[{block}]" if self.listed else block} if self.section else {}


METHODS: Mapping[Kind, Method] = {
    "backbone": Method(
        summary="One hidden layer over all inputs in one row.",
        section="backbone",
    ),
    "head": Method(
        summary="Logits by the angle between the embedding and each class.",
        source="arXiv:1804.03286",
        section="head",
    ),
    "frontend": Method(
        summary="A table's row with its large values squeezed.",
        section="frontend",
    ),
    "loss": Method(
        summary="Cross entropy with a penalty on confident answers.",
        source="arXiv:1701.06548",
        section="loss",
    ),
    "augmentation": Method(
        summary="Gaussian jitter that grows over training.",
        off='{"strength": 0.0}',
        section="augmentations",
        listed=True,
    ),
    "sampler": Method(
        summary="Draws rare classes more often, each an exact number of times.",
        section="sampler",
        torch=False,
    ),
    "optimizer": Method(
        summary="Gradient descent with Nesterov momentum that leaves biases undecayed.",
        section="optimizer",
    ),
    "scheduler": Method(
        summary="The rate rises in a line, then falls in one.",
        section="scheduler",
    ),
    "technique": Method(
        summary="Softens labels by what the model itself takes for similar.",
        source="arXiv:2011.12562",
        off='{"strength": 0.0}',
        section="techniques",
        listed=True,
    ),
    "postprocessor": Method(
        summary="Corrects how often each class is expected, by log loss on validation.",
        off='{"strength": 0.0}',
        section="postprocess",
        listed=True,
        torch=False,
    ),
    "combiner": Method(
        summary="Averages the members with weights of low log loss on validation.",
        section="combiner",
        trains=False,
        torch=False,
    ),
    "dataset": Method(
        summary="Emotions of subjects from a table of features.",
        torch=False,
    ),
}

PLAIN_RECIPE: Mapping[str, str] = {
    "frontend": "{use: values}",
    "backbone": "{use: dense, hidden: [32]}",
    "head": "{use: linear}",
    "loss": "{use: cross_entropy}",
    "optimizer": "{use: adamw, lr: 0.01}",
}
"""The blocks of a recipe for tables, one of which the new component takes over or joins."""
