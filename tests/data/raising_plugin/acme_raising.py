"""A plugin whose every part is built without a word and raises when it is first used."""

from __future__ import annotations

from typing import ClassVar

from emobench.api import (
    Component,
    Components,
    DatasetComponent,
    Options,
    PluginError,
    ProtocolOptions,
    TaskOffer,
    UsageError,
    event,
)
from emobench.api.options import Field


class TroubledOptions(Options):
    """Options whose own check divides by zero."""

    depth: int = Field(1, description="how deep the trouble goes")

    def conflicts(self):
        return [f"{1 / (self.depth - 2)}"] if self.depth == 2 else []


def component(name, target, **more):
    return Component(name=name, target=f"acme_raising:{target}", summary="Raises.", **more)


components = Components(
    api_version=2,
    techniques=[
        component("raising_event", "Event"),
        component("raising_state", "State"),
        component("declared", "Declared"),
        component("unsuited", "Unsuited"),
    ],
    losses=[component("raising_loss", "Loss", options=TroubledOptions)],
    samplers=[component("raising_sampler", "Sampler")],
    augmentations=[component("raising_augmentation", "Augmentation")],
    optimizers=[component("raising_optimizer", "Optimizer")],
    schedulers=[component("raising_scheduler", "Scheduler")],
    postprocessors=[component("raising_fit", "PostProcessor")],
    frontends=[component("raising_frontend", "Frontend")],
    datasets=[
        DatasetComponent(
            name="raising_dataset",
            target="acme_raising:Dataset",
            summary="Raises.",
            modalities=("table",),
            licence="none",
            obtain="nowhere",
            layout="none",
            tasks=(TaskOffer(name="all", summary="All.", protocol=ProtocolOptions()),),
        )
    ],
)


class Built:
    def __init__(self, options, context): ...


class Event(Built):
    @event
    def after_update(self, run):
        return 1 / 0


class State(Built):
    def state_dict(self):
        return {"x": 1 / 0}


class Declared(Built):
    @event
    def fit_start(self, run):
        raise PluginError("the licence has run out")


class Unsuited(Built):
    @event
    def fit_start(self, run):
        raise UsageError("this technique wants a bigger network")


class Loss(Built):
    kinds: ClassVar = frozenset({"class"})

    def __call__(self, logits, targets, weights=None):
        return 1 / 0


class Sampler(Built):
    def indices(self, epoch):
        return 1 / 0

    def __len__(self):
        return 64


class Augmentation(Built):
    level, modality = "sample", "table"

    def apply(self, item, *, random, progress):
        return 1 / 0


class Optimizer(Built):
    def build(self, model):
        return 1 / 0


class Scheduler(Built):
    def attach(self, optimizer): ...

    def after_update(self, update):
        return 1 / 0


class PostProcessor(Built):
    def fit(self, logits, targets):
        return 1 / 0

    def apply(self, logits):
        return logits


class Frontend(Built):
    deterministic, modality = True, "table"

    def shape(self):
        return (3,)

    def apply(self, items):
        return 1 / 0


class Dataset(Built):
    modalities = ("table",)
    rates: ClassVar = {}

    def items(self):
        return {}["speakers"]

    def fingerprint(self):
        return "none"
