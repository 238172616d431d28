"""`emobench audit`: can scores on a task be believed? Looks at the data, trains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emobench.api import UsageError
from emobench.cli import flags
from emobench.cli.progress import choose_progress
from emobench.cli.text import print_json, print_lines, terminal_width, wrapped

if TYPE_CHECKING:
    from emobench.data.findings import Audit
    from emobench.data.tasks import Task
    from emobench.registry import Registry

SHOWN = 3
"""Items or pairs that a finding shows on a terminal; --json has more."""


@click.command(short_help="Say whether scores on a task can be believed.")
@click.argument("task", required=False, metavar="[TASK]")
@flags.fold
@flags.data_root
@flags.data
@flags.group
@flags.as_json
def audit(
    task: str | None,
    fold: int | None,
    data_root: str,
    data: Path | None,
    group: str | None,
    as_json: bool,
) -> None:
    """Look for leaks between training and test, without training.

    TASK is a task's name or a task file. Groups on both sides, exact and near copies, conflicting
    labels, targets computed from the inputs: each finding comes with its evidence and what to do.

    A leak that is found is a result: the exit code is 0. The verdict is in the document of --json.

    \b
    Examples:
      emobench audit ravdess/actors --data-root ~/data
      emobench audit mine.yaml --fold 0
      emobench audit --data ./clips --group '^(S[MF]\\d+)_'
    """
    from emobench.data.tasks import find_task, folder_task
    from emobench.registry import load_registry

    registry = load_registry()
    if (task is None) == (data is None):
        raise UsageError("name one task, or a folder of your own with --data DIR")
    if group is not None and data is None:
        raise UsageError("--group says where groups are found in --data DIR; give that too")
    found = (
        folder_task(data, group=group, registry=registry)
        if data is not None
        else find_task(str(task), registry=registry)
    )
    with choose_progress(plain=as_json) as progress:
        progress.stage("audit", found.name)
        audits = _audits(found, fold, data_root=data_root, registry=registry, told=progress)
    if as_json:
        print_json(_document(found, audits))
    else:
        print_lines(_lines(found, audits))


def _audits(
    task: Task, fold: int | None, *, data_root: str, registry: Registry, told: Any
) -> dict[tuple[int, str], Audit]:
    """The audit of each fold, in each modality that the dataset offers."""
    from emobench.data.audited import audit_whole, fingerprints_of
    from emobench.data.prepared import default_cache
    from emobench.data.protocols import fold_count, split_items
    from emobench.data.tasks import open_dataset

    dataset = open_dataset(task, registry=registry, data_root=data_root)
    items = dataset.items()
    targets = tuple(target for target in items.specs if target.name in task.targets)
    folds = range(fold_count(task.protocol)) if fold is None else [fold]
    splits = [
        split_items(items, task.protocol, fold=number, target=targets[0] if targets else None)
        for number in folds
    ]
    audits = {}
    for modality in dataset.modalities:
        prints = fingerprints_of(
            task,
            dataset,
            items,
            modality=modality,
            registry=registry,
            cache=default_cache(),
            progress=told.progress,
        )
        for number, split in zip(folds, splits, strict=True):
            audits[number, modality] = audit_whole(
                items, split, task.protocol, prints=prints, targets=targets
            )
    return audits


def _worst(audits: Sequence[Audit]) -> str:
    verdicts = {one.verdict for one in audits}
    return next(word for word in ("leaky", "warned", "clean") if word in verdicts)


def _document(task: Task, audits: dict[tuple[int, str], Audit]) -> dict[str, Any]:
    return {
        "task": task.name,
        "verdict": _worst(list(audits.values())),
        "audits": [
            {
                "fold": fold,
                "modality": modality,
                "verdict": found.verdict,
                "findings": [asdict(finding) for finding in found.findings],
            }
            for (fold, modality), found in audits.items()
        ],
    }


def _lines(task: Task, audits: dict[tuple[int, str], Audit]) -> list[str]:
    width = terminal_width()
    lines = [f"{task.name}: {_worst(list(audits.values()))}"]
    for (fold, modality), found in audits.items():
        lines += ["", f"fold {fold}, {modality}: {found.verdict}"]
        for finding in found.findings:
            text = f"{finding.severity}: {finding.message}"
            lines += wrapped(text, width=width, indent="  ", hanging="    ")
            shown = [" = ".join(pair) for pair in finding.pairs[:SHOWN]] or finding.items[:SHOWN]
            if shown:
                more = " …" if finding.count > len(shown) else ""
                lines += wrapped(
                    ", ".join(shown) + more, width=width, indent="    such as ", hanging="      "
                )
            if finding.advice:
                lines += wrapped(finding.advice, width=width, indent="    do: ", hanging="      ")
    return lines
