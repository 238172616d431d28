"""The whole audit: honest synthetic splits are clean, labels are described before training."""

from __future__ import annotations

import numpy as np
import pytest

from emobench.api import Items, Target
from emobench.data.audited import audit_whole, fingerprints_of, label_findings
from emobench.data.protocols import Split, split_items
from emobench.data.tasks import find_task, open_dataset
from emobench.registry import load_registry


@pytest.mark.slow
@pytest.mark.parametrize("name", ["synthetic-speech/speakers", "synthetic-face/subjects"])
def test_an_embedded_task_with_groups_apart_is_clean(name, tmp_path):
    found = audit_of(name, tmp_path)
    assert found.verdict == "clean"


def test_the_embedded_table_with_subjects_apart_is_clean(tmp_path):
    found = audit_of("synthetic-au/subjects", tmp_path)
    assert [(one.check, one.severity) for one in found.findings] == [("label-distribution", "info")]


def audit_of(name, cache):
    registry = load_registry()
    task = find_task(name, registry=registry)
    dataset = open_dataset(task, registry=registry)
    items = dataset.items()
    prints = fingerprints_of(
        task, dataset, items, modality=dataset.modalities[0], registry=registry, cache=cache
    )
    split = split_items(items, task.protocol)
    return audit_whole(items, split, task.protocol, prints=prints, targets=items.specs[:1])


def test_how_classes_are_spread_is_told_for_both_sides():
    target = Target(name="emotion", kind="class", classes=("happy", "sad"))
    items = Items(
        ids=tuple("abcdefgh"),
        specs=(target,),
        targets={"emotion": np.array([0, 0, 0, 1, 0, 0, 1, 1])},
    )
    split = Split(train=np.arange(4), validation=np.arange(4, 5), test=np.arange(5, 8))
    (finding,) = label_findings(items, split, [target])
    assert finding.severity == "info"
    assert finding.message == (
        "'emotion' in percent of training/test items: happy 75.0/33.3, sad 25.0/66.7; a constant "
        "guess of 'happy' is right on 33.3% of the test set"
    )


def test_copies_made_on_purpose_are_not_looked_for(tmp_path):
    registry = load_registry()
    task = find_task("synthetic-speech/augment-first", registry=registry)
    dataset = open_dataset(task, registry=registry)
    found = fingerprints_of(
        task, dataset, dataset.items(), modality="audio", registry=registry, cache=tmp_path
    )
    assert found is None
