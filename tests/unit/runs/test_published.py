"""A published record comes back as it was; whatever was changed in it is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emobench.api import DataError
from emobench.runs.codec import record_to_plain
from emobench.runs.columns import pack_plain
from emobench.runs.published import (
    Published,
    place_of,
    published_from_text,
    published_to_text,
    read_published,
)

Publish = Callable[..., Published]


def content(published: Published) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(published_to_text(published))
    return plain


def test_it_comes_back_as_it_was(published: Publish) -> None:
    original = published()
    back = published_from_text(published_to_text(original))
    assert record_to_plain(back.record) == record_to_plain(original.record)
    assert back.history == original.history
    assert back.predictions is not None
    assert original.predictions is not None
    assert back.predictions.items == original.predictions.items
    assert back.predictions.groups == original.predictions.groups
    (ours,), (theirs,) = original.predictions.targets, back.predictions.targets
    assert theirs.target == ours.target
    assert theirs.probabilities.tolist() == ours.probabilities.tolist()
    assert theirs.truth.tolist() == ours.truth.tolist()


def test_it_is_written_the_same_when_it_was_read(published: Publish) -> None:
    text = published_to_text(published())
    assert published_to_text(published_from_text(text)) == text


def test_a_failed_run_needs_no_predictions(published: Publish) -> None:
    text = published_to_text(published(state="failed", reason="disk full"))
    back = published_from_text(text)
    assert back.predictions is None
    assert back.record.reason == "disk full"


def test_the_hash_holds_whatever_the_order_of_keys_and_spaces(published: Publish) -> None:
    plain = content(published())
    shuffled = {key: plain[key] for key in sorted(plain, reverse=True)}
    back = published_from_text(json.dumps(shuffled, indent=4))
    assert back.sha256 == plain["sha256"]


def test_history_reads_as_rows(published: Publish) -> None:
    assert published().history_rows() == [
        {"epoch": 1, "train_loss": 1.1},
        {"epoch": 2, "train_loss": 0.9},
    ]


def test_a_changed_value_breaks_the_hash(published: Publish) -> None:
    plain = content(published())
    plain["record"]["scores"]["emotion"]["metrics"]["uar"] = 0.99
    with pytest.raises(DataError, match=r"its content was changed after it was published: sha256"):
        published_from_text(json.dumps(plain))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "it is not valid JSON"),
        ("[" * 100_000, "it is not valid JSON"),
        ('{"published": NaN}', "NaN is no JSON number"),
        ("[]", "it is no published record: expected a mapping"),
        ("{}", "'published' must be a whole number from 1"),
        ('{"published": true}', "'published' must be a whole number from 1"),
        ('{"published": 99}', "published by a newer emobench .format 99; this one reads up to 1."),
        ('{"published": 1, "recrd": 2}', "unknown field 'recrd'; did you mean 'record'?"),
        ('{"published": 1}', "the field 'record' is missing"),
        (b"\xff\xfe\x00", "it is not valid JSON"),
    ],
)
def test_what_is_no_published_record_is_told_so(text: str | bytes, told: str) -> None:
    with pytest.raises(DataError, match=told):
        published_from_text(text)


def test_a_number_beyond_json_is_refused(published: Publish) -> None:
    text = published_to_text(published()).replace('"train_s":30.0', '"train_s":1e999')
    with pytest.raises(DataError, match="it holds a value that JSON has not"):
        published_from_text(text)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (["record", "seed"], "0", "record.seed: expected a whole number"),
        (["record", "id"], "../../x", "record.id: letters, digits"),
        (["history"], {}, "history: expected packed text, got dict"),
        (["history"], pack_plain([]), "history: expected one list a column"),
        (
            ["history"],
            pack_plain({"epoch": [1], "loss": []}),
            "history: its columns must all have one length",
        ),
        (["history"], pack_plain({"loss": [1]}), "history: the column 'epoch' is missing"),
        (["predictions", "groups"], 3, "predictions.groups: expected packed text"),
        (["predictions", "targets"], {}, "predictions.targets: expected one mapping a target"),
        (["predictions", "targets", "emotion", "kind"], "x", "emotion.kind: expected one of class"),
        (["predictions", "targets", "emotion", "classes"], [], "emotion.classes: expected names"),
        (["predictions", "targets", "emotion", "classes"], [1], "emotion.classes: expected names"),
    ],
)
def test_a_field_of_the_wrong_shape_is_named(
    published: Publish, path: list[str], value: object, told: str
) -> None:
    with pytest.raises(DataError, match=told):
        published_from_text(resealed(content(published()), path, value))


def resealed(plain: dict[str, Any], path: list[str], value: object) -> str:
    """The document with that value, and a hash that fits: the work of a careful stranger."""
    from emobench.runs.published import _hash

    place = plain
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    del plain["sha256"]
    return json.dumps({**plain, "sha256": _hash(plain)})


def test_an_item_may_not_stand_there_twice(published: Publish) -> None:
    whole = published()
    assert whole.predictions is not None
    items = (*whole.predictions.items[1:], whole.predictions.items[-1])
    twice = replace(whole, predictions=replace(whole.predictions, items=items))
    with pytest.raises(DataError, match="an item stands there twice"):
        published_from_text(published_to_text(twice))


def test_every_item_needs_its_group(published: Publish) -> None:
    whole = published()
    assert whole.predictions is not None
    short = replace(whole.predictions, groups=whole.predictions.groups[1:])
    with pytest.raises(DataError, match=r"predictions\.groups: 59 values for 60 items"):
        published_from_text(published_to_text(replace(whole, predictions=short)))


@pytest.mark.parametrize(
    ("task", "folder"),
    [
        ("ravdess/actors", "ravdess__actors"),
        ("tiny-table", "tiny-table"),
        ("../../etc", "task-"),
        ("a__b", "task-"),
        ("Ravdess/Actors", "task-"),
    ],
)
def test_a_record_lies_below_its_task(published: Publish, task: str, folder: str) -> None:
    place = place_of(published(task={"name": task}).record)
    assert place.parts[0].startswith(folder)
    assert place.parts[1:] == ("enhanced-fold0-seed0.json",)


def test_two_tasks_never_share_a_folder(published: Publish) -> None:
    names = ["a/b", "a__b", "A/b", "a--b", "a/b/"]
    folders = {place_of(published(task={"name": name}).record).parts[0] for name in names}
    assert len(folders) == len(names)


def test_a_file_of_another_name_than_its_run_is_refused(published: Publish, tmp_path: Path) -> None:
    path = tmp_path / "synthetic-speech__speakers" / "better.json"
    path.parent.mkdir()
    path.write_text(published_to_text(published()))
    with pytest.raises(DataError, match=r"it holds run enhanced-fold0-seed0, whose place is synth"):
        read_published(path)


def test_a_file_in_another_tasks_folder_is_refused(published: Publish, tmp_path: Path) -> None:
    path = tmp_path / "ravdess__actors" / "enhanced-fold0-seed0.json"
    path.parent.mkdir()
    path.write_text(published_to_text(published()))
    with pytest.raises(DataError, match="whose place is synthetic-speech__speakers/enhanced-fold0"):
        read_published(path)
