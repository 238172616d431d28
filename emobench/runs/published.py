"""The published record: one run in one small file, with all that it takes to check its scores.

`PUBLISHED` rises when the format changes; files of every earlier number stay readable.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn, cast

import numpy as np

from emobench.api import Target, unknown_name
from emobench.api.errors import DataError
from emobench.runs.codec import record_from_plain, record_to_plain
from emobench.runs.columns import (
    exact_type,
    pack_names,
    pack_numbers,
    pack_plain,
    unpack_names,
    unpack_numbers,
    unpack_plain,
)
from emobench.runs.readers import Unreadable
from emobench.runs.record import Record
from emobench.runs.shared_parts import RecordReader, canonical

PUBLISHED = 1
KEYS = ("published", "record", "history", "predictions", "sha256")
TARGET_KEYS = ("kind", "classes", "truth", "probabilities")
PREDICTION_KEYS = ("items", "groups", "targets")
KINDS = ("class", "labels", "distribution", "number")
FIT_FOR_A_FOLDER = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
WRITTEN = re.compile(
    r'\{\n"published": 1,\n"record": (?P<record>.*),\n"history": "(?P<history>[A-Za-z0-9+/=]*)",\n'
    r'"predictions": (?P<predictions>.*),\n"sha256": "(?P<sha256>[0-9a-f]{64})"\n\}\n'
)
"""A file as `published_to_text` writes it."""

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetPredictions:
    """What was predicted of one target, beside the truth; both in the order of the items.

    `number_type` is the type in which the probabilities are stored.
    """

    target: Target
    probabilities: np.ndarray
    truth: np.ndarray
    number_type: str = "<f8"


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """The test set's predictions after post-processing; `groups` is empty where a set has none."""

    items: tuple[str, ...]
    groups: tuple[str, ...]
    targets: tuple[TargetPredictions, ...]

    @cached_property
    def questions(self) -> str:
        """A hash of what was asked: items, groups and truth, whatever was answered."""
        digest = hashlib.sha256(_asked(self.items, self.groups))
        for one in self.targets:
            digest.update(json.dumps([one.target.name, one.target.classes]).encode())
            digest.update(np.ascontiguousarray(one.truth).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, kw_only=True, eq=False)
class Published:
    """One published run. `history` holds its epochs as columns; a failed run has no predictions.

    `sha256` is the hash of the file's content, empty before there is one.
    """

    record: Record
    history: Columns = field(default_factory=dict)
    predictions: Predictions | None = None
    sha256: str = ""

    def history_rows(self) -> list[dict[str, Any]]:
        """The epochs as `history.jsonl` has them, one mapping an epoch."""
        return [
            dict(zip(self.history, cells, strict=True))
            for cells in zip(*self.history.values(), strict=True)
        ]


def place_of(record: Record) -> PurePosixPath:
    """Where the record lies below the folder of published records."""
    return PurePosixPath(folder_of(record.task.name), f"{record.id}.json")


def folder_of(task: str) -> str:
    """The name of a task's folder; a name unfit for one is replaced by its hash."""
    if FIT_FOR_A_FOLDER.fullmatch(task) and "__" not in task and len(task) <= 100:
        return task.replace("/", "__")
    return "task-" + hashlib.sha256(task.encode("utf-8", "replace")).hexdigest()[:12]


def published_to_text(published: Published) -> str:
    """The file's content: every part on one line, so that a diff shows which one changed."""
    content = _plain(published)
    lines = [f"{json.dumps(key)}: {_compact(value)}" for key, value in content.items()]
    lines.append(f'"sha256": "{_hash(content)}"')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def published_from_text(text: str | bytes, *, reader: RecordReader | None = None) -> Published:
    """Read what `published_to_text` wrote; a DataError says what is wrong with it.

    A reader that has read others of its task before is quicker.
    """
    contents = _as_written(text, reader or RecordReader()) or _with_care(text)
    if not ID_PATTERN.fullmatch(contents.record.id):
        raise DataError("record.id: letters, digits, '.', '_' and '-' only")
    return Published(
        record=contents.record,
        history=_history(unpack_plain(contents.history, where="history")),
        predictions=_predictions(contents.predictions),
        sha256=contents.sha256,
    )


def read_published(path: Path, *, reader: RecordReader | None = None) -> Published:
    """The published record in a file that lies where its id and task say it must."""
    try:
        published = published_from_text(path.read_bytes(), reader=reader)
    except OSError as error:
        raise DataError(f"it cannot be read: {error.strerror or error}") from None
    place = place_of(published.record)
    if PurePosixPath(*path.parts[-2:]) != place:
        raise DataError(f"it holds run {published.record.id}, whose place is {place}")
    return published


@dataclass(frozen=True, kw_only=True, eq=False)
class _Contents:
    """A file whose hash holds; history and predictions are still packed, and not checked."""

    record: Record
    history: object
    predictions: object
    sha256: str


def _with_care(text: str | bytes) -> _Contents:
    """The contents of any file, whoever wrote it."""
    content = _parsed(text)
    claimed = content.pop("sha256")
    try:
        actual = _hash(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"it holds a value that JSON has not: {error}") from None
    if claimed != actual:
        raise DataError(
            f"its content was changed after it was published: sha256 says {str(claimed)[:12]}, "
            f"the content has {actual[:12]}; publish the run anew with `emobench publish`"
        )
    return _Contents(
        record=record_from_plain(content["record"]),
        history=content["history"],
        predictions=content["predictions"],
        sha256=actual,
    )


