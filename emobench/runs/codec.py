"""Record to JSON and back, checked strictly field by field. No store, no numpy.

Numbers are finite or absent: a metric that is NaN or infinite is left out, anywhere else it is
a bug and raises.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NoReturn, Union

from emobench.api.errors import DataError, unknown_name
from emobench.runs.readers import Unreadable, reader
from emobench.runs.record import RECORD_SCHEMA, Record


def record_to_json(record: Record) -> str:
    """The record as an indented JSON document that ends in a newline."""
    return json.dumps(record_to_plain(record), indent=1) + "\n"


def record_to_plain(record: Record) -> dict[str, Any]:
    """The record as plain dicts, lists and scalars, fields in their order."""
    plain: dict[str, Any] = _encode(record, "record")
    return plain


def record_from_json(text: str) -> Record:
    """Read what `record_to_json` wrote; a DataError names the field that is wrong."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DataError(f"record is not valid JSON: {error}") from None
    return record_from_plain(value)


def record_from_plain(value: object) -> Record:
    """Read what `record_to_plain` gave; a DataError names the field that is wrong."""
    if not isinstance(value, dict):
        raise DataError(f"record: expected a mapping, got {_shown(value)}")
    schema = value.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise DataError("record.schema: expected a whole number from 1, the record has none")
    if schema > RECORD_SCHEMA:
        raise DataError(
            f"record.schema: written by a newer emobench (schema {schema}; this one reads up to "
            f"{RECORD_SCHEMA}); upgrade emobench to read it"
        )
    try:
        record: Record = reader(Record)(value)
    except Unreadable:
        # Only where something is wrong is it worth knowing where.
        record = _decode_fields(Record, value, "record")
    return record


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _encode(value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(value):
        return {
            field.name: _encode_field(value, field.name, f"{path}.{field.name}")
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): _encode(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_encode(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path} must be finite, got {value}")
        return float(value)
    raise TypeError(f"{path} cannot be written as JSON: {type(value).__name__}")


def _encode_field(owner: Any, name: str, path: str) -> Any:
    value = getattr(owner, name)
    owner_type: type = type(owner)
    if _hints(owner_type)[name] == Mapping[str, float]:
        value = {key: float(number) for key, number in value.items() if math.isfinite(number)}
    return _encode(value, path)


@cache
def _hints(owner: type) -> dict[str, Any]:
    return typing.get_type_hints(owner)


def _decode(hint: Any, value: Any, path: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        return _decode(next(one for one in inner if one is not type(None)), value, path)
    if origin is Literal:
        return _decode_literal(inner, value, path)
    if origin is tuple:
        return _decode_tuple(inner, value, path)
    if origin is not None:
        return _decode_mapping(inner[1], value, path)
    if dataclasses.is_dataclass(hint):
        return _decode_fields(typing.cast(type, hint), value, path)
    return _decode_scalar(hint, value, path)


def _decode_literal(choices: tuple[str, ...], value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _mismatch(path, "one of " + ", ".join(choices), value)
    if value not in choices:
        raise DataError(f"{path}: {unknown_name('value', value, choices)}")
    return value


def _decode_mapping(inner: Any, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mismatch(path, "a mapping", value)
    return {key: _decode(inner, item, f"{path}.{key}") for key, item in value.items()}


def _decode_scalar(hint: Any, value: Any, path: str) -> Any:
    accepted = (int, float) if hint is float else (hint,)
    if isinstance(value, bool) is not (hint is bool) or not isinstance(value, accepted):
        words = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}
        raise _mismatch(path, words[hint], value)
    return float(value) if hint is float else value


def _decode_tuple(inner: tuple[Any, ...], value: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _mismatch(path, "a list", value)
    if len(inner) == 2 and inner[1] is Ellipsis:
        inner = (inner[0],) * len(value)
    if len(inner) != len(value):
        raise DataError(f"{path}: expected {len(inner)} items, got {len(value)}")
    return tuple(
        _decode(hint, item, f"{path}[{index}]")
        for index, (hint, item) in enumerate(zip(inner, value, strict=True))
    )


def _decode_fields(owner: type, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise _mismatch(path, "a mapping", value)
    hints = _hints(owner)
    for key in value:
        if key not in hints:
            raise DataError(f"{path}: {unknown_name('field', key, hints)}")
    for field in dataclasses.fields(owner):
        if field.name not in value and "since" not in field.metadata:
            raise DataError(f"{path}.{field.name}: the field is missing")
    return owner(
        **{
            name: _decode(hint, value[name], f"{path}.{name}")
            for name, hint in hints.items()
            if name in value
        }
    )


def _mismatch(path: str, expected: str, value: object) -> DataError:
    return DataError(f"{path}: expected {expected}, got {_shown(value)}")


def _shown(value: object) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 60 else text[:57] + "..."
