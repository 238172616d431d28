"""Splits: the laws they keep and the data they refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from emobench.api import DataError, Items, ProtocolOptions, Target
from emobench.data.protocols import Split, fold_count, split_items

USES = ("grouped-kfold", "grouped-holdout", "official", "random", "augment-first")

QUICK = settings(deadline=None, max_examples=40)


def make_items(labels, groups=(), split=(), classes=None, kind="class"):
    if classes is None:
        classes = [f"c{index}" for index in range(int(np.max(labels, initial=0)) + 1)]
    return Items(
        ids=tuple(f"i{index}" for index in range(len(labels))),
        specs=(Target(name="emotion", kind=kind, classes=tuple(classes)),),
        targets={"emotion": np.asarray(labels)},
        groups=tuple(groups),
        group_name="speaker",
        split=tuple(split),
    )


def balanced(groups=10, each=8, classes=4):
    """Every group has every class; an official test part of the last two groups."""
    labels = np.tile(np.arange(classes), groups * each // classes)
    owner = np.repeat(np.arange(groups), each)
    parts = np.where(owner >= groups - 2, "test", "train")
    return make_items(labels, [f"s{group:02d}" for group in owner], parts.tolist())


@st.composite
def any_items(draw):
    """Items whose classes are spread at will over groups of any size."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=14))
    classes = draw(st.integers(2, 4))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=len(owner), max_size=len(owner)))
    parts = draw(
        st.lists(
            st.sampled_from(["train", "val", "test"]), min_size=len(owner), max_size=len(owner)
        )
    )
    names = tuple(f"c{index}" for index in range(classes))
    return make_items(labels, [f"s{group}" for group in owner], parts, classes=names)


@st.composite
def any_protocol(draw):
    return ProtocolOptions(
        use=draw(st.sampled_from(USES)),
        folds=draw(st.integers(2, 5)),
        test=draw(st.floats(0.05, 0.6)),
        validation=draw(st.floats(0.05, 0.6)),
        seed=draw(st.integers(0, 5)),
    )


def sides(split: Split):
    return split.train, split.validation, split.test


@QUICK
@given(items=any_items(), protocol=any_protocol())
def test_any_data_gives_a_partition_with_every_class_trained_or_a_data_error(items, protocol):
    try:
        split = split_items(items, protocol)
    except DataError:
        return
    assert sorted(np.concatenate(sides(split)).tolist()) == list(range(len(items)))
    assert all(len(side) and side.dtype == np.int64 for side in sides(split))
    labels = items.targets["emotion"]
    assert set(labels[split.train]) == set(labels)


@QUICK
@given(items=any_items(), protocol=any_protocol())
def test_grouped_protocols_never_share_a_group(items, protocol):
    protocol = protocol.replace(use="grouped-holdout" if protocol.seed % 2 else "grouped-kfold")
    try:
        split = split_items(items, protocol)
    except DataError:
        return
    train, validation, test = ({items.groups[index] for index in side} for side in sides(split))
    assert train.isdisjoint(validation)
    assert train.isdisjoint(test)
    assert validation.isdisjoint(test)


@QUICK
@given(protocol=any_protocol())
def test_the_same_protocol_gives_the_same_split(protocol):
    first, second = (split_items(balanced(), protocol) for _ in range(2))
    for one, other in zip(sides(first), sides(second), strict=True):
        np.testing.assert_array_equal(one, other)


@settings(deadline=None, max_examples=15)
@given(folds=st.integers(2, 8), seed=st.integers(0, 20), each=st.integers(1, 3))
def test_the_test_sets_of_all_folds_partition_the_items(folds, seed, each):
    items = balanced(groups=12, each=4 * each)
    protocol = ProtocolOptions(use="grouped-kfold", folds=folds, seed=seed)
    tests = [split_items(items, protocol, fold=fold).test for fold in range(fold_count(protocol))]
    assert sorted(np.concatenate(tests).tolist()) == list(range(len(items)))


@pytest.mark.parametrize("use", ["grouped-kfold", "grouped-holdout", "random", "augment-first"])
def test_another_seed_gives_another_test_set(use):
    tests = {
        tuple(split_items(balanced(), ProtocolOptions(use=use, seed=seed)).test)
        for seed in range(5)
    }
    assert len(tests) > 1


