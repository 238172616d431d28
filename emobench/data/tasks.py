"""Tasks: a dataset, how it is split, what is predicted and by which figure it is judged.

Finding a task opens no data and loads neither numpy nor torch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emobench.api import (
    Dataset,
    DatasetComponent,
    DatasetContext,
    Fault,
    Field,
    OptionFault,
    Options,
    ProtocolOptions,
    RecipeError,
    UsageError,
    unknown_name,
)
from emobench.recipes.check import is_recipe_file, parse_block
from emobench.recipes.model import Block
from emobench.recipes.nodes import locate, plain
from emobench.recipes.text import parse_mapping
from emobench.registry import Registered, Registry
from emobench.scoring.catalogue import METRICS

TASK_FILE_SUFFIXES = (".yaml", ".yml")
NAME_PATTERN = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a recipe is run on; `version` rises when a score could move."""

    name: str
    dataset: Block
    protocol: ProtocolOptions
    targets: tuple[str, ...] = ("emotion",)
    metric: str = "uar"
    version: int = 1
    summary: str = ""

    def dump(self) -> dict[str, Any]:
        """The task as a task file spells it, every option written out."""
        return {
            "name": self.name,
            "dataset": self.dataset.dump(),
            "protocol": self.protocol.dump(),
            "targets": list(self.targets),
            "metric": self.metric,
            "version": self.version,
        }


@dataclass(frozen=True, kw_only=True)
class TaskSummary:
    """A task as a list shows it."""

    name: str
    summary: str
    modalities: tuple[str, ...]
    protocol: str
    targets: tuple[str, ...]
    metric: str
    version: int


class TaskFile(Options):
    """What a task file may say; see `ProtocolOptions` for the protocol."""

    name: str = Field("", description="name of the task; the file's own name by default")
    summary: str = Field("", description="one line about it")
    dataset: Any = Field(description="the dataset and its options, such as use: folder")
    protocol: ProtocolOptions = Field(ProtocolOptions(), description="how items are split")
    targets: tuple[str, ...] = Field(("emotion",), min_length=1, description="what is predicted")
    metric: str = Field("uar", description="the figure by which recipes are ranked")
    version: int = Field(1, ge=1, description="raise it when a score could move")

    def conflicts(self) -> list[str]:
        """The name ends up in paths and commands."""
        if not self.name or NAME_PATTERN.fullmatch(self.name):
            return []
        return [
            f"name '{self.name}' must be of letters, digits, '.', '_' and '-', with one '/' at most"
        ]


def find_task(name_or_path: str | Path, *, registry: Registry) -> Task:
    """The task of that name (`dataset/offer`), or of that task file."""
    path = Path(name_or_path)
    if path.suffix.lower() in TASK_FILE_SUFFIXES:
        return _task_from_file(path, registry)
    return _task_by_name(str(name_or_path), registry)


def _task_by_name(name: str, registry: Registry) -> Task:
    dataset_name, _, offer_name = name.partition("/")
    entry = registry.get("dataset", dataset_name)
    offers = {offer.name: offer for offer in _component(entry).tasks}
    if not offers:
        raise UsageError(
            f"dataset '{dataset_name}' offers no task of its own; describe one in a task file "
            f"(dataset: {{use: {dataset_name}, ...}}) and give that file, or use --data DIR"
        )
    if not offer_name and len(offers) > 1:
        tasks = ", ".join(f"{dataset_name}/{offer}" for offer in sorted(offers))
        raise UsageError(f"dataset '{dataset_name}' offers several tasks; name one: {tasks}")
    offer = offers.get(offer_name or next(iter(offers)))
    if offer is None:
        full = (f"{dataset_name}/{known}" for known in offers)
        raise UsageError(unknown_name("task", name, full))
    return Task(
        name=f"{dataset_name}/{offer.name}",
        dataset=_block(entry, entry.component.options(**offer.options)),
        protocol=offer.protocol,
        targets=offer.targets,
        metric=offer.metric,
        version=offer.version,
        summary=offer.summary,
    )


def _component(entry: Registered) -> DatasetComponent:
    assert isinstance(entry.component, DatasetComponent), "the registry lets no other in"
    return entry.component


