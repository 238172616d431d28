"""Tables and decoded items that a dataset must not give, each refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emobench.api import Items, Target
from emobench.testing.dataset_rows import assert_item_is_promised, assert_table_is_whole

EMOTION = Target(name="emotion", kind="class", classes=("happy", "sad"))
IDS = np.array([0, 1, 1])
WHOLE = Items(
    ids=("a", "b", "c"),
    specs=(EMOTION,),
    targets={"emotion": IDS},
    groups=("ann", "ann", "bob"),
    fields={"take": ("1", "2", "1")},
)


def of_kind(kind: Any, values: list[Any]) -> dict[str, Any]:
    return {
        "specs": (replace(EMOTION, kind=kind),),
        "targets": {"emotion": np.array(values)},
    }


def test_a_whole_table_passes() -> None:
    assert_table_is_whole(WHOLE)


@pytest.mark.parametrize(
    "changes",
    [
        of_kind("labels", [[0, 1], [0, 0], [1, 1]]),
        {**of_kind("labels", [[0.2, 1], [0, 0], [0.7, 1]]), "derived": {"emotion": "the row"}},
        of_kind("distribution", [[0.5, 0.5], [3, 0], [0, 0.1]]),
        {**of_kind("number", [0.1, -3.0, 2.0]), "specs": (Target(name="emotion", kind="number"),)},
        {"groups": (), "split": ("train", "test", "train"), "fields": {}},
    ],
)
def test_every_kind_of_target_passes(changes: dict[str, Any]) -> None:
    assert_table_is_whole(replace(WHOLE, **changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ids": (), "targets": {"emotion": IDS[:0]}}, "holds no item"),
        ({"ids": ("a", " ", "c")}, "an id is no text"),
        ({"ids": ("a", "b", "a")}, "the id 'a' stands for more than one item"),
        ({"specs": ()}, "names no target"),
        ({"targets": {"mood": IDS}}, "describes the targets emotion and gives values of mood"),
        ({"derived": {"mood": "the pixels"}}, "derived speaks of 'mood', which is no target"),
        ({"targets": {"emotion": IDS[:2]}}, "2 values for 3 items"),
        ({"targets": {"emotion": np.array([0, 1, 2])}}, "class ids run from 0 to 2 for 2 classes"),
        ({"targets": {"emotion": np.array([-1, 1, 0])}}, "class ids run from -1 to 1"),
        ({"targets": {"emotion": IDS.astype(float)}}, "whole numbers, not float64"),
        ({"targets": {"emotion": np.array([0, np.nan, 1])}}, "a value is not finite"),
        ({"specs": (replace(EMOTION, classes=("sad", "sad")),)}, "names the class 'sad' twice"),
        ({"specs": (replace(EMOTION, classes=("sad",)),)}, "has 1 classes"),
        (of_kind("labels", [[0, 2], [0, 0], [1, 1]]), "labels lie between 0 and 1"),
        (of_kind("labels", [0, 1, 1]), r"values are \(3,\), not \(3, 2\)"),
        (of_kind("distribution", [[0.5, 0.5], [0, 0], [1, 0]]), "not all of them 0"),
        (of_kind("number", [[1.0], [2.0], [3.0]]), r"numbers are \(items,\), not \(3, 1\)"),
        ({"groups": ("ann", "bob")}, "groups: 2 values for 3 items"),
        ({"groups": ("ann", "", "bob")}, "groups: 1 of 3 items have none"),
        ({"split": ("train", "test", " ")}, "split: 1 of 3 items have none"),
        ({"fields": {"take": ()}}, "field 'take': 0 values for 3 items"),
        ({"group_name": " "}, "group_name is empty"),
    ],
)
def test_a_table_at_fault_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        assert_table_is_whole(replace(WHOLE, **changes))


CLIP = np.zeros(5, dtype=np.float32)


@pytest.mark.parametrize(
    ("loaded", "told"),
    [
        (CLIP, "load gives a ndarray, not a mapping"),
        ({"image": CLIP}, "gives image, the dataset promises audio"),
        ({"audio": [0.0]}, "audio is a list, not an array"),
        ({"audio": CLIP[:0]}, "audio holds nothing"),
        ({"audio": CLIP.astype(np.int16)}, "audio is int16, not float32"),
        ({"audio": CLIP[None]}, r"audio is \(1, 5\); it must have one axis"),
        ({"audio": CLIP + np.nan}, "values that are not finite"),
        ({"audio": CLIP + 32768}, "peaks at 32768; full scale is 1"),
    ],
)
def test_a_clip_at_fault_is_told(loaded: Any, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        assert_item_is_promised(loaded, modalities=("audio",), rates={"audio": 8000}, item="a")


def test_audio_without_a_rate_is_told() -> None:
    with pytest.raises(AssertionError, match="rates say 0 for audio"):
        assert_item_is_promised({"audio": CLIP}, modalities=("audio",), rates={}, item="a")


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2)])
def test_an_image_without_its_channels_is_told(shape: tuple[int, ...]) -> None:
    loaded = {"image": np.zeros(shape, dtype=np.uint8)}
    with pytest.raises(AssertionError, match=r"not \(height, width, channels\)"):
        assert_item_is_promised(loaded, modalities=("image",), rates={}, item="a")
