"""A plan with its dataset opened: items, split and identity, before anything is decoded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from emobench.api import Dataset, Items, PluginError, Target, UsageError
from emobench.data.protocols import Split, fold_count, split_items
from emobench.data.tasks import open_dataset
from emobench.registry import Registry
from emobench.runs.plan import (
    AnyPlan,
    EnsemblePlan,
    Plan,
    Settings,
    ensemble_identity,
    run_id,
    run_identity,
)
from emobench.runs.record import Record, TaskStamp
from emobench.runs.store import RunStore
from emobench.scoring.catalogue import check_metric

COMBINED_KINDS = ("class", "distribution")


@dataclass(frozen=True, kw_only=True)
class OpenedPlan:
    """A plan whose dataset has been opened: nothing is decoded yet."""

    plan: Plan
    dataset: Dataset
    items: Items
    targets: tuple[Target, ...]
    split: Split
    fingerprint: str
    stamp: TaskStamp
    identity: str
    run_id: str

    @property
    def member_ids(self) -> tuple[str, ...]:
        """A recipe that trains has no members."""
        return ()


@dataclass(frozen=True, kw_only=True)
class OpenedEnsemble:
    """The plan of an ensemble with its members' plans opened, on one dataset."""

    plan: EnsemblePlan
    members: tuple[OpenedPlan, ...]
    stamp: TaskStamp
    identity: str
    run_id: str

    @property
    def member_ids(self) -> tuple[str, ...]:
        """The run ids of the members, in their order."""
        return tuple(member.run_id for member in self.members)


Opened = OpenedPlan | OpenedEnsemble


def stored_record(plan: AnyPlan, *, settings: Settings, registry: Registry) -> Record | None:
    """The record of this very run, if it was run before."""
    return RunStore(settings.runs).get(open_any(plan, settings=settings, registry=registry).run_id)


def open_any(plan: AnyPlan, *, settings: Settings, registry: Registry) -> Opened:
    """Open the dataset, split it and settle the identity of a run or an ensemble."""
    if isinstance(plan, EnsemblePlan):
        return _open_ensemble(plan, settings=settings, registry=registry)
    return open_plan(plan, settings=settings, registry=registry)


def _open_ensemble(plan: EnsemblePlan, *, settings: Settings, registry: Registry) -> OpenedEnsemble:
    """Open the dataset once for all members; it is their task that says how it is split."""
    first, *others = plan.members
    opened = open_plan(first, settings=settings, registry=registry)
    _refuse_targets(plan, opened.targets)
    members = [opened]
    for other in others:
        whole = run_identity(
            other, stamp=opened.stamp, fingerprint=opened.fingerprint, registry=registry
        )
        members.append(replace(opened, plan=other, identity=whole, run_id=run_id(other, whole)))
    together = ensemble_identity(
        plan, members=[member.identity for member in members], registry=registry
    )
    return OpenedEnsemble(
        plan=plan,
        members=tuple(members),
        stamp=opened.stamp,
        identity=together,
        run_id=run_id(plan, together),
    )


def _refuse_targets(plan: EnsemblePlan, targets: tuple[Target, ...]) -> None:
    """A combiner's contract speaks of the probabilities of classes."""
    for target in targets:
        if target.kind not in COMBINED_KINDS:
            raise UsageError(
                f"ensemble '{plan.recipe.name}' cannot be run on task {plan.task.name}: combiners "
                f"take targets of kind {' or '.join(COMBINED_KINDS)}, and '{target.name}' is of "
                f"kind {target.kind}"
            )


def open_plan(plan: Plan, *, settings: Settings, registry: Registry) -> OpenedPlan:
    """Open the dataset, split it and settle the run's identity."""
    task = plan.task
    dataset = open_dataset(task, registry=registry, data_root=settings.data_root)
    items = dataset.items()
    known = {target.name: target for target in items.specs}
    missing = [name for name in task.targets if name not in known]
    if missing:
        raise UsageError(
            f"task {task.name} asks for target '{missing[0]}', but dataset "
            f"'{task.dataset.use}' has {', '.join(known)}"
        )
    targets = tuple(known[name] for name in task.targets)
    check_metric(task.metric, targets[0].kind)
    stamp = TaskStamp(
        name=task.name,
        version=task.version,
        metric=task.metric,
        protocol=task.protocol.dump(),
        targets=task.targets,
        fold=plan.fold,
        folds=fold_count(task.protocol),
    )
    fingerprint = dataset.fingerprint()
    whole = run_identity(plan, stamp=stamp, fingerprint=fingerprint, registry=registry)
    return OpenedPlan(
        plan=plan,
        dataset=dataset,
        items=items,
        targets=targets,
        split=split_items(items, task.protocol, fold=plan.fold, target=targets[0]),
        fingerprint=fingerprint,
        stamp=stamp,
        identity=whole,
        run_id=run_id(plan, whole),
    )


def frontend_modality(opened: OpenedPlan, *, registry: Registry) -> str:
    """The input that the recipe's frontend reads; a UsageError where the task has no such.

    Loads the frontend's code, and so mostly torch, but none of the data.
    """
    block, offered = opened.plan.recipe.frontend, opened.dataset.modalities
    modality: str = registry.get(block.kind, block.use).load().modality  # type: ignore[attr-defined]
    if modality not in offered:
        raise UsageError(
            f"frontend '{block.use}' reads {modality}, but task {opened.plan.task.name} offers "
            f"{', '.join(offered)}; frontends for that: {_frontends_for(offered, registry)}"
        )
    return modality


def _frontends_for(modalities: Sequence[str], registry: Registry) -> str:
    fit = []
    for name, entry in registry.of_kind("frontend").items():
        with suppress(PluginError):
            if entry.load().modality in modalities:  # type: ignore[attr-defined]
                fit.append(name)
    return ", ".join(fit) or "none is installed"
