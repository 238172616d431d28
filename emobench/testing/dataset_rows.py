"""What a dataset's table and its decoded items must be, stated as assertions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from emobench.api import Items, Target
from emobench.data.protocols import Split


def assert_table_is_whole(items: Items) -> None:
    """Fail unless ids, targets, groups, split and fields belong together, row by row."""
    count = len(items)
    assert count, "the table holds no item"
    assert all(type(name) is str and name.strip() for name in items.ids), "an id is no text"
    twice = _first_twice(items.ids)
    assert twice is None, f"the id '{twice}' stands for more than one item"
    assert items.specs, "the table names no target"
    named = [spec.name for spec in items.specs]
    assert sorted(named) == sorted(items.targets), (
        f"the table describes the targets {', '.join(named)} and gives values of "
        f"{', '.join(items.targets)}"
    )
    strange = sorted(set(items.derived) - set(named))
    assert not strange, (
        f"derived speaks of '{strange[0]}', which is no target: the audit would not mark what it "
        f"means; the targets are {', '.join(named)}"
    )
    for spec in items.specs:
        assert_target_is_whole(spec, np.asarray(items.targets[spec.name]), count=count)
    columns: Mapping[str, Sequence[str]] = {
        "groups": items.groups,
        "split": items.split,
        **{f"field '{name}'": column for name, column in items.fields.items()},
    }
    for name, column in columns.items():
        required = name.startswith("field")
        assert len(column) == count or not (column or required), (
            f"{name}: {len(column)} values for {count} items"
        )
    for name in ("groups", "split"):
        empty = sum(not (type(word) is str and word.strip()) for word in columns[name])
        assert not empty, f"{name}: {empty} of {count} items have none; give one to every item"
    assert len(set(items.groups)) < count or count == 1 or not items.groups, (
        f"groups: each of {count} items is a {items.group_name} of its own, so that splits by "
        "groups keep nothing apart; give no groups where none are known"
    )
    assert items.group_name.strip(), "group_name is empty; say what a group is: speaker, subject"


def assert_target_is_whole(spec: Target, values: np.ndarray, *, count: int) -> None:
    """Fail unless these are values of the target's kind, one an item."""
    name = f"target '{spec.name}'"
    assert len(values) == count, f"{name}: {len(values)} values for {count} items"
    assert np.isfinite(values.astype(np.float64)).all(), f"{name}: a value is not finite"
    if spec.kind == "number":
        assert values.shape == (count,), f"{name}: numbers are (items,), not {values.shape}"
        return
    twice = _first_twice(spec.classes)
    assert len(spec.classes) > 1, f"{name}: has {len(spec.classes)} classes, too few to tell apart"
    assert twice is None, f"{name}: names the class '{twice}' twice"
    if spec.kind == "class":
        assert values.shape == (count,), f"{name}: class ids are (items,), not {values.shape}"
        assert np.issubdtype(values.dtype, np.integer), (
            f"{name}: class ids are whole numbers, not {values.dtype}"
        )
        low, high = int(values.min()), int(values.max())
        assert 0 <= low <= high < len(spec.classes), (
            f"{name}: class ids run from {low} to {high} for {len(spec.classes)} classes"
        )
        return
    expected = (count, len(spec.classes))
    assert values.shape == expected, f"{name}: values are {values.shape}, not {expected}"
    if spec.kind == "labels":
        assert ((values >= 0) & (values <= 1)).all(), f"{name}: labels lie between 0 and 1"
        return
    sound = (values >= 0).all(axis=1) & (values.sum(axis=1) > 0)
    assert sound.all(), f"{name}: a distribution needs shares of 0 or more, not all of them 0"


def assert_item_is_promised(
    loaded: Any, *, modalities: Sequence[str], rates: Mapping[str, int], item: str
) -> None:
    """Fail unless a decoded item holds what the dataset promises, as the contract words it."""
    assert isinstance(loaded, dict), f"load gives a {type(loaded).__name__}, not a mapping"
    assert set(loaded) == set(modalities), (
        f"item '{item}' gives {', '.join(loaded) or 'nothing'}, the dataset promises "
        f"{', '.join(modalities)}"
    )
    for modality, array in loaded.items():
        what = f"item '{item}': {modality}"
        assert isinstance(array, np.ndarray), f"{what} is a {type(array).__name__}, not an array"
        assert array.size, f"{what} holds nothing"
        wanted = np.uint8 if modality == "image" else np.float32
        assert array.dtype == wanted, f"{what} is {array.dtype}, not {np.dtype(wanted)}"
        if modality == "image":
            channels = array.shape[2] if array.ndim == 3 else 0
            assert channels in (1, 3, 4), f"{what} is {array.shape}, not (height, width, channels)"
            continue
        assert array.ndim == 1, f"{what} is {array.shape}; it must have one axis"
        assert np.isfinite(array).all(), f"{what} holds values that are not finite"
        if modality == "audio":
            rate = rates.get("audio", 0)
            assert rate > 0, f"rates say {rate} for audio; give the rate in Hz, which load keeps to"
            peak = float(np.abs(array).max())
            assert peak <= 4, f"{what} peaks at {peak:g}; full scale is 1"


def assert_groups_apart(items: Items, split: Split, *, task: str) -> None:
    """Fail where one group stands on two sides of the split."""
    sides = {
        name: {items.groups[position] for position in getattr(split, name)}
        for name in ("train", "validation", "test")
    }
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        shared = sides[one] & sides[other]
        assert not shared, (
            f"task {task}: {items.group_name} '{min(shared)}' is in {one} and in {other}"
        )


def labelled_items(dataset: Any) -> Counter[tuple[bytes, str]]:
    """What every item holds with the labels it has, whatever it is called and where it stands."""
    items: Items = dataset.items()
    found: Counter[tuple[bytes, str]] = Counter()
    for index in range(len(items)):
        labels = [_label(spec, items.targets[spec.name][index]) for spec in items.specs]
        content = b"".join(array.tobytes() for array in dataset.load(index).values())
        found[content, repr(labels)] += 1
    return found


def _label(spec: Target, value: Any) -> str:
    return spec.classes[int(value)] if spec.kind == "class" else repr(np.asarray(value).tolist())


def _first_twice(names: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