def test_folds_are_even_in_size_and_class_as_scikit_learn_makes_them():
    from sklearn.model_selection import StratifiedGroupKFold

    random = np.random.default_rng(3)
    owner = np.repeat(np.arange(40), random.integers(4, 30, 40))
    labels = random.choice(4, len(owner), p=[0.5, 0.25, 0.15, 0.1])
    items = make_items(labels, [f"s{group:02d}" for group in owner])
    protocol = ProtocolOptions(use="grouped-kfold", folds=5)
    ours = [split_items(items, protocol, fold=fold).test for fold in range(5)]
    theirs = [
        test
        for _, test in StratifiedGroupKFold(5, shuffle=True, random_state=0).split(
            labels, labels, owner
        )
    ]

    def spread(tests):
        """Chi-square of the class counts against folds that are all alike."""
        table = np.array([np.bincount(labels[test], minlength=4) for test in tests])
        alike = np.broadcast_to(table.mean(axis=0), table.shape)
        return chisquare(table, alike, axis=None).statistic

    assert spread(ours) <= spread(theirs)
    assert np.ptp([len(test) for test in ours]) <= 0.1 * len(items) / 5


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_a_holdout_holds_out_the_share_asked_for(share):
    split = split_items(
        balanced(groups=40), ProtocolOptions(use="grouped-holdout", test=share, validation=share)
    )
    assert len(split.test) / 320 == pytest.approx(share, abs=0.025)
    assert len(split.validation) / (320 - len(split.test)) == pytest.approx(share, abs=0.03)


def test_a_random_split_keeps_the_class_shares():
    labels = np.repeat([0, 1, 2], [200, 100, 50])
    split = split_items(make_items(labels), ProtocolOptions(use="random", test=0.2))
    assert np.bincount(labels[split.test]).tolist() == [40, 20, 10]


def test_a_number_is_split_evenly_over_its_range():
    values = np.linspace(0, 1, 100)
    items = make_items(values, classes=(), kind="number")
    split = split_items(items, ProtocolOptions(use="random", test=0.2))
    assert np.histogram(values[split.test], bins=5, range=(0, 1))[0].tolist() == [4] * 5


def test_the_official_split_is_followed_by_any_common_spelling():
    items = make_items([0, 1] * 3, split=["Training", "train", "PublicTest", "val", "TEST", "test"])
    split = split_items(items, ProtocolOptions(use="official"))
    assert [side.tolist() for side in sides(split)] == [[0, 1], [2, 3], [4, 5]]


def test_an_official_split_without_validation_takes_it_from_training_groups_and_says_so():
    items = balanced()
    split = split_items(items, ProtocolOptions(use="official"))
    train, validation = ({items.groups[i] for i in side} for side in sides(split)[:2])
    assert train.isdisjoint(validation)
    assert {items.groups[i] for i in split.test} == {"s08", "s09"}
    assert split.warnings == (
        "the official split has no validation part: it was taken from training speakers",
    )


def test_a_class_missing_from_one_test_fold_is_a_warning():
    labels = [0, 1, 2, 0, 1, 2] + [0, 1] * 6
    groups = ["a"] * 3 + ["b"] * 3 + [f"g{index}" for index in range(6) for _ in range(2)]
    protocol = ProtocolOptions(use="grouped-kfold", folds=4)
    warned = [
        fold
        for fold in range(4)
        if "the test set holds no item of class 'c2'"
        in split_items(make_items(labels, groups), protocol, fold=fold).warnings
    ]
    assert len(warned) >= 2


def test_a_holdout_keeps_the_only_group_of_a_class_in_training():
    labels = [0, 1] * 20 + [2, 2]
    groups = [f"g{index // 4}" for index in range(40)] + ["g0", "g0"]
    for seed in range(10):
        protocol = ProtocolOptions(use="grouped-holdout", test=0.4, seed=seed)
        split = split_items(make_items(labels, groups), protocol)
        assert 40 in split.train


