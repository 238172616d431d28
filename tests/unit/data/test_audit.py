"""The leak audit: each leak is found, counted and graded; an honest split is clean."""

from __future__ import annotations

import numpy as np
import pytest

from emobench.api import Items, ProtocolOptions, Target
from emobench.data.audit import audit, row_digests
from emobench.data.protocols import Split

HOLDOUT = ProtocolOptions(use="grouped-holdout")
RANDOM = ProtocolOptions(use="random")


def make_items(groups=(), labels=None, fields=None, count=10):
    return Items(
        ids=tuple(f"i{index}" for index in range(count)),
        specs=(Target(name="emotion", kind="class", classes=("happy", "sad")),),
        targets={"emotion": np.arange(count) % 2 if labels is None else np.asarray(labels)},
        groups=tuple(groups),
        group_name="speaker",
        fields=fields or {},
    )


def make_split(train=range(6), validation=(6, 7), test=(8, 9)):
    return Split(
        train=np.array(train), validation=np.array(validation), test=np.array(test), warnings=()
    )


APART = [*list("aabbcc"), "d", "d", "e", "e"]
DISTINCT = tuple(f"digest{index}" for index in range(10))


def only(found, check):
    (finding,) = [finding for finding in found.findings if finding.check == check]
    return finding


def test_an_honest_split_is_clean():
    found = audit(make_items(APART), make_split(), HOLDOUT, digests=DISTINCT)
    assert (found.verdict, found.findings) == ("clean", ())


def test_a_group_on_both_sides_is_leaky_with_its_share_of_the_test():
    groups = [*APART[:-1], "a"]
    found = audit(make_items(groups), make_split(), RANDOM, digests=DISTINCT)
    assert found.verdict == "leaky"
    finding = only(found, "shared-groups")
    assert finding.message == (
        "1 of 2 test speakers are also in training or validation (a): "
        "1 of 2 test items (50.0%) are theirs"
    )
    assert finding.items == ("i9",)


def test_a_test_group_in_validation_is_leaky_too():
    groups = [*APART[:-1], "d"]
    assert audit(make_items(groups), make_split(), HOLDOUT).verdict == "leaky"


def test_a_validation_group_in_training_is_a_warning():
    groups = [*APART[:6], "a", "d", "e", "e"]
    found = audit(make_items(groups), make_split(), HOLDOUT)
    assert found.verdict == "warned"
    assert "1 of 2 validation speakers are also in training (a)" in found.findings[0].message


def test_a_split_without_groups_may_leak_and_says_how_to_know():
    found = audit(make_items(), make_split(), RANDOM)
    assert found.verdict == "warned"
    assert "no group (speaker, subject) is known: the split may leak" in found.findings[0].message


def test_augment_first_is_leaky_by_design_and_counts_the_twins():
    origins = tuple("abcdefghab")
    items = make_items(APART, fields={"original": origins})
    finding = only(
        audit(items, make_split(), ProtocolOptions(use="augment-first")), "augmented-twins"
    )
    assert finding.severity == "leaky"
    assert "2 of 2 test items (100.0%) have a copy of the same original" in finding.message


def test_an_exact_duplicate_across_the_split_is_leaky():
    digests = (*DISTINCT[:9], "digest0")
    found = audit(make_items(APART, labels=[1] * 10), make_split(), HOLDOUT, digests=digests)
    assert found.verdict == "leaky"
    assert found.findings[0].message == (
        "1 of 2 test items (50.0%) are exact duplicates of training or validation items"
    )
    assert found.findings[0].items == ("i9",)


def test_duplicates_that_cannot_move_a_score_by_a_point_are_a_warning():
    count = 300
    digests = [f"d{index}" for index in range(count)]
    digests[-1] = "d0"
    split = make_split(train=range(50), validation=range(50, 100), test=range(100, count))
    items = make_items([f"g{index // 2}" for index in range(count)], [1] * count, count=count)
    found = audit(items, split, HOLDOUT, digests=digests)
    assert found.verdict == "warned"
    assert "1 of 200 test items (0.5%)" in found.findings[0].message


def test_a_duplicate_within_one_side_is_no_leak():
    digests = ("digest1", *DISTINCT[1:])
    items = make_items(APART, labels=[0] * 10)
    found = audit(items, make_split(), HOLDOUT, digests=digests)
    assert found.verdict == "clean"
    within = only(found, "duplicates-within")
    assert (within.severity, within.pairs) == ("info", (("i0", "i1"),))
    assert within.message.startswith("2 items have an exact duplicate on their own side")


