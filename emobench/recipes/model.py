"""The typed recipe: what a whole method consists of, with every option resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from emobench.api.component import Kind
from emobench.api.options import Field, Options, Search

RECIPE_SCHEMA = 1

SINGLE_SECTIONS: Mapping[str, Kind] = {
    "frontend": "frontend",
    "backbone": "backbone",
    "head": "head",
    "loss": "loss",
    "sampler": "sampler",
    "optimizer": "optimizer",
    "scheduler": "scheduler",
}
"""Keys of a recipe that hold one block, and its kind."""

LIST_SECTIONS: Mapping[str, Kind] = {
    "augmentations": "augmentation",
    "techniques": "technique",
    "postprocess": "postprocessor",
}
"""Keys of a recipe that hold a list of blocks, and their kind."""

REQUIRED_SECTIONS = ("frontend", "backbone", "head", "loss", "optimizer")
RECIPE_KEYS = (
    "schema",
    "extends",
    "summary",
    "task",
    *SINGLE_SECTIONS,
    *LIST_SECTIONS,
    "train",
)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One component picked by a recipe or task, its options, and the plugin it came from."""

    kind: Kind
    use: str
    options: Options
    package: str = ""
    version: str = ""

    def dump(self) -> dict[str, Any]:
        """The block as a recipe would spell it, every option written out."""
        return {"use": self.use, **self.options.dump()}


class TrainOptions(Options):
    """How long and in what portions a recipe trains."""

    epochs: Annotated[int, Search(10, 100, log=True)] = Field(
        30, ge=1, description="passes over the training set"
    )
    batch_size: Annotated[int, Search(choices=(16, 32, 64, 128))] = Field(
        64, ge=1, description="items in a micro-batch"
    )
    select: Literal["best", "last"] = Field(
        "best",
        description="which weights are scored: the epoch best on validation by the task's metric, "
        "or the last",
    )
    checkpoint_every: int = Field(1, ge=1, description="epochs between two checkpoints")
    workers: int = Field(0, ge=0, description="threads that augment items; 0 works in the main one")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole training method. `task` is its default task; `path` is where it was read from."""

    name: str
    frontend: Block
    backbone: Block
    head: Block
    loss: Block
    optimizer: Block
    augmentations: tuple[Block, ...] = ()
    sampler: Block | None = None
    scheduler: Block | None = None
    techniques: tuple[Block, ...] = ()
    postprocess: tuple[Block, ...] = ()
    train: TrainOptions = field(default_factory=TrainOptions)
    task: str | None = None
    summary: str = ""
    path: str = field(default="", compare=False)

    def blocks(self) -> tuple[Block, ...]:
        """Every block, in the order of the recipe's keys."""
        single = (getattr(self, section) for section in SINGLE_SECTIONS)
        listed = (getattr(self, section) for section in LIST_SECTIONS)
        return (*filter(None, single), *(block for blocks in listed for block in blocks))

    def method(self) -> dict[str, Any]:
        """What decides the numbers, for the identity: no name, no task, no loading details."""
        single = {key: getattr(self, key) for key in SINGLE_SECTIONS}
        train = self.train.dump()
        del train["workers"], train["checkpoint_every"]
        return {
            **{key: block.dump() if block else None for key, block in single.items()},
            **{key: [block.dump() for block in getattr(self, key)] for key in LIST_SECTIONS},
            "train": train,
        }

    def dump(self) -> dict[str, Any]:
        """The canonical mapping: plain values, every option written out; loads as itself."""
        head: dict[str, Any] = {"schema": RECIPE_SCHEMA}
        if self.summary:
            head["summary"] = self.summary
        if self.task is not None:
            head["task"] = self.task
        return {**head, **self.method(), "train": self.train.dump()}
