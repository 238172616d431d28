"""The guide's labels: its divisors, cut at 1, present above one half."""

from __future__ import annotations

import numpy as np
import pytest

from emobench.api import Items, ProtocolOptions, Target
from emobench.data.audit import audit
from emobench.data.protocols import Split
from emobench_units.generation import (
    DIVISORS,
    GENERATED_CLASSES,
    distribution_words,
    generate_labels,
)

UNITS = [1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45]


def row(**strengths):
    """A row of ratings in which the named units are active."""
    return np.array([[strengths.get(f"AU{unit:02d}", 0.0) for unit in UNITS]])


@pytest.mark.parametrize(
    ("divisors", "happiness", "guilt", "anxiety"),
    [("before", 2.5, 2.0, 1.5), ("improved", 1.5, 1.2, 1.0)],
)
def test_the_divisors_are_the_guides(divisors, happiness, guilt, anxiety):
    given = DIVISORS[divisors]
    assert given["happiness"] == happiness
    assert {given[name] for name in ("anger", "sadness", "guilt")} == {guilt}
    assert {given[name] for name in ("fear", "anxiety")} == {anxiety}


@pytest.mark.parametrize(("divisors", "expected"), [("before", 0.4), ("improved", 2 / 3)])
def test_a_smile_is_its_mean_intensity_divided(divisors, expected):
    labels = generate_labels(row(AU06=0.5, AU12=1.5), divisors=divisors)
    assert labels[0, 0] == pytest.approx(expected)
    assert labels[0, 1:].max() == 0.0


def test_a_broad_smile_is_cut_at_one():
    assert generate_labels(row(AU06=5.0, AU12=5.0), divisors="before")[0, 0] == 1.0


def test_hard_labels_are_one_above_one_half():
    smiles = np.concatenate([row(AU06=0.75, AU12=0.75), row(AU06=0.76, AU12=0.75)])
    labels = generate_labels(smiles, divisors="improved", soft=False)
    assert labels[:, 0].tolist() == [0.0, 1.0]


def test_a_clip_is_judged_by_its_mean_intensities():
    """Maxima, deviations and presences stand behind the means and change nothing."""
    ratings = row(AU04=1.0, AU15=2.0)
    behind = np.full((1, 52), 3.0)
    clip = np.concatenate([ratings, behind], axis=1)
    alone = generate_labels(ratings, divisors="improved")
    assert np.array_equal(generate_labels(clip, divisors="improved"), alone)


def test_less_conservative_divisors_never_lower_a_label():
    rows = np.random.default_rng(0).gamma(1.0, size=(50, 17))
    earlier = generate_labels(rows, divisors="before")
    assert (generate_labels(rows, divisors="improved") >= earlier).all()


def test_the_distribution_is_told_label_by_label():
    labels = np.array([[0.6, 0, 0, 0, 0, 0], [0.5, 0, 0, 0, 0, 0.9]])
    assert distribution_words(labels) == (
        "labels above one half, of 2 rows: happiness 1 (50%, mean 0.55), anger 0 (0%, mean 0.00), "
        "sadness 0 (0%, mean 0.00), guilt 0 (0%, mean 0.00), fear 0 (0%, mean 0.00), "
        "anxiety 1 (50%, mean 0.45)"
    )


@pytest.mark.parametrize("divisors", ["before", "improved"])
def test_the_audit_sees_generated_labels_that_nobody_declared(make_frames, divisors):
    frames = make_frames(300).astype(np.float32)
    labels = generate_labels(frames, divisors=divisors)
    found = audit_of(labels, frames)
    assert found.verdict == "leaky"
    assert [finding.check for finding in found.findings] == ["derived-target"]
    noisy = np.clip(labels + 0.02 * np.random.default_rng(1).normal(size=labels.shape), 0, 1)
    assert audit_of(noisy, frames).verdict == "clean"


def audit_of(labels, frames):
    """What the audit says of these rows in a split of halves, people apart."""
    count = len(frames)
    items = Items(
        ids=tuple(map(str, range(count))),
        specs=(Target(name="emotions", kind="labels", classes=GENERATED_CLASSES),),
        targets={"emotions": labels},
        groups=tuple(str(index // 10) for index in range(count)),
    )
    split = Split(train=np.arange(150), validation=np.arange(150, 220), test=np.arange(220, count))
    protocol = ProtocolOptions(use="grouped-holdout")
    return audit(items, split, protocol, features=frames)
