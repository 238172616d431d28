"""A plan with its dataset opened: items, split and identity, before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from emobench.api import Dataset, Items, Target, UsageError
from emobench.data.protocols import Split, fold_count, split_items
from emobench.data.tasks import open_dataset
from emobench.registry import Registry
from emobench.runs.plan import Plan, Settings, run_id, run_identity
from emobench.runs.record import Record, TaskStamp
from emobench.runs.store import RunStore
from emobench.scoring.catalogue import check_metric


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


def stored_record(plan: Plan, *, settings: Settings, registry: Registry) -> Record | None:
    """The record of this very run, if it was run before."""
    return RunStore(settings.runs).get(open_plan(plan, settings=settings, registry=registry).run_id)


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