def test_copies_on_every_side_are_counted_once_each():
    digests = ["same"] * 10
    found = audit(make_items(APART, labels=[0] * 10), make_split(), HOLDOUT, digests=digests)
    counts = {one.check: one.count for one in found.findings if one.check != "copied-corpus"}
    assert counts == {"duplicates": 2, "duplicates-validation": 2, "duplicates-within": 10}


def test_identical_items_of_different_labels_are_named():
    digests = ("digest1", *DISTINCT[1:])
    found = audit(make_items(APART), make_split(), HOLDOUT, digests=digests)
    finding = only(found, "conflicting-labels")
    assert finding.items == ("i0", "i1")
    assert finding.message.startswith("2 items are identical in content but not in 'emotion'")


def test_items_that_the_split_leaves_out_are_not_looked_at():
    digests = ("digest1", *DISTINCT[1:])
    split = make_split(train=range(1, 6))
    assert audit(make_items(APART), split, HOLDOUT, digests=digests).verdict == "clean"


def test_rows_digest_alike_only_when_their_bytes_are_equal():
    rows = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0000002], [0.0, 0.0]], dtype=np.float32)
    digests = row_digests(rows, usable=np.array([True, True, True, False]))
    assert digests[0] == digests[1] != digests[2]
    assert digests[3] == ""


@pytest.mark.parametrize("count", [2, 3])
def test_unusable_rows_are_no_duplicates_of_each_other(count):
    digests = row_digests(np.zeros((10, 3)), usable=np.arange(10) >= count)
    found = audit(
        make_items(APART), make_split(), HOLDOUT, digests=digests[:count] + DISTINCT[count:]
    )
    assert found.verdict == "clean"


def test_groups_of_single_items_keep_nothing_apart():
    """A pattern that takes the whole file name makes every clip its own speaker."""
    items = make_items([f"g{index}" for index in range(10)], labels=[0] * 10)
    split = make_split(train=range(6), validation=range(6, 8), test=range(8, 10))
    found = audit(items, split, HOLDOUT)
    assert found.verdict == "warned"
    assert found.findings[0].message.startswith("10 speakers for 10 items: most stand alone")


def test_groups_of_two_are_no_single_items():
    items = make_items(list("aabbccddef"), labels=[0] * 10)
    split = make_split(train=range(6), validation=range(6, 8), test=range(8, 10))
    assert audit(items, split, HOLDOUT).verdict == "clean"


LABELS = Target(name="emotions", kind="labels", classes=("joy", "fear"))
INTENSITY = Target(name="intensity", kind="number")


def make_rated(values, target, derived=None):
    """Items with this target, one a row, no group known to be shared."""
    count = len(values)
    return Items(
        ids=tuple(f"i{index}" for index in range(count)),
        specs=(target,),
        targets={target.name: np.asarray(values)},
        groups=tuple(f"g{index // 5}" for index in range(count)),
        derived=derived or {},
    )


