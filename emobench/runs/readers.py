"""Readers of plain values made once for each type: they are quick and say no more than no.

`codec` reads what they refuse again, to name the field that is wrong.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, Union

Read = Callable[[Any], Any]


class Unreadable(Exception):
    """A value that is not of the type."""


@cache
def reader(hint: Any) -> Read:
    """What reads values of that type hint, and raises Unreadable for others."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return _as_it_is
    if origin in (Union, types.UnionType):
        return _optional(reader(next(one for one in inner if one is not type(None))))
    if origin is Literal:
        return _choice(frozenset(inner))
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return _many(reader(inner[0]))
        return _exactly(tuple(map(reader, inner)))
    if origin is not None:
        return _mapping(reader(inner[1]))
    if dataclasses.is_dataclass(hint):
        return _fields(typing.cast(type, hint))
    return _number if hint is float else _scalar(hint)


def _as_it_is(value: Any) -> Any:
    return value


def _number(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    raise Unreadable


def _scalar(kind: type) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise Unreadable
        return value

    return read


def _optional(inner: Read) -> Read:
    return lambda value: None if value is None else inner(value)


def _choice(choices: frozenset[str]) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not str or value not in choices:
            raise Unreadable
        return value

    return read


def _many(inner: Read) -> Read:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise Unreadable
        return tuple([inner(one) for one in value])

    return read


def _exactly(inner: tuple[Read, ...]) -> Read:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != len(inner):
            raise Unreadable
        return tuple([one(item) for one, item in zip(inner, value, strict=True)])

    return read


def _mapping(inner: Read) -> Read:
    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Unreadable
        return value if inner is _as_it_is else {key: inner(one) for key, one in value.items()}

    return read


def _fields(owner: type) -> Read:
    hints = typing.get_type_hints(owner)
    readers = {name: reader(hint) for name, hint in hints.items()}
    needed = frozenset(
        field.name for field in dataclasses.fields(owner) if "since" not in field.metadata
    )

    def read(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= readers.keys() or needed - value.keys():
            raise Unreadable
        return owner(**{name: readers[name](one) for name, one in value.items()})

    return read
