"""The Component record: what a plugin registers, without importing anything heavy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from emobench.api.errors import DataError, PluginError, unknown_name
from emobench.api.options import Field, NoOptions, Options

API_VERSION = 2
"""Rises when the API gains or changes something; plugins declare the one they were built for."""

OLDEST_API_VERSION = 1
"""Plugins built for this version still work; one that declares none was built for version 1."""

SERVED = f"{OLDEST_API_VERSION} to {API_VERSION}"
"""The versions of the plugin API that this emobench serves, in words."""


def served_version(version: object) -> int:
    """The API version that a plugin declares; one that this core does not serve is refused."""
    if not isinstance(version, int) or isinstance(version, bool):
        raise PluginError(f"its api_version is {version!r}; it must be a whole number")
    if OLDEST_API_VERSION <= version <= API_VERSION:
        return version
    step = "upgrade the plugin, or ask its authors to"
    if version > API_VERSION:
        step = "pip install --upgrade emobench"
    raise PluginError(
        f"it was built for version {version} of the plugin API, and this emobench serves "
        f"{SERVED}: {step}"
    )


Kind = Literal[
    "backbone",
    "head",
    "frontend",
    "loss",
    "augmentation",
    "sampler",
    "optimizer",
    "scheduler",
    "technique",
    "postprocessor",
    "combiner",
    "dataset",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

NAME_PATTERN = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
TARGET_PATTERN = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True, kw_only=True)
class Component:
    """One named method of one kind. `target` is `module:Name`, imported only when built.

    `off` holds options at which the component leaves everything as it would be without it, to the
    bit; empty where there are none. Sweeps, ablations and the conformance suites read it.
    `splits_updates` is for a technique that makes one update from the mean gradient of several
    micro-batches: it names the option with their number. A sweep then uses it for a recipe that
    does not fit into memory. `averages` says of a combiner that, at its defaults, it gives the
    plain mean of the members: sweeps combine their best trials with it.
    """

    name: str
    target: str
    summary: str
    options: type[Options] = NoOptions
    source: str = ""
    off: Mapping[str, Any] = field(default_factory=dict, hash=False)
    splits_updates: str = ""
    averages: bool = False

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name):
            raise ValueError(
                f"component name '{self.name}' must be lower-case words joined by _ or -"
            )
        if not TARGET_PATTERN.fullmatch(self.target):
            raise ValueError(f"target '{self.target}' of '{self.name}' must read 'module:Name'")
        known = {option.name for option in self.options.fields()} if self.splits_updates else ()
        if self.splits_updates and self.splits_updates not in known:
            raise ValueError(
                f"splits_updates of '{self.name}': "
                f"{unknown_name('option', self.splits_updates, known)}"
            )


class ProtocolOptions(Options):
    """How a dataset is split into train, validation and test."""

    use: Literal["grouped-kfold", "grouped-holdout", "official", "random", "augment-first"] = Field(
        "grouped-holdout",
        description="grouped-kfold and grouped-holdout keep groups apart; official follows the "
        "dataset's own split; random and augment-first may leak and are marked so",
    )
    folds: int = Field(5, ge=2, description="number of folds (grouped-kfold)")
    test: float = Field(0.2, gt=0, lt=1, description="share held out for the test, where not folds")
    validation: float = Field(
        0.2, gt=0, lt=1, description="share of what is not test that is used for validation"
    )
    copies: int = Field(3, ge=1, description="augmented copies an item (augment-first)")
    seed: int = Field(0, ge=0, description="seed of the split; part of the task, not of the run")

    @property
    def fold_count(self) -> int:
        """How many folds the protocol has; one unless it is a k-fold."""
        return self.folds if self.use == "grouped-kfold" else 1


PROTOCOL_READS = {
    "grouped-kfold": ("folds", "validation", "seed"),
    "grouped-holdout": ("test", "validation", "seed"),
    "random": ("test", "validation", "seed"),
    "augment-first": ("test", "validation", "copies", "seed"),
    "official": ("validation", "seed"),
}


def protocol_words(protocol: Mapping[str, Any]) -> str:
    """A protocol's plain values in words, with the options that it reads."""
    use = str(protocol.get("use", "unknown"))
    read = [name for name in PROTOCOL_READS.get(use, ()) if name in protocol]
    return f"{use} ({', '.join(f'{name} {protocol[name]}' for name in read)})" if read else use


@dataclass(frozen=True, kw_only=True)
class TaskOffer:
    """A task that a dataset offers: `<dataset>/<name>`. `version` rises when a score could move.

    `options` are the dataset's for this task, beside its defaults.
    """

    name: str
    summary: str
    protocol: ProtocolOptions
    targets: tuple[str, ...] = ("emotion",)
    metric: str = "uar"
    version: int = 1
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class DatasetComponent(Component):
    """A dataset and what a user must know of it before any file is read.

    `note` is what every page with numbers on it must say. `example` is the `dataset` block of a
    task file, in YAML, where the options' defaults alone would not show how it is used.
    """

    modalities: tuple[str, ...]
    licence: str
    obtain: str
    layout: str
    note: str = ""
    example: str = ""
    tasks: tuple[TaskOffer, ...] = field(default=())

    def missing(self, place: str) -> DataError:
        """The error for data that were looked for in `place` and are not there."""
        return DataError(
            f"dataset '{self.name}' is not below {place}. Licence: {self.licence}. "
            f"Obtain it: {self.obtain}. Expected there: {self.layout}"
        )