def rated_split(count=200):
    return make_split(range(count // 2), range(count // 2, count * 3 // 4), range(150, count))


def rows(count=200, columns=6):
    return np.random.default_rng(0).gamma(1.0, size=(count, columns)).astype(np.float32)


def soft_labels(features):
    """What the action-unit guide does: means of columns, divided, cut at 1."""
    means = np.stack([features[:, :2].mean(axis=1), features[:, 2:5].mean(axis=1)], axis=1)
    return np.clip(means / np.array([1.2, 1.5]), 0, 1)


def checks(found):
    return [finding.check for finding in found.findings]


def test_a_target_that_the_dataset_says_is_derived_is_leaky_and_says_why():
    items = make_rated(soft_labels(rows()) > 0.5, LABELS, {"emotions": "the row's own units"})
    found = audit(items, rated_split(), HOLDOUT)
    assert found.verdict == "leaky"
    assert only(found, "derived-target").message == (
        "'emotions' is a function of the inputs, computed from the row's own units: a score on it "
        "tells how well a formula is imitated, not how well emotion is recognised"
    )


def test_a_derived_target_that_the_task_does_not_ask_for_is_no_matter():
    items = make_rated(soft_labels(rows()), LABELS, {"emotions": "the row's own units"})
    assert audit(items, rated_split(), HOLDOUT, target=INTENSITY).verdict == "clean"


def test_soft_labels_computed_from_the_features_show_without_being_declared():
    features = rows()
    found = audit(
        make_rated(soft_labels(features), LABELS), rated_split(), HOLDOUT, features=features
    )
    assert found.verdict == "leaky"
    assert "'emotions' is a function of the inputs: a linear rule" in found.findings[0].message


def test_one_computed_label_among_measured_ones_is_enough():
    features = rows()
    labels = soft_labels(features)
    labels[:, 1] = np.random.default_rng(1).random(len(labels))
    found = audit(make_rated(labels, LABELS), rated_split(), HOLDOUT, features=features)
    assert checks(found) == ["derived-target"]


def test_a_column_that_is_the_target_is_found():
    features = rows()
    items = make_rated(3 * features[:, 2] - 1, INTENSITY)
    found = audit(items, rated_split(), HOLDOUT, features=features)
    assert checks(found) == ["derived-target"]


@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_a_target_that_the_features_tell_well_but_not_exactly_is_honest(noise):
    features = rows()
    measured = features[:, 0] + noise * np.random.default_rng(1).standard_normal(len(features))
    found = audit(make_rated(measured, INTENSITY), rated_split(), HOLDOUT, features=features)
    assert found.verdict == "clean"


@pytest.mark.parametrize("kind", ["labels", "class"])
def test_easy_classes_are_not_taken_for_computed_ones(kind):
    """Features that tell classes apart without an error are what one hopes for."""
    features = rows()
    features[:, 0] += 10 * (np.arange(len(features)) % 2)
    easy = (features[:, 0] > 9).astype(int)
    target = Target(name="emotion", kind=kind, classes=("sad", "happy"))
    values = np.stack([1 - easy, easy], axis=1) if kind == "labels" else easy
    found = audit(make_rated(values, target), rated_split(), HOLDOUT, features=features)
    assert found.verdict == "clean"


def test_too_few_items_prove_no_rule():
    """With as many columns as items everything follows from everything."""
    features = rows(columns=100)
    items = make_rated(features[:, 0], INTENSITY)
    assert audit(items, rated_split(), HOLDOUT, features=features).verdict == "clean"


def test_rows_too_wide_for_a_rule_are_passed_over():
    features = np.tile(rows(), (1, 100))
    items = make_rated(features[:, 0], INTENSITY)
    assert audit(items, rated_split(), HOLDOUT, features=features).verdict == "clean"


def near(*pairs):
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def audit_near(pairs, *, digests=DISTINCT, labels=None, count=10, split=None):
    """An audit of groups of two items with these near-duplicates."""
    items = make_items(
        [f"g{index // 2}" for index in range(count)], labels or [1] * count, count=count
    )
    return audit(items, split or make_split(), HOLDOUT, digests=digests, near=near(*pairs))


def test_a_near_duplicate_across_the_split_is_leaky_and_names_the_pair():
    finding = only(audit_near([(0, 9), (1, 2)]), "near-duplicates")
    assert finding.severity == "leaky"
    assert finding.message == (
        "1 of 2 test items (50.0%) are near-duplicates of training or validation items"
    )
    assert (finding.items, finding.pairs) == (("i9",), (("i0", "i9"),))
    assert (finding.count, finding.share) == (1, 0.5)
    assert "remove all but one" in finding.advice


@pytest.mark.parametrize(("touched", "verdict"), [(1, "clean"), (2, "warned"), (10, "leaky")])
def test_near_duplicates_weigh_by_the_share_of_the_test_set_they_touch(touched, verdict):
    count = 400
    split = make_split(train=range(100), validation=range(100, 200), test=range(200, count))
    found = audit_near(
        [(place, 200 + place) for place in range(touched)],
        digests=[f"d{index}" for index in range(count)],
        count=count,
        split=split,
    )
    assert found.verdict == verdict
    assert only(found, "near-duplicates").count == touched


def test_near_duplicates_on_one_side_are_no_leak():
    found = audit_near([(0, 1), (8, 9)])
    assert found.verdict == "clean"
    assert only(found, "near-duplicates-within").count == 4


def test_near_duplicates_between_validation_and_training_are_a_warning():
    found = audit_near([(0, 6)])
    assert found.verdict == "warned"
    assert only(found, "near-duplicates-validation").items == ("i6",)


def test_an_exact_duplicate_is_not_told_again_as_a_near_one():
    found = audit_near([(0, 9)], digests=(*DISTINCT[:9], "digest0"))
    assert [finding.check for finding in found.findings] == ["duplicates"]


@pytest.mark.parametrize(("other", "severity"), [(1, "info"), (2, "warned")])
def test_near_duplicates_of_different_classes_are_told_and_weigh_across_groups(other, severity):
    finding = only(audit_near([(0, other)], labels=[0] + [1] * 9), "conflicting-labels-near")
    assert finding.pairs == (("i0", f"i{other}"),)
    assert finding.severity == severity


def test_a_corpus_that_is_in_twice_is_told_whatever_the_split():
    finding = only(
        audit_near([], digests=[f"d{index // 2}" for index in range(10)]), "copied-corpus"
    )
    assert finding.severity == "warned"
    assert finding.message == (
        "10 of 10 items (100.0%) have an exact copy: the corpus is in here more than once"
    )
