"""RAVDESS and EmoDB themselves, where they lie in ../shared/data beside the repository."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emobench.data.audit import audit, row_digests
from emobench.data.protocols import Split, split_items
from emobench.data.tasks import Task, find_task, open_dataset
from emobench.registry import load_registry

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "data"
CROSS_CORPUS = ROOT / "docs" / "tasks" / "cross-corpus.yaml"
TWINS = ("03-01-03-01-02-01-07", "03-01-03-01-02-02-07")
"""The pair of RAVDESS that is alike in audio."""

pytestmark = pytest.mark.real_data


def opened(name: str | Path, *corpora: str) -> tuple[Task, Any]:
    """The task, and its dataset over the real data."""
    missing = [corpus for corpus in corpora if not (REAL / corpus).is_dir()]
    if missing:
        pytest.skip(f"{missing[0]} is not in ../shared/data, beside the repository")
    task = find_task(name, registry=load_registry())
    return task, open_dataset(task, registry=load_registry(), data_root=REAL)


def test_ravdess_is_whole_and_split_by_actors():
    task, dataset = opened("ravdess/actors", "ravdess")
    items = dataset.items()
    assert (len(items), len(set(items.groups)), len(items.specs[0].classes)) == (1440, 24, 8)
    assert items.notes == ()
    assert Counter(items.fields["sex"]) == {"male": 720, "female": 720}
    assert Counter(items.fields["intensity"]) == {"normal": 768, "strong": 672}
    assert Counter(items.targets["emotion"].tolist()) == {0: 96, **dict.fromkeys(range(1, 8), 192)}
    tested = [split_items(items, task.protocol, fold=fold).test for fold in range(5)]
    assert sorted(np.concatenate(tested).tolist()) == list(range(1440))


def test_emodb_is_whole_and_split_by_speakers():
    task, dataset = opened("emodb/speakers", "emodb")
    items = dataset.items()
    assert (len(items), len(set(items.groups))) == (535, 10)
    assert items.notes == ()
    counts = zip(items.specs[0].classes, np.bincount(items.targets["emotion"]), strict=True)
    assert dict(counts) == {
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happiness": 71,
        "sadness": 62,
        "neutral": 79,
    }
    test = split_items(items, task.protocol, fold=0).test
    assert len({items.groups[position] for position in test}) == 2


def test_the_audit_finds_the_twins_of_ravdess_where_a_split_parts_them():
    task, dataset = opened("ravdess/random", "ravdess")
    items = dataset.items()
    one, other = (items.ids.index(name) for name in TWINS)
    rest = np.array([position for position in range(len(items)) if position not in (one, other)])
    split = Split(
        train=np.append(rest[:900], one),
        validation=rest[900:1100],
        test=np.append(rest[1100:], other),
    )
    digests = ["" for _ in items.ids]
    for position in (one, other):
        (digests[position],) = row_digests(dataset.load(position)["audio"][None])
    found = audit(items, split, task.protocol, digests=digests)
    (duplicates,) = [finding for finding in found.findings if finding.check == "duplicates"]
    assert duplicates.items == (TWINS[1],)
    assert duplicates.severity == "warned"


def test_honest_folds_of_ravdess_keep_the_twins_together():
    task, dataset = opened("ravdess/actors", "ravdess")
    items = dataset.items()
    pair = {items.ids.index(name) for name in TWINS}
    for fold in range(5):
        split = split_items(items, task.protocol, fold=fold)
        assert [len(pair & set(side.tolist())) for side in (split.train, split.test)] in (
            [2, 0],
            [0, 2],
            [0, 0],
        )


def test_the_task_file_across_corpora_trains_on_one_and_tests_on_the_other():
    task, dataset = opened(CROSS_CORPUS, "ravdess", "emodb")
    items = dataset.items()
    split = split_items(items, task.protocol)
    corpus = np.array(items.fields["corpus"])
    assert set(corpus[split.train]) == set(corpus[split.validation]) == {"ravdess"}
    assert (len(split.train) + len(split.validation), len(split.test)) == (1056, 454)
    assert [note.split(",")[0] for note in items.notes] == [
        "ravdess: 384 clips are left out",
        "emodb: 81 clips are left out",
    ]