def _block(entry: Registered, options: Options) -> Block:
    plugin = entry.plugin
    return Block(
        kind="dataset",
        use=entry.name,
        options=options,
        package=plugin.package,
        version=plugin.version,
    )


def _task_from_file(path: Path, registry: Registry) -> Task:
    if not path.exists():
        advice = "give the path of a task file, or a task's name (`emobench tasks list` shows them)"
        raise RecipeError([Fault(message=f"there is no such file; {advice}", file=str(path))])
    root = parse_mapping(path).mapping()
    if is_recipe_file(root):
        advice = "give it before --task: emobench run RECIPE --task TASK"
        raise RecipeError([root.place.fault(f"this is a recipe, not a task file; {advice}")])
    said, found = TaskFile.parse(plain(root))
    faults = [
        locate(root, fault.path, at_key=fault.at_key).fault(_worded(fault)) for fault in found
    ]
    if said is not None and said.metric not in METRICS:
        faults.append(locate(root, ("metric",)).fault(unknown_name("metric", said.metric, METRICS)))
    node = root.get("dataset")
    block = parse_block("dataset", node, registry=registry, faults=faults) if node else None
    if faults or said is None or block is None:
        raise RecipeError(sorted(faults, key=lambda fault: (fault.line, fault.column)))
    task = Task(
        name=said.name or path.stem,
        dataset=_below(path.parent, block),
        protocol=said.protocol,
        targets=said.targets,
        metric=said.metric,
        version=said.version,
        summary=said.summary,
    )
    if task.name in {listed.name for listed in list_tasks(registry)}:
        offered = _task_by_name(task.name, registry)
        if offered.dump() != task.dump():
            problem = f"'{task.name}' is another task, which a dataset offers; rename yours"
            raise RecipeError([locate(root, ("name",)).fault(problem)])
    return task


def _worded(fault: OptionFault) -> str:
    path = fault.path[:-1] if fault.at_key else fault.path
    return f"{'.'.join(map(str, path))}: {fault.message}" if path else fault.message


def _below(folder: Path, block: Block) -> Block:
    """The block with a relative `root` made relative to the task file's folder."""
    root = block.options.dump().get("root")
    if not isinstance(root, str):
        return block
    place = (folder / Path(root).expanduser()).absolute()
    return replace(block, options=block.options.replace(root=str(place)))


def folder_task(root: str | Path, *, group: str | None = None, registry: Registry) -> Task:
    """The task of `--data DIR --group PATTERN`: labels are the parent folders' names.

    Without a group nothing can be kept apart: the split is random, and the audit marks it.
    """
    place = Path(root).expanduser().absolute()
    entry = registry.get("dataset", "folder")
    said = {"root": str(place), "group": {"pattern": group} if group else {}}
    options, faults = entry.component.options.parse(said)
    if options is None:
        raise UsageError("; ".join(f"--group: {fault.message}" for fault in faults))
    slug = re.sub(r"[^\w.-]+", "-", place.name).strip("-._") or "folder"
    return Task(
        name=f"data/{slug}",
        dataset=_block(entry, options),
        protocol=ProtocolOptions(use="grouped-holdout" if group else "random"),
        summary=f"Emotion from the files below {place.name}, labelled by their folders.",
    )


def list_tasks(registry: Registry) -> list[TaskSummary]:
    """Every task that installed datasets offer, by name."""
    found = []
    for entry in registry.of_kind("dataset").values():
        component = _component(entry)
        found += [
            TaskSummary(
                name=f"{component.name}/{offer.name}",
                summary=offer.summary,
                modalities=component.modalities,
                protocol=offer.protocol.use,
                targets=offer.targets,
                metric=offer.metric,
                version=offer.version,
            )
            for offer in component.tasks
        ]
    return found


def open_dataset(task: Task, *, registry: Registry, data_root: str | Path = "") -> Dataset:
    """Build the task's dataset; for augment-first, with its augmented copies."""
    context = DatasetContext(data_root=str(data_root))
    dataset: Dataset = registry.get("dataset", task.dataset.use).build(
        task.dataset.options, context
    )
    if task.protocol.use != "augment-first":
        return dataset
    from emobench.data.augmented import AugmentFirst

    return AugmentFirst(dataset, copies=task.protocol.copies, seed=task.protocol.seed)
