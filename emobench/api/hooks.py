"""The registration hooks: one a kind. A plugin's registration module implements those it needs.

from emobench.api import Component, hookimpl

@hookimpl
def register_techniques(register):
    register(Component(name="mixup", target="emobench_mixing.mixup:MixUp", options=MixUpOptions,
                       summary="Blend pairs of examples and their labels."))
"""

from __future__ import annotations

from collections.abc import Callable

import pluggy

from emobench.api.component import Component, DatasetComponent, Kind

HOOK_PROJECT = "emobench"
hookimpl = pluggy.HookimplMarker(HOOK_PROJECT)
hookspec = pluggy.HookspecMarker(HOOK_PROJECT)

Register = Callable[[Component], None]
RegisterDataset = Callable[[DatasetComponent], None]


class Hooks:
    """Every hook that a plugin may implement."""

    @hookspec
    def register_backbones(self, register: Register) -> None:
        """Networks from inputs to features."""

    @hookspec
    def register_heads(self, register: Register) -> None:
        """Networks from features to logits."""

    @hookspec
    def register_frontends(self, register: Register) -> None:
        """Waveform, image or table row to tensor."""

    @hookspec
    def register_losses(self, register: Register) -> None:
        """Logits and targets to a scalar."""

    @hookspec
    def register_augmentations(self, register: Register) -> None:
        """Changes to one item or to a batch, in training only."""

    @hookspec
    def register_samplers(self, register: Register) -> None:
        """The order, and the share, in which items are drawn."""

    @hookspec
    def register_optimizers(self, register: Register) -> None:
        """Rules that change the weights."""

    @hookspec
    def register_schedulers(self, register: Register) -> None:
        """The learning rate over time."""

    @hookspec
    def register_techniques(self, register: Register) -> None:
        """Anything that lives in the events of the loop."""

    @hookspec
    def register_postprocessors(self, register: Register) -> None:
        """Fitted on validation logits, applied to any."""

    @hookspec
    def register_combiners(self, register: Register) -> None:
        """Several members' probabilities to one."""

    @hookspec
    def register_datasets(self, register: RegisterDataset) -> None:
        """Items, labels and groups."""


HOOK_OF_KIND: dict[Kind, str] = {
    "backbone": "register_backbones",
    "head": "register_heads",
    "frontend": "register_frontends",
    "loss": "register_losses",
    "augmentation": "register_augmentations",
    "sampler": "register_samplers",
    "optimizer": "register_optimizers",
    "scheduler": "register_schedulers",
    "technique": "register_techniques",
    "postprocessor": "register_postprocessors",
    "combiner": "register_combiners",
    "dataset": "register_datasets",
}
