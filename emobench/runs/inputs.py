"""What a run learns from: features prepared and audited, batches, facts for components."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from emobench.api import (
    Context,
    DataError,
    Dataset,
    DatasetComponent,
    Frontend,
    Items,
    SampleAugmentation,
    Sampler,
    SamplerContext,
    Stream,
    TaskFacts,
    UsageError,
)
from emobench.data.audit import row_digests
from emobench.data.audited import audit_whole, fingerprints_of
from emobench.data.findings import Audit
from emobench.data.prepared import UNREADABLE, Prepared, default_cache, prepare
from emobench.data.protocols import Split
from emobench.recipes.identity import identity
from emobench.registry import Registry
from emobench.runs.copies import CopiesOf, stored_copies
from emobench.runs.listener import Listener
from emobench.runs.opening import OpenedPlan, frontend_modality
from emobench.runs.plan import Settings, component_versions, package_version
from emobench.runs.record import AuditVerdict, DataStamp, Finding
from emobench.sources import code_of
from emobench.training.build import Builder, schedule_for
from emobench.training.source import (
    Augmenter,
    Chain,
    Decoded,
    PreparedSource,
    SampleChain,
    Shuffle,
    StoredCopies,
)


@dataclass(frozen=True, kw_only=True)
class LoadedData:
    """Prepared features, audited, with what a component may know of them."""

    frontend: Frontend
    prepared: Prepared
    split: Split
    audit: AuditVerdict
    stamp: DataStamp
    facts: TaskFacts
    copies: StoredCopies | None = None


def load_data(
    opened: OpenedPlan, settings: Settings, registry: Registry, listener: Listener
) -> LoadedData:
    """Prepare the features (from the cache when they are there) and audit the split."""
    frontend = _build_frontend(opened, registry)
    prepared = prepare(
        opened.dataset,
        opened.items,
        frontend=frontend,
        key=_cache_key(opened, frontend, registry),
        cache=settings.cache or default_cache(),
        progress=listener.progress,
    )
    for skipped in prepared.skipped:
        listener.warn(f"{skipped.id} is left out: {skipped.reason}")
    split = _usable(opened.split, prepared.usable)
    facts = task_facts(opened, split, frontend)
    _refuse_empty_sides(split)
    _refuse_untrained_classes(facts)
    for warning in split.warnings:
        listener.warn(warning)
    listener.stage("audit", opened.plan.task.name)
    prints = fingerprints_of(
        opened.plan.task,
        opened.dataset,
        opened.items,
        modality=frontend.modality,
        registry=registry,
        cache=settings.cache or default_cache(),
        progress=listener.progress,
    )
    found = audit_whole(
        opened.items,
        split,
        opened.plan.task.protocol,
        prints=prints,
        targets=opened.targets,
        digests=row_digests(prepared.features, usable=prepared.usable),
        features=prepared.features,
    )
    return LoadedData(
        frontend=frontend,
        prepared=prepared,
        split=split,
        audit=_verdict(found),
        stamp=_data_stamp(opened, split, prepared, registry),
        facts=facts,
    )


def _cache_key(opened: OpenedPlan, frontend: Frontend, registry: Registry) -> str:
    """Hash of all that the features depend on: data, frontend, the code of both, its shapes."""
    block, dataset = opened.plan.recipe.frontend, opened.plan.task.dataset
    versions = component_versions(opened.plan.recipe, opened.plan.task, registry)
    return identity(
        data=opened.fingerprint,
        rates=dict(opened.dataset.rates),
        frontend=[block.use, block.options.dump(), list(frontend.shape())],
        versions=[
            versions[f"frontend/{block.use}"],
            versions[f"dataset/{dataset.use}"],
            package_version(registry),
        ],
        code=[
            code_of(registry.get(block.kind, block.use)),
            code_of(registry.get(dataset.kind, dataset.use)),
        ],
        draws=None if frontend.deterministic else opened.plan.seed,
    )


def _build_frontend(opened: OpenedPlan, registry: Registry) -> Frontend:
    modality = frontend_modality(opened, registry=registry)
    facts = task_facts(opened, opened.split, None)
    first = _first_readable(opened.dataset, opened.items)
    context = Context(
        task=facts,
        stream=Stream(opened.plan.seed),
        schedule=schedule_for(1, steps=1),
        modality=modality,
        inputs={name: array.shape for name, array in first.items()},
    )
    builder = Builder(recipe=opened.plan.recipe, registry=registry, context=context)
    frontend: Frontend = builder.component(opened.plan.recipe.frontend)
    return frontend


def _first_readable(dataset: Dataset, items: Items) -> Mapping[str, np.ndarray]:
    for position in range(min(len(items), 20)):
        try:
            return dataset.load(position)
        except UNREADABLE:
            continue
    return {}


def task_facts(opened: OpenedPlan, split: Split, frontend: Frontend | None) -> TaskFacts:
    """What components may know of the task; without a frontend, of all that the dataset offers."""
    counts = {}
    for target in opened.targets:
        if target.kind == "class":
            labels = np.asarray(opened.items.targets[target.name])[split.train]
            counts[target.name] = tuple(
                int(count) for count in np.bincount(labels, minlength=len(target.classes))
            )
        elif target.kind in ("labels", "distribution"):
            rows = np.asarray(opened.items.targets[target.name])[split.train]
            counts[target.name] = tuple(int(count) for count in rows.sum(axis=0).round())
    return TaskFacts(
        name=opened.plan.task.name,
        modalities=(frontend.modality,) if frontend else tuple(opened.dataset.modalities),
        targets=opened.targets,
        metric=opened.plan.task.metric,
        train_items=len(split.train),
        class_counts=counts,
        rates=opened.dataset.rates,
    )


def _refuse_empty_sides(split: Split) -> None:
    """Every side keeps an item; unreadable ones may have been all there was."""
    for name in ("train", "validation", "test"):
        if not len(getattr(split, name)):
            raise DataError(
                f"no readable item is left for {name}; mend or replace the files named above"
            )


def _refuse_untrained_classes(facts: TaskFacts) -> None:
    """The split trains every class; unreadable items may have taken the last of one."""
    for target in facts.targets:
        if target.kind != "class":
            continue
        counts = zip(target.classes, facts.class_counts[target.name], strict=True)
        lost = [name for name, count in counts if not count]
        if lost:
            raise DataError(
                f"no readable training item of {target.name} '{lost[0]}' is left; "
                "mend or replace the files named above"
            )


def _usable(split: Split, usable: np.ndarray) -> Split:
    """The split without unreadable items; the others stay on the side they were on."""
    return replace(
        split,
        train=split.train[usable[split.train]],
        validation=split.validation[usable[split.validation]],
        test=split.test[usable[split.test]],
    )


def without_skipped(opened: OpenedPlan, skipped: Collection[str]) -> Split:
    """The split without the items of these ids, which were left out before training."""
    kept = [identifier not in skipped for identifier in opened.items.ids]
    return _usable(opened.split, np.asarray(kept, dtype=bool))


def _verdict(found: Audit) -> AuditVerdict:
    return AuditVerdict(
        verdict=found.verdict,
        findings=tuple(
            Finding(
                check=finding.check,
                severity=finding.severity,
                message=finding.message,
                items=finding.items,
                advice=finding.advice,
                count=finding.count,
                share=finding.share,
                pairs=finding.pairs,
            )
            for finding in found.findings
        ),
    )


def _data_stamp(
    opened: OpenedPlan, split: Split, prepared: Prepared, registry: Registry
) -> DataStamp:
    dataset = registry.get("dataset", opened.plan.task.dataset.use).component
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    groups = {
        name: len({opened.items.groups[position] for position in positions})
        for name, positions in parts.items()
        if opened.items.groups
    }
    return DataStamp(
        fingerprint=opened.fingerprint,
        train=len(split.train),
        validation=len(split.validation),
        test=len(split.test),
        groups=groups,
        skipped=tuple((skipped.id, skipped.reason) for skipped in prepared.skipped),
        note=dataset.note if isinstance(dataset, DatasetComponent) else "",
    )


def with_copies(
    data: LoadedData,
    opened: OpenedPlan,
    settings: Settings,
    registry: Registry,
    listener: Listener,
) -> LoadedData:
    """The data with the recipe's stored copies of items, where it asks for any."""
    recipe = opened.plan.recipe
    if not recipe.train.copies:
        return data
    context = _training_context(opened, data, "cpu")
    samples, _ = Builder(recipe=recipe, registry=registry, context=context).augmentations()
    if not samples:
        raise UsageError(
            "train.copies: every augmentation of the recipe changes whole batches, and copies are "
            "made of single items; leave 'copies' at 0, or add an augmentation of items "
            "(`emobench plugins show NAME` says which it is)"
        )
    listener.stage("copies", opened.plan.task.name)
    names = dict.fromkeys(block.use for block in recipe.augmentations)
    key = {
        "features": _cache_key(opened, data.frontend, registry),
        "augmentations": [block.dump() for block in recipe.augmentations],
        "code": [code_of(registry.get("augmentation", name)) for name in names],
        "seed": opened.plan.seed,
    }
    copies = CopiesOf(
        opened.dataset,
        augmenter=_augmenter(samples, context),
        modality=data.frontend.modality,
        copies=recipe.train.copies,
    )
    stored = stored_copies(
        copies,
        data.prepared.features,
        frontend=data.frontend,
        key=key,
        cache=settings.cache or default_cache(),
        progress=listener.progress,
    )
    return replace(data, copies=stored)


