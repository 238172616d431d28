"""Gradient-boosted trees on a task of tables, by the task's own split, audit and scores.

    python benchmarks/trees.py [TASK ...] [--data-root DIR]

Trees do not train by gradients on batches, so that no recipe can name them: the loop's events have
no place for them. This gives the figure that a practitioner asks for first, to stand beside a
board. scikit-learn's HistGradientBoosting with its defaults; how many trees count is chosen on
validation, as a recipe's best epoch is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from emobench.api import EmobenchError, Items, Target, UsageError
from emobench.data.audit import audit, row_digests
from emobench.data.protocols import Split, fold_count, split_items
from emobench.data.tasks import Task, find_task, open_dataset
from emobench.registry import load_registry
from emobench.scoring.catalogue import METRICS
from emobench.scoring.metrics import score

TASKS = ("synthetic-au/subjects", "synthetic-units/subjects", "synthetic-units/generated")
TREES = 200
PRESENT = 0.5


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A task's rows, all in memory, with what is asked of them."""

    task: Task
    items: Items
    target: Target
    values: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Fold:
    """What the trees made of one fold."""

    trees: int
    scores: Mapping[str, float]
    verdict: str


def load_rows(name: str, *, data_root: str) -> Rows:
    """The task's rows; a UsageError where it is no table of classes or labels."""
    registry = load_registry()
    task = find_task(name, registry=registry)
    dataset = open_dataset(task, registry=registry, data_root=data_root)
    items = dataset.items()
    target = next(spec for spec in items.specs if spec.name == task.targets[0])
    if tuple(dataset.modalities) != ("table",) or target.kind not in ("class", "labels"):
        raise UsageError(f"task {name}: trees are fitted to tables, with classes or labels")
    values = np.stack([dataset.load(index)["table"] for index in range(len(items))])
    return Rows(task=task, items=items, target=target, values=values)


def fit_fold(rows: Rows, split: Split) -> Fold:
    """Fit on training, choose the number of trees on validation, score the test once."""
    truth = np.asarray(rows.items.targets[rows.target.name])
    stages = list(staged_probabilities(rows, split, truth))
    metric = METRICS[rows.task.metric]
    sign = 1 if metric.higher_is_better else -1
    validation = [
        sign * score(rows.target, before, truth[split.validation])[metric.name]
        for before, _ in stages
    ]
    best = int(np.argmax(validation))
    found = audit(
        rows.items,
        split,
        rows.task.protocol,
        digests=row_digests(rows.values),
        features=rows.values,
        target=rows.target,
    )
    return Fold(
        trees=best + 1,
        scores=score(rows.target, stages[best][1], truth[split.test]),
        verdict=found.verdict,
    )


def staged_probabilities(
    rows: Rows, split: Split, truth: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Probabilities on validation and on test after each tree; labels are learnt one by one."""
    if rows.target.kind == "class":
        yield from _stages(rows.values, split, truth, classes=rows.target.width)
        return
    by_label = [
        list(_stages(rows.values, split, (column > PRESENT).astype(int), classes=2))
        for column in truth.T
    ]
    for together in zip(*by_label, strict=True):
        yield (
            np.stack([one[0][:, 1] for one in together], axis=1),
            np.stack([one[1][:, 1] for one in together], axis=1),
        )


def _stages(
    values: np.ndarray, split: Split, ids: np.ndarray, *, classes: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    present = np.unique(ids[split.train])
    if len(present) == 1:
        certain = np.eye(classes)[present]
        for _ in range(TREES):
            yield certain.repeat(len(split.validation), 0), certain.repeat(len(split.test), 0)
        return
    model = HistGradientBoostingClassifier(max_iter=TREES, early_stopping=False, random_state=0)
    model.fit(values[split.train], ids[split.train])
    staged = zip(
        model.staged_predict_proba(values[split.validation]),
        model.staged_predict_proba(values[split.test]),
        strict=True,
    )
    for parts in staged:
        wide = [np.zeros((len(part), classes)) for part in parts]
        for whole, part in zip(wide, parts, strict=True):
            whole[:, model.classes_] = part
        yield wide[0], wide[1]


def report(name: str, *, data_root: str) -> Iterator[str]:
    """The lines about one task, as its folds are done."""
    rows = load_rows(name, data_root=data_root)
    metric, verdicts, figures = rows.task.metric, set(), []
    yield f"{name}: {len(rows.items)} rows of {rows.values.shape[1]} columns, {metric}"
    for fold in range(fold_count(rows.task.protocol)):
        split = split_items(rows.items, rows.task.protocol, fold=fold, target=rows.target)
        done = fit_fold(rows, split)
        figures.append(done.scores[metric])
        verdicts.add(done.verdict)
        yield f"  fold {fold}  {100 * done.scores[metric]:5.1f}%  ({done.trees} trees)"
    worst = next(word for word in ("leaky", "warned", "clean") if word in verdicts)
    yield f"  mean    {100 * statistics.fmean(figures):5.1f}%  audit: {worst}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what trees score on each task."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", default=TASKS, metavar="TASK")
    parser.add_argument("--data-root", default=os.environ.get("EMOBENCH_DATA", ""))
    given = parser.parse_args(arguments)
    for name in given.tasks:
        try:
            for line in report(name, data_root=given.data_root):
                print(line, flush=True)
        except EmobenchError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
