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
COMMON_KEYS = ("schema", "extends", "summary", "task")
TRAINING_KEYS = (*SINGLE_SECTIONS, *LIST_SECTIONS, "train")
"""Keys that only a recipe which trains has."""

COMBINING_KEYS = ("members", "combiner")
"""Keys that only an ensemble has; it needs both."""

SWEEP_KEY = "sweep"
"""What a sweep of a recipe that trains may change; no part of the method."""

RECIPE_KEYS = (*COMMON_KEYS, *TRAINING_KEYS, SWEEP_KEY)
ENSEMBLE_KEYS = (*COMMON_KEYS, *COMBINING_KEYS)

BLOCK_SECTIONS: Mapping[str, Kind] = {**SINGLE_SECTIONS, "combiner": "combiner"}
"""Every key that holds one block, and its kind."""

MAX_COPIES = 100

OPEN_KEY = "open"
"""The key of `sweep` that names the kinds whose components are chosen too."""

EVERY_KIND = "all"
NO_COMPONENT = "none"
"""What a section that a recipe may lack is called where it is chosen to lack it."""

UNTOUCHED_TRAIN_OPTIONS = ("workers", "checkpoint_every")
"""Options of `train` that decide how a run goes, and not what comes out."""


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
    copies: int = Field(
        0,
        ge=0,
        le=MAX_COPIES,
        description="augmented copies of each training item, drawn once and stored with the "
        "prepared features: an epoch shows one of them or the item itself; 0 draws anew each epoch",
    )
    checkpoint_every: int = Field(1, ge=1, description="epochs between two checkpoints")
    workers: int = Field(0, ge=0, description="threads that augment items; 0 works in the main one")


@dataclass(frozen=True, kw_only=True)
class SweepBlock:
    """What a recipe says of its own sweep.

    `open` names sections that are chosen among all that is installed, `components` those chosen
    among these names. `ranges` are by key (`train.epochs`, `loss.focal.gamma`, or
    `augmentations.0.level` by index); one choice alone pins an option.
    """

    open: tuple[str, ...] = ()
    components: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, Search] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole training method. `task` is its default task; `path` is where it was read from.

    `sweep` says what a sweep of it may change, and is no part of it.
    """

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
    sweep: SweepBlock | None = field(default=None, compare=False)

    def blocks(self) -> tuple[Block, ...]:
        """Every block, in the order of the recipe's keys."""
        single = (getattr(self, section) for section in SINGLE_SECTIONS)
        listed = (getattr(self, section) for section in LIST_SECTIONS)
        return (*filter(None, single), *(block for blocks in listed for block in blocks))

    def outline(self) -> dict[str, str]:
        """What the recipe consists of, in a few words a line: components by kind, and training."""
        by_kind: dict[str, list[str]] = {}
        for block in self.blocks():
            by_kind.setdefault(block.kind, []).append(block.use)
        train = f"{self.train.epochs} epochs, batches of {self.train.batch_size}"
        return {**{kind: ", ".join(names) for kind, names in by_kind.items()}, "train": train}

    def method(self) -> dict[str, Any]:
        """What decides the numbers, for the identity: no name, no task, no loading details."""
        single = {key: getattr(self, key) for key in SINGLE_SECTIONS}
        train = self.train.dump()
        for name in UNTOUCHED_TRAIN_OPTIONS:
            del train[name]
        return {
            **{key: block.dump() if block else None for key, block in single.items()},
            **{key: [block.dump() for block in getattr(self, key)] for key in LIST_SECTIONS},
            "train": train,
        }

    def dump(self) -> dict[str, Any]:
        """The canonical mapping: plain values, every option written out; loads as itself."""
        return {**_head(self), **self.method(), "train": self.train.dump()}


class MemberOptions(Options):
    """What a member of an ensemble may say beside the recipe it is."""

    copies: int = Field(
        1, ge=1, le=MAX_COPIES, description="how often it is trained, each time with its own seed"
    )


@dataclass(frozen=True, kw_only=True)
class Member:
    """One recipe of an ensemble, and how many copies of it take part."""

    recipe: Recipe
    copies: int = 1

    def dump(self) -> dict[str, Any]:
        """The member with its whole recipe, so that the ensemble's own file needs no other."""
        return {"name": self.recipe.name, "copies": self.copies, "recipe": self.recipe.dump()}


@dataclass(frozen=True, kw_only=True)
class EnsembleRecipe:
    """Recipes that are trained one by one, and how their predictions become one."""

    name: str
    members: tuple[Member, ...]
    combiner: Block
    task: str | None = None
    summary: str = ""
    path: str = field(default="", compare=False)

    def blocks(self) -> tuple[Block, ...]:
        """The combiner, and every block of every member."""
        return (self.combiner, *(block for each in self.members for block in each.recipe.blocks()))

    def outline(self) -> dict[str, str]:
        """What the ensemble consists of, in a few words a line."""
        named = [
            each.recipe.name + (f" ({each.copies} copies)" if each.copies > 1 else "")
            for each in self.members
        ]
        return {"members": ", ".join(named), "combiner": self.combiner.use}

    def dump(self) -> dict[str, Any]:
        """The canonical mapping, members' recipes written out; loads as itself."""
        members = [member.dump() for member in self.members]
        return {**_head(self), "members": members, "combiner": self.combiner.dump()}


AnyRecipe = Recipe | EnsembleRecipe


def _head(recipe: AnyRecipe) -> dict[str, Any]:
    """The keys that say what a recipe is and where it belongs."""
    head: dict[str, Any] = {"schema": RECIPE_SCHEMA}
    if recipe.summary:
        head["summary"] = recipe.summary
    if recipe.task is not None:
        head["task"] = recipe.task
    return head
