"""An ensemble's own work: its members' runs, and from their cached predictions to one outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emobench.api import (
    Combiner,
    Context,
    DataError,
    EmobenchError,
    PluginError,
    RunError,
    Stream,
)
from emobench.registry import Registry
from emobench.runs.folder import read_predictions
from emobench.runs.inputs import task_facts, without_skipped
from emobench.runs.judging import judge
from emobench.runs.listener import Listener
from emobench.runs.opening import OpenedEnsemble
from emobench.runs.plan import Plan
from emobench.runs.record import AuditVerdict, Costs, DataStamp, Record
from emobench.runs.results import Outcome
from emobench.training.build import schedule_for

PARTS = ("validation", "test")
Predictions = Mapping[str, np.ndarray]


class MemberFailed(RunError):
    """A member ended without predictions, so there is nothing to combine."""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The members' runs as their ensemble's record tells of them."""

    members: tuple[Record, ...]
    data: DataStamp | None
    audit: AuditVerdict
    costs: Costs


def run_members(
    opened: OpenedEnsemble, *, run: Callable[[Plan], Record], listener: Listener
) -> Joined:
    """Run every member, or take its stored record; the first that fails ends the ensemble."""
    plans = [member.plan for member in opened.members]
    records = []
    for number, plan in enumerate(plans, start=1):
        name = f"member {number} of {len(plans)}, {plan.recipe.name} with seed {plan.seed}"
        listener.stage("member", name.removeprefix("member "))
        try:
            record = run(plan)
        except EmobenchError as error:
            error.args = (f"{name}: {error}",)
            raise
        if record.state not in ("ok", "collapsed"):
            raise MemberFailed(f"{name}, {record.state}: {record.reason} (run {record.id})")
        records.append(record)
    return Joined(
        members=tuple(records), data=_data(records), audit=_audit(records), costs=_costs(records)
    )


def _data(records: Sequence[Record]) -> DataStamp | None:
    """The data as the members saw them, with everything that one of them left out."""
    stamps = [record.data for record in records if record.data is not None]
    if not stamps:
        return None
    skipped = dict.fromkeys(item for stamp in stamps for item in stamp.skipped)
    return replace(stamps[0], train=min(stamp.train for stamp in stamps), skipped=tuple(skipped))


def _audit(records: Sequence[Record]) -> AuditVerdict:
    """The worst verdict on a member, and everything that was found."""
    verdicts = {record.audit.verdict for record in records}
    findings = dict.fromkeys(one for record in records for one in record.audit.findings)
    if "leaky" in verdicts:
        return AuditVerdict(verdict="leaky", findings=tuple(findings))
    verdict = AuditVerdict(verdict="warned" if "warned" in verdicts else "clean")
    return replace(verdict, findings=tuple(findings))


def _costs(records: Sequence[Record]) -> Costs:
    """What the members cost together."""
    costs = [record.costs for record in records]
    flops = [one.flops_per_item for one in costs]
    known = [number for number in flops if number is not None]
    return Costs(
        data_s=sum(one.data_s for one in costs),
        train_s=sum(one.train_s for one in costs),
        epochs=sum(one.epochs for one in costs),
        updates=sum(one.updates for one in costs),
        parameters=sum(one.parameters for one in costs),
        flops_per_item=sum(known) if len(known) == len(flops) else None,
        ms_per_item=sum(one.ms_per_item for one in costs),
    )


def combine(
    opened: OpenedEnsemble, joined: Joined, *, runs: Path, registry: Registry, device: str
) -> Outcome:
    """Fit a combiner a target on the members' validation predictions and score what it makes."""
    named = {record.id: read_predictions(runs / record.id) for record in joined.members}
    _refuse_different_items(named)
    members = [named[record.id] for record in joined.members]
    context = _context(opened, joined, device)
    predictions: dict[str, np.ndarray] = {
        key: value for key, value in members[0].items() if key.count("/") == 1
    }
    seconds = 0.0
    for target in context.task.targets:
        combiner: Combiner = registry.get("combiner", opened.plan.recipe.combiner.use).build(
            opened.plan.recipe.combiner.options, replace(context, target=target)
        )
        stacks = {part: _stack(members, f"{part}/{target.name}/after") for part in PARTS}
        truth = {part: members[0][f"{part}/{target.name}/truth"] for part in PARTS}
        combiner.fit(stacks["validation"].copy(), truth["validation"].copy())
        for part in PARTS:
            started = time.perf_counter()
            combined = np.asarray(combiner.apply(stacks[part].copy()))
            seconds += (time.perf_counter() - started) * (part == "test")
            _refuse_shape(combined, stacks[part], opened, registry)
            predictions[f"{part}/{target.name}/before"] = stacks[part].mean(axis=0)
            predictions[f"{part}/{target.name}/after"] = combined
            predictions[f"{part}/{target.name}/truth"] = truth[part]
    scores, collapse = judge(context.task.targets, predictions)
    return Outcome(
        scores=scores,
        collapse=collapse,
        predictions=predictions,
        ms_per_item=joined.costs.ms_per_item
        + 1000 * seconds / max(1, len(predictions["test/items"])),
    )


def _stack(members: Sequence[Predictions], key: str) -> np.ndarray:
    """Probabilities `(members, items, classes)`."""
    return np.stack([predictions[key] for predictions in members])


def _context(opened: OpenedEnsemble, joined: Joined, device: str) -> Context:
    """What a combiner may know: the task, as all the members saw it, and a stream of its own."""
    first = opened.members[0]
    skipped = {item for item, _ in joined.data.skipped} if joined.data else set()
    return Context(
        task=task_facts(first, without_skipped(first, skipped), None),
        stream=Stream(opened.plan.seed).child(f"combiner.{opened.plan.recipe.combiner.use}"),
        schedule=schedule_for(1, steps=1),
        device=device,
    )


def _refuse_different_items(named: Mapping[str, Predictions]) -> None:
    """Members must have judged the same items in the same order."""
    (first, expected), *others = named.items()
    for run_id, predictions in others:
        for part in PARTS:
            ours, theirs = expected[f"{part}/items"], predictions[f"{part}/items"]
            if np.array_equal(ours, theirs):
                continue
            apart = sorted(set(ours.tolist()) ^ set(theirs.tolist()))
            told = (
                f"{len(apart)} in one of them only, such as '{apart[0]}'"
                if apart
                else "in another order"
            )
            raise DataError(
                f"members {first} and {run_id} were not given the same {part} items ({told}), so "
                "their predictions cannot be combined; mend or remove the files that one of them "
                "could not read, and run again"
            )


def _refuse_shape(
    combined: np.ndarray, members: np.ndarray, opened: OpenedEnsemble, registry: Registry
) -> None:
    if combined.shape == members.shape[1:]:
        return
    entry = registry.get("combiner", opened.plan.recipe.combiner.use)
    raise PluginError(
        f"combiner '{entry.name}' of plugin {entry.plugin.package} {entry.plugin.version} gave "
        f"figures of shape {combined.shape} for members of shape {members.shape}; it must give "
        f"(items, classes), here {members.shape[1:]}"
    )
