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


_KINDS: dict[Read, type] = {_number: float}
"""The type that a reader takes as it is, so that a whole list of it is looked at at once."""


def _scalar(kind: type) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise Unreadable
        return value

    _KINDS[read] = kind
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
    kind = _KINDS.get(inner)

    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise Unreadable
        if kind is not None and set(map(type, value)) <= {kind}:
            return tuple(value)
        return tuple([inner(one) for one in value])

    return read


def _exactly(inner: tuple[Read, ...]) -> Read:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != len(inner):
            raise Unreadable
        return tuple([one(item) for one, item in zip(inner, value, strict=True)])

    return read


def _mapping(inner: Read) -> Read:
    kind = _KINDS.get(inner)

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Unreadable
        if inner is _as_it_is or (kind is not None and set(map(type, value.values())) <= {kind}):
            return value
        return {key: inner(one) for key, one in value.items()}

    return read


@cache
def field_readers(owner: type) -> dict[str, Read]:
    """What reads each field of a dataclass."""
    return {name: reader(hint) for name, hint in typing.get_type_hints(owner).items()}


@cache
def builder(owner: type) -> Read:
    """What makes one of a dataclass from its fields, read; raises Unreadable where one lacks."""
    fields = dataclasses.fields(owner)
    needed = frozenset(one.name for one in fields if "since" not in one.metadata)
    plain = {one.name: one.default for one in fields if one.default is not dataclasses.MISSING}
    made = {
        one.name: one.default_factory
        for one in fields
        if one.default_factory is not dataclasses.MISSING
    }
    # These have nothing to say when they are made, and a frozen one's own way is slow.
    assert not hasattr(owner, "__post_init__")

    def build(found: dict[str, Any]) -> Any:
        if needed - found.keys():
            raise Unreadable
        if len(found) < len(fields):
            found = {**plain, **{name: make() for name, make in made.items()}, **found}
        one: Any = object.__new__(owner)
        one.__dict__.update(found)
        return one

    return build


def _fields(owner: type) -> Read:
    readers, build = field_readers(owner), builder(owner)

    def read(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= readers.keys():
            raise Unreadable
        return build({name: readers[name](one) for name, one in value.items()})

    return read