def _as_written(text: str | bytes, reader: RecordReader) -> _Contents | None:
    """The contents of a file that lies just as it was written; None of any other.

    The lines' canonical JSON is put together from parts that were hashed before, so that nothing
    but the record's own figures is written anew.
    """
    try:
        lines = WRITTEN.fullmatch(text if isinstance(text, str) else text.decode("ascii"))
        if lines is None:
            return None
        record, told = reader.read(lines["record"])
        predictions = json.loads(lines["predictions"])
        answers = canonical(predictions)
    except (ValueError, RecursionError, Unreadable):
        return None
    rest = (
        f'{{"history":"{lines["history"]}","predictions":{answers},'
        f'"published":{PUBLISHED},"record":{told}}}'
    )
    actual = hashlib.sha256(rest.encode()).hexdigest()
    if actual != lines["sha256"]:
        return None
    return _Contents(
        record=record, history=lines["history"], predictions=predictions, sha256=actual
    )


def _plain(published: Published) -> dict[str, Any]:
    return {
        "published": PUBLISHED,
        "record": record_to_plain(published.record),
        "history": pack_plain({name: list(cells) for name, cells in published.history.items()}),
        "predictions": _plain_predictions(published.predictions),
    }


def _plain_predictions(predictions: Predictions | None) -> dict[str, Any] | None:
    if predictions is None:
        return None
    return {
        "items": pack_names(predictions.items),
        "groups": pack_names(predictions.groups) if predictions.groups else None,
        "targets": {
            one.target.name: {
                "kind": one.target.kind,
                "classes": list(one.target.classes),
                "truth": pack_numbers(one.truth, kind=exact_type(one.truth)),
                "probabilities": pack_numbers(one.probabilities, kind=one.number_type),
            }
            for one in predictions.targets
        },
    }


@lru_cache(maxsize=256)
def _asked(items: tuple[str, ...], groups: tuple[str, ...]) -> bytes:
    return json.dumps([items, groups]).encode()


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _hash(content: Mapping[str, Any]) -> str:
    """Of the content whatever its spaces and the order of its keys."""
    return hashlib.sha256(canonical(content).encode("ascii")).hexdigest()


def _parsed(text: str | bytes) -> dict[str, Any]:
    """The document, if it is one of ours that this version can read."""
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DataError(f"it is not valid JSON: {error}") from None
    if not isinstance(content, dict):
        raise DataError("it is no published record: expected a mapping")
    version = content.get("published")
    if type(version) is not int or version < 1:
        raise DataError("it is no published record: 'published' must be a whole number from 1")
    if version > PUBLISHED:
        raise DataError(
            f"it was published by a newer emobench (format {version}; this one reads up to "
            f"{PUBLISHED}); upgrade emobench to read it"
        )
    _check_keys(content, KEYS, "the file")
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _check_keys(value: object, keys: Sequence[str], where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{where}: expected a mapping")
    for key in value:
        if key not in keys:
            raise DataError(f"{where}: {unknown_name('field', key, keys)}")
    for key in keys:
        if key not in value:
            raise DataError(f"{where}: the field '{key}' is missing")
    return value


def _history(value: object) -> dict[str, list[Any]]:
    if not isinstance(value, dict) or not all(isinstance(cells, list) for cells in value.values()):
        raise DataError("history: expected one list a column")
    lengths = {len(cells) for cells in value.values()}
    if len(lengths) > 1:
        raise DataError("history: its columns must all have one length, a cell an epoch")
    if value and "epoch" not in value:
        raise DataError("history: the column 'epoch' is missing")
    return value


def _predictions(value: object) -> Predictions | None:
    if value is None:
        return None
    fields = _check_keys(value, PREDICTION_KEYS, "predictions")
    items = unpack_names(fields["items"], where="predictions.items")
    if len(set(items)) != len(items):
        raise DataError("predictions.items: an item stands there twice")
    groups: tuple[str, ...] = ()
    if fields["groups"] is not None:
        groups = unpack_names(fields["groups"], where="predictions.groups")
        _check_length(groups, items, "predictions.groups")
    if not isinstance(fields["targets"], dict) or not fields["targets"]:
        raise DataError("predictions.targets: expected one mapping a target")
    return Predictions(
        items=items,
        groups=groups,
        targets=tuple(
            _target(name, fields, items, f"predictions.targets.{name}")
            for name, fields in fields["targets"].items()
        ),
    )


def _target(name: str, value: object, items: Sequence[str], where: str) -> TargetPredictions:
    fields = _check_keys(value, TARGET_KEYS, where)
    kind, classes = fields["kind"], fields["classes"]
    if kind not in KINDS:
        raise DataError(f"{where}.kind: expected one of {', '.join(KINDS)}")
    named = isinstance(classes, list) and all(isinstance(one, str) for one in classes)
    if not named or bool(classes) is (kind == "number"):
        raise DataError(f"{where}.classes: expected names, and none for a number")
    probabilities = unpack_numbers(fields["probabilities"], where=f"{where}.probabilities")
    truth = unpack_numbers(fields["truth"], where=f"{where}.truth")
    _check_length(probabilities, items, f"{where}.probabilities")
    _check_length(truth, items, f"{where}.truth")
    if probabilities.dtype.kind != "f":
        raise DataError(f"{where}.probabilities: expected floats")
    if (truth.dtype.kind != "f") is not (kind == "class") and kind != "labels":
        raise DataError(f"{where}.truth: expected class ids for a class, floats otherwise")
    return TargetPredictions(
        target=Target(name=name, kind=cast(Any, kind), classes=tuple(classes)),
        probabilities=probabilities.astype(np.float64),
        truth=truth.astype(np.float64 if truth.dtype.kind == "f" else np.int64),
        number_type=fields["probabilities"]["type"],
    )


def _check_length(values: Sequence[Any] | np.ndarray, items: Sequence[str], where: str) -> None:
    if len(values) != len(items):
        raise DataError(f"{where}: {len(values)} values for {len(items)} items")
