"""The whole audit of a split dataset: fingerprints, every check, and how labels are spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from emobench.api import Dataset, Items, ProtocolOptions, Target
from emobench.data.audit import audit, verdict_of
from emobench.data.findings import Audit, Finding
from emobench.data.fingerprints import Fingerprints, take_fingerprints
from emobench.data.prepared import Progress
from emobench.data.protocols import Split
from emobench.data.tasks import Task
from emobench.recipes.identity import identity
from emobench.registry import Registry
from emobench.sources import code_of


def fingerprints_of(
    task: Task,
    dataset: Dataset,
    items: Items,
    *,
    modality: str,
    registry: Registry,
    cache: Path,
    progress: Progress | None = None,
) -> Fingerprints | None:
    """Fingerprints of a task's items; none where copies on both sides are the protocol's intent.

    The audit knows those by their origin, and copies made anew each time are slow to look at.
    """
    if task.protocol.use == "augment-first":
        return None
    data = identity(
        data=dataset.fingerprint(), code=code_of(registry.get("dataset", task.dataset.use))
    )
    return take_fingerprints(
        dataset, items, modality=modality, data=data, cache=cache, progress=progress
    )


def audit_whole(
    items: Items,
    split: Split,
    protocol: ProtocolOptions,
    *,
    prints: Fingerprints | None,
    targets: Sequence[Target],
    digests: Sequence[str] | None = None,
    features: np.ndarray | None = None,
) -> Audit:
    """Every check; `digests` of what a model sees stand in for those of the decoded items."""
    if digests is None and prints is not None:
        digests = prints.digests
    found = audit(
        items,
        split,
        protocol,
        digests=digests,
        features=features,
        near=prints.pairs if prints else None,
    )
    findings = (*found.findings, *label_findings(items, split, targets))
    return replace(found, findings=findings, verdict=verdict_of(findings))


def label_findings(items: Items, split: Split, targets: Sequence[Target]) -> Iterator[Finding]:
    """How the classes of each target are spread before training, on each side."""
    for target in targets:
        if target.kind != "class":
            continue
        labels = np.asarray(items.targets[target.name])
        shares = {
            side: np.bincount(labels[positions], minlength=len(target.classes))
            / max(1, len(positions))
            for side, positions in (("training", split.train), ("test", split.test))
        }
        spread = ", ".join(
            f"{name} {100 * shares['training'][index]:.1f}/{100 * shares['test'][index]:.1f}"
            for index, name in enumerate(target.classes)
        )
        likeliest = int(np.argmax(shares["training"]))
        yield Finding(
            check="label-distribution",
            severity="info",
            message=f"'{target.name}' in percent of training/test items: {spread}; a constant "
            f"guess of '{target.classes[likeliest]}' is right on "
            f"{100 * shares['test'][likeliest]:.1f}% of the test set",
            count=len(split.train) + len(split.test),
        )
