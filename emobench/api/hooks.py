"""The registration hooks, one a kind, and `Components`, which answers them from plain lists.

from emobench.api import Component, Components

components = Components(
    api_version=2,
    techniques=[Component(name="mixup", target="emobench_mixing.mixup:MixUp", options=MixUpOptions,
                          summary="Blend pairs of examples and their labels.")],
)

The plugin's entry point names that object: `mixing = "emobench_mixing.registration:components"`.
One that must compute what it offers is a module with `@hookimpl` functions instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import pluggy

from emobench.api.cautions import Caution
from emobench.api.component import Component, DatasetComponent, Kind, served_version
from emobench.api.errors import PluginError, unknown_name

HOOK_PROJECT = "emobench"
hookimpl = pluggy.HookimplMarker(HOOK_PROJECT)
hookspec = pluggy.HookspecMarker(HOOK_PROJECT)

Register = Callable[[Component], None]
RegisterDataset = Callable[[DatasetComponent], None]
RegisterCaution = Callable[[Caution], None]


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

    @hookspec
    def register_cautions(self, register: RegisterCaution) -> None:
        """Known ways in which recipes fail, told before training."""


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


@dataclass(frozen=True, kw_only=True)
class Components:
    """Everything a plugin offers. `api_version` is the version of this API it was built for."""

    api_version: int
    backbones: Sequence[Component] = ()
    heads: Sequence[Component] = ()
    frontends: Sequence[Component] = ()
    losses: Sequence[Component] = ()
    augmentations: Sequence[Component] = ()
    samplers: Sequence[Component] = ()
    optimizers: Sequence[Component] = ()
    schedulers: Sequence[Component] = ()
    techniques: Sequence[Component] = ()
    postprocessors: Sequence[Component] = ()
    combiners: Sequence[Component] = ()
    datasets: Sequence[DatasetComponent] = ()
    cautions: Sequence[Caution] = ()

    def __new__(cls, **given: Any) -> Self:
        """Speak of the version before the lists: those of a newer one may bear unknown names."""
        known = [one.name for one in fields(cls)]
        for name in given:
            if name not in known:
                served_version(given.get("api_version"))
                raise PluginError(f"Components: {unknown_name('list', name, known)}")
        return super().__new__(cls)


def _announcer(listed: str) -> Callable[[Components, Callable[[Any], None]], None]:
    def announce(self: Components, register: Callable[[Any], None]) -> None:
        for offered in getattr(self, listed):
            register(offered)

    return announce


for _hook in (*HOOK_OF_KIND.values(), "register_cautions"):
    setattr(Components, _hook, hookimpl(_announcer(_hook.removeprefix("register_"))))