HOLDOUT = ProtocolOptions(use="grouped-holdout")


@pytest.mark.parametrize(
    ("items", "protocol", "message"),
    [
        (make_items([]), HOLDOUT, "the dataset is empty: it holds no item"),
        (make_items([0, 1] * 4), HOLDOUT, "the dataset knows none; say where they are found"),
        (make_items([0, 1] * 4, ["a"] * 8), HOLDOUT, "all 8 items are of one speaker ('a')"),
        (
            make_items([0, 1] * 4, ["a", "b"] * 4),
            HOLDOUT,
            "two speakers (a, b), but train, validation and test need one each",
        ),
        (
            make_items([0, 1] * 4, ["a", ""] * 4),
            HOLDOUT,
            "4 of 8 items have no speaker: i1, i3, i5, i7",
        ),
        (
            balanced(groups=3),
            ProtocolOptions(use="grouped-kfold"),
            "5 folds need at least 5 speakers, the dataset has 3 (s00, s01, s02); set "
            "protocol.folds to 3 or fewer",
        ),
        (
            make_items([0, 1, 0, 1, 2, 2] * 3, [f"g{i}" for i in range(18)], classes=tuple("abcd")),
            HOLDOUT,
            "no item is of class 'd'; the classes found are 'a', 'b', 'c'",
        ),
        (
            make_items([0, 1, 0, 1, 2], list("abcde")),
            HOLDOUT,
            "class 'c2' has a single item",
        ),
        (make_items([0] * 6, list("abcdef")), HOLDOUT, "has 1 class (c0); recognition needs"),
        (
            make_items([0, 0, 1, 1, 2, 2], list("aabbcc")),
            HOLDOUT,
            "is absent from the training items, because it occurs in too few groups",
        ),
        (make_items([0, 1] * 4), ProtocolOptions(use="official"), "this one has none"),
        (
            make_items([0, 1] * 2, split=["train", "train", "tset", "test"]),
            ProtocolOptions(use="official"),
            "unknown part of the official split 'tset'; did you mean 'test'?",
        ),
        (
            make_items([0, 1] * 2, split=["train"] * 4),
            ProtocolOptions(use="official"),
            "the official split has no test items; it names: train",
        ),
        (make_items([0, 9], classes=("a", "b")), HOLDOUT, "class ids from 0 to 9, but 2 classes"),
        (
            make_items([0.5, np.nan], classes=(), kind="number"),
            HOLDOUT,
            "target 'emotion' is not a finite number for item 'i1'",
        ),
        (
            make_items([0, 1] * 2, ["a", "b"]),
            HOLDOUT,
            "the dataset gives 2 groups for 4 items",
        ),
    ],
)
def test_data_that_cannot_be_split_are_refused_with_advice(items, protocol, message):
    with pytest.raises(DataError) as caught:
        split_items(items, protocol)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        (
            ProtocolOptions(use="grouped-kfold"),
            "no fold 7: protocol 'grouped-kfold' has folds 0 to 4",
        ),
        (ProtocolOptions(use="random"), "no fold 7: protocol 'random' has only fold 0"),
    ],
)
def test_an_unknown_fold_is_refused(protocol, message):
    with pytest.raises(DataError, match=message):
        split_items(balanced(), protocol, fold=7)


def test_an_unknown_target_is_refused_with_a_suggestion():
    with pytest.raises(DataError, match="unknown target 'emotoin'; did you mean 'emotion'"):
        split_items(balanced(), HOLDOUT, target=Target(name="emotoin", kind="class"))


def test_a_rare_label_of_several_is_a_warning_not_an_error():
    matrix = np.tile([[1, 0, 0], [0, 1, 0]], (10, 1))
    items = make_items(
        matrix, [f"g{i // 2}" for i in range(20)], classes=("a", "b", "c"), kind="labels"
    )
    assert split_items(items, HOLDOUT).warnings == ("no item has the label 'c'",)


def test_notes_of_a_dataset_are_told_with_its_split():
    items = replace(balanced(), notes=("3 clips were left out",))
    split = split_items(items, ProtocolOptions(use="grouped-kfold"))
    assert split.warnings == ("3 clips were left out",)
