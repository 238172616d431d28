"""From a checked recipe and the facts of a task to the objects that the loop runs with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from emobench.api import (
    Batch,
    BatchAugmentation,
    Context,
    PluginError,
    RunState,
    SampleAugmentation,
    Schedule,
    TargetKind,
    UsageError,
    event,
    unknown_name,
)
from emobench.recipes.model import Block, Recipe
from emobench.registry import Registry
from emobench.training.events import connect
from emobench.training.loop import LoopDefaults
from emobench.training.model import EmotionModel


@dataclass(frozen=True, kw_only=True)
class Builder:
    """Builds a recipe's components for one run; each draws from a stream of its own name."""

    recipe: Recipe
    registry: Registry
    context: Context

    def component(self, block: Block, *, context: Context | None = None, name: str = "") -> Any:
        """The object a block describes, with a stream of its own."""
        base = context or self.context
        stream = base.stream.child(name or f"{block.kind}.{block.use}")
        entry = self.registry.get(block.kind, block.use)
        return entry.build(block.options, replace(base, stream=stream))

    def model(self) -> EmotionModel:
        """Backbone and heads, with weights drawn from their own streams."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.context.stream.child("backbone").seed_at())
            backbone = self.component(self.recipe.backbone)
            heads: dict[str, nn.Module] = {}
            for target in self.context.task.targets:
                torch.manual_seed(self.context.stream.child(f"head.{target.name}").seed_at())
                context = replace(self.context, width=backbone.width, target=target)
                heads[target.name] = self.component(self.recipe.head, context=context)
        return EmotionModel(backbone, heads).to(self.context.device)

    def losses(self) -> dict[str, Any]:
        """The loss of every target; refuses a loss that does not know the target's kind."""
        losses = {}
        for target in self.context.task.targets:
            context = replace(self.context, target=target)
            loss = self.component(self.recipe.loss, context=context)
            if target.kind not in loss.kinds:
                raise UsageError(
                    f"loss '{self.recipe.loss.use}' takes targets of kind "
                    f"{', '.join(sorted(loss.kinds))}, but '{target.name}' of task "
                    f"{self.context.task.name} is of kind {target.kind}; losses that take it: "
                    f"{self._losses_for(target.kind)}"
                )
            losses[target.name] = loss.to(self.context.device) if hasattr(loss, "to") else loss
        return losses

    def _losses_for(self, kind: TargetKind) -> str:
        fit = []
        for name, entry in self.registry.of_kind("loss").items():
            with suppress(PluginError):
                if kind in entry.load().kinds:  # type: ignore[attr-defined]
                    fit.append(name)
        return ", ".join(fit) or "none is installed"

    def augmentations(self) -> tuple[dict[str, SampleAugmentation], dict[str, BatchAugmentation]]:
        """Augmentations by level: of single items, of batches."""
        samples: dict[str, SampleAugmentation] = {}
        batches: dict[str, BatchAugmentation] = {}
        for name, block in _unique_names(self.recipe.augmentations).items():
            augmentation = self.component(block, name=f"augmentation.{name}")
            if augmentation.modality not in (self.context.modality, "any"):
                raise UsageError(
                    f"augmentation '{block.use}' changes {augmentation.modality}, but the recipe's "
                    f"frontend '{self.recipe.frontend.use}' reads {self.context.modality}"
                )
            if augmentation.level == "sample":
                samples[name] = augmentation
            else:
                batches[name] = augmentation
        return samples, batches

    def techniques(self) -> dict[str, object]:
        """The recipe's techniques by name, in its order."""
        return {
            block.use: self.component(block, name=f"technique.{block.use}")
            for block in self.recipe.techniques
        }


@dataclass(frozen=True)
class BatchAugmenter:
    """Lets a batch augmentation answer `transform_batch`."""

    name: str
    augmentation: BatchAugmentation
    modality: str

    @event
    def transform_batch(self, run: RunState, batch: Batch) -> None:
        """Change the inputs of one modality, drawing for this epoch and step."""
        random = run.stream.child(f"augmentation.{self.name}").torch(run.epoch, run.step)
        batch.inputs[self.modality] = self.augmentation.apply(
            batch.inputs[self.modality], random=random, progress=run.progress
        )


def schedule_for(epochs: int, *, steps: int, steps_per_update: int = 1) -> Schedule:
    """How many updates an epoch of so many micro-batches has; an incomplete window counts."""
    return Schedule(
        epochs=epochs,
        updates_per_epoch=math.ceil(steps / steps_per_update),
        steps_per_epoch=steps,
    )


def build_run(
    recipe: Recipe, *, context: Context, registry: Registry, observer: object
) -> tuple[RunState, dict[str, object]]:
    """The run's state with its events connected, and the techniques whose state it keeps."""
    builder = Builder(recipe=recipe, registry=registry, context=context)
    techniques = builder.techniques()
    joined = math.prod(int(getattr(item, "steps_per_update", 1)) for item in techniques.values())
    if joined > 1:
        schedule = schedule_for(
            recipe.train.epochs, steps=context.schedule.steps_per_epoch, steps_per_update=joined
        )
        context = replace(context, schedule=schedule)
        builder = replace(builder, context=context)
        techniques = builder.techniques()
    model = builder.model()
    optimizer = builder.component(recipe.optimizer).build(model)
    scheduler = builder.component(recipe.scheduler) if recipe.scheduler else ConstantRate()
    scheduler.attach(optimizer)
    _, batch_level = builder.augmentations()
    augmenters: dict[str, object] = {
        f"augmentation {name}": BatchAugmenter(name, augmentation, context.modality)
        for name, augmentation in batch_level.items()
    }
    run = RunState(
        task=context.task,
        stream=context.stream,
        schedule=context.schedule,
        device=torch.device(context.device),
        model=model,
        losses=builder.losses(),
        optimizer=optimizer,
        scheduler=scheduler,
        hooks=connect({**augmenters, **techniques}, defaults=LoopDefaults(), observer=observer),
    )
    return run, techniques


class ConstantRate:
    """The learning rate of a recipe that names no scheduler."""

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Leave the rate as the optimizer has it."""

    def after_update(self, update: int) -> None:
        """Nothing changes."""

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Nothing changes."""

    def state_dict(self) -> dict[str, Any]:
        """There is none."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """There is none."""


def choose_device(wanted: str) -> str:
    """`auto` is the first GPU where there is one; any other name must exist."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    advice = "--device auto takes the first GPU, or the CPU where there is none"
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise UsageError(unknown_name("device", wanted, _devices(), advice=advice)) from error
    try:
        torch.zeros(1, device=device).item()  # read back: some devices hold no values
    except (RuntimeError, AssertionError) as error:
        raise UsageError(
            f"device '{wanted}' cannot be used here: {str(error).splitlines()[0]}; "
            f"this machine has {', '.join(_devices())}; {advice}"
        ) from error
    return wanted


def _devices() -> list[str]:
    """The devices of this machine, as `--device` takes them."""
    gpus = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return ["cpu", *(["cuda", *gpus] if gpus else [])]


def _unique_names(blocks: tuple[Block, ...]) -> dict[str, Block]:
    names: dict[str, Block] = {}
    for block in blocks:
        count = sum(1 for name in names if name.split("#")[0] == block.use)
        names[f"{block.use}#{count + 1}" if count else block.use] = block
    return names