def _training_context(opened: OpenedPlan, data: LoadedData, device: str) -> Context:
    modality = data.frontend.modality
    return Context(
        task=data.facts,
        stream=Stream(opened.plan.seed),
        schedule=schedule_for(opened.plan.recipe.train.epochs, steps=1),
        device=device,
        modality=modality,
        inputs={modality: tuple(data.prepared.features.shape[1:])},
    )


def _augmenter(augmentations: Mapping[str, SampleAugmentation], context: Context) -> Augmenter:
    return Augmenter(augmentations=augmentations, stream=context.stream.child("augmentation"))


def build_source(
    opened: OpenedPlan, data: LoadedData, registry: Registry, device: str
) -> tuple[PreparedSource, Context]:
    """The run's batches, and the context that its components are built with."""
    recipe, modality = opened.plan.recipe, data.frontend.modality
    context = _training_context(opened, data, device)
    builder = Builder(recipe=recipe, registry=registry, context=context)
    samples, _ = builder.augmentations()
    chains: dict[str, Chain] = {}
    if data.copies:
        chains[modality] = data.copies
    elif samples or not data.frontend.deterministic:
        chains[modality] = SampleChain(
            load=Decoded(lambda position: opened.dataset.load(position)[modality]),
            frontend=data.frontend,
            augmenter=_augmenter(samples, context),
            workers=recipe.train.workers,
        )
    source = PreparedSource(
        features={modality: data.prepared.features},
        targets={
            target.name: np.asarray(
                opened.items.targets[target.name],
                dtype=np.int64 if target.kind == "class" else np.float32,
            )
            for target in opened.targets
        },
        train_positions=data.split.train,
        validation_positions=data.split.validation,
        test_positions=data.split.test,
        sampler=_sampler(builder, opened, data),
        batch_size=recipe.train.batch_size,
        device=torch.device(device),
        chains=chains,
    )
    schedule = schedule_for(recipe.train.epochs, steps=source.steps)
    return source, replace(context, schedule=schedule)


def _sampler(builder: Builder, opened: OpenedPlan, data: LoadedData) -> Sampler:
    stream = builder.context.stream.child("sampler")
    block = builder.recipe.sampler
    train = data.split.train
    if block is None:
        return Shuffle(len(train), stream)
    context = SamplerContext(
        stream=stream,
        labels=np.asarray(opened.items.targets[opened.targets[0].name])[train],
        groups=tuple(opened.items.groups[position] for position in train)
        if opened.items.groups
        else (),
        target=opened.targets[0],
    )
    sampler: Sampler = builder.registry.get("sampler", block.use).build(block.options, context)
    return sampler
