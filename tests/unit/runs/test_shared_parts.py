"""Records that were read quickly are those that are read with care, and nothing else passes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from emobench.api import DataError
from emobench.runs import published as room
from emobench.runs.codec import record_from_plain, record_to_plain
from emobench.runs.published import Published, published_from_text, published_to_text
from emobench.runs.readers import Unreadable
from emobench.runs.record import Record
from emobench.runs.shared_parts import RecordReader, canonical

Publish = Callable[..., Published]


def written(record: Record) -> str:
    return json.dumps(record_to_plain(record), separators=(",", ":"))


def test_it_reads_what_careful_reading_reads(published: Publish) -> None:
    reader = RecordReader()
    for state in ("", "collapsed", "failed", "diverged"):
        text = written(published(state=state).record)
        record, told = reader.read(text)
        assert record == record_from_plain(json.loads(text))
        assert told == canonical(json.loads(text))


def test_records_share_what_they_have_alike(published: Publish) -> None:
    reader = RecordReader()
    first, _ = reader.read(written(published(seed=0).record))
    second, _ = reader.read(written(published(seed=1).record))
    assert second.recipe is first.recipe
    assert second.task is first.task
    assert (first.seed, second.seed) == (0, 1)


def test_a_part_that_begins_like_the_one_before_is_read_anew(published: Publish) -> None:
    reader = RecordReader()
    text = written(published().record)
    first, _ = reader.read(text)
    longer = json.loads(text)
    longer["recipe"]["zz"] = 1
    longer["seed"] = int(f"{first.seed + 1}0")
    second, _ = reader.read(json.dumps(longer, separators=(",", ":")))
    assert second.recipe == {**first.recipe, "zz": 1}
    assert second.seed == longer["seed"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seed":0', '"seed":0,"seed":0'),
        ('"seed":0', '"seed": 0'),
        ('"seed":0', '"sed":0'),
        ('"seed":0', '"seed":"0"'),
        ('"seed":0', '"seed":0,'),
        ('"train_s":30.0', '"train_s":NaN'),
        ('"train_s":30.0', '"train_s":1e999'),
        ('"schema":3', '"schema":true'),
        ('"schema":3', '"schema":99'),
    ],
)
def test_what_is_written_otherwise_is_left_to_careful_reading(
    published: Publish, old: str, new: str
) -> None:
    text = written(published().record)
    assert old in text
    with pytest.raises(Unreadable):
        RecordReader().read(text.replace(old, new))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id"', '{"id":', "[" * 100_000, '{"id":"a"}'])
def test_what_is_no_record_is_left_to_careful_reading(text: str) -> None:
    with pytest.raises(Unreadable):
        RecordReader().read(text)


def test_our_own_files_need_no_careful_reading(
    published: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [published_to_text(published(seed=seed)) for seed in (0, 1)]
    monkeypatch.setattr(room, "_with_care", lambda _: pytest.fail("read with care"))
    reader = RecordReader()
    for text in texts:
        back = published_from_text(text.encode(), reader=reader)
        assert published_to_text(back) == text


def test_a_shared_part_does_not_hide_a_change(published: Publish) -> None:
    reader = RecordReader()
    text = published_to_text(published())
    published_from_text(text, reader=reader)
    assert text.count('"fingerprint":"') == 1
    with pytest.raises(DataError, match="its content was changed after it was published"):
        published_from_text(text.replace('"fingerprint":"', '"fingerprint":"x'), reader=reader)


def test_a_file_with_other_line_ends_is_the_same(published: Publish) -> None:
    text = published_to_text(published())
    back = published_from_text(text.replace("\n", "\r\n"))
    assert published_to_text(back) == text
