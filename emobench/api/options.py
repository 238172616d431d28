"""Typed options: one annotated line gives validation, help, JSON Schema and the search range.

Frozen, strict (unknown keys and wrong types are faults, all reported at once) and light to
import: `emobench check` has 0.3 s for everything (docs/decisions/0001-own-options.md).
"""

from __future__ import annotations

import math
import operator
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, Union

from emobench.api.errors import UsageError, unknown_name

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "required"})()


@dataclass(frozen=True)
class Search:
    """The range or choices worth searching for an option: `Annotated[float, Search(0.05, 0.8)]`."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a number, or the length of a sequence, must satisfy."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    min_length: int | None = None

    def broken_by(self, value: object) -> str | None:
        """Say which bound `value` breaks, or None; sequences are judged item by item."""
        if isinstance(value, tuple):
            if self.min_length is not None and len(value) < self.min_length:
                return f"needs at least {self.min_length} item(s), got {len(value)}"
            return next((word for item in value if (word := self.broken_by(item))), None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not math.isfinite(value):
            return f"must be a finite number, got {value}"
        for limit, holds, words in (
            (self.gt, operator.gt, "greater than"),
            (self.ge, operator.ge, "at least"),
            (self.lt, operator.lt, "less than"),
            (self.le, operator.le, "at most"),
        ):
            if limit is not None and not holds(value, limit):
                return f"must be {words} {limit:g}, got {value:g}"
        return None


@dataclass(frozen=True, kw_only=True)
class _FieldInfo:
    default: Any
    bounds: Bounds
    description: str


def Field(  # noqa: N802 - reads as a declaration, like dataclasses.field
    default: Any = MISSING,
    *,
    description: str,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
) -> Any:
    """Declare an option's default, bounds and one-line description."""
    bounds = Bounds(gt=gt, ge=ge, lt=lt, le=le, min_length=min_length)
    return _FieldInfo(default=default, bounds=bounds, description=description)


@dataclass(frozen=True, kw_only=True)
class OptionField:
    """One option as help, schema and sweeps see it."""

    name: str
    type: Any
    default: Any
    bounds: Bounds
    description: str
    search: Search | None

    @property
    def required(self) -> bool:
        """Whether a recipe must give it."""
        return self.default is MISSING

    @property
    def type_name(self) -> str:
        """The type in words a YAML author knows."""
        return describe_type(self.type)


@dataclass(frozen=True, kw_only=True)
class OptionFault:
    """One wrong option: the path to it below the block (keys and indices), and what is wrong."""

    path: tuple[str | int, ...]
    message: str
    at_key: bool = False


class Options:
    """Base of every component's options; subclass it and annotate fields with `Field`."""

    _fields: ClassVar[tuple[OptionField, ...] | None] = None

    def __init_subclass__(cls) -> None:
        cls._fields = None

    def __init__(self, **values: Any) -> None:
        faults = type(self)._fill(self, values)
        if faults:
            lines = "; ".join(
                f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in faults
            )
            raise UsageError(f"{type(self).__name__}: {lines}")

    @classmethod
    def fields(cls) -> tuple[OptionField, ...]:
        """Every option in order of declaration, base classes first."""
        if cls._fields is None:
            cls._fields = tuple(_collect_fields(cls))
        return cls._fields

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> tuple[Self | None, list[OptionFault]]:
        """Build from plain YAML values; returns the options, or None and every fault."""
        options = object.__new__(cls)
        faults = cls._fill(options, values)
        return (None if faults else options), faults

    @classmethod
    def _fill(cls, options: Options, values: Mapping[str, Any]) -> list[OptionFault]:
        fields = {field.name: field for field in cls.fields()}
        faults = [
            OptionFault(path=(key,), message=unknown_name("option", str(key), fields), at_key=True)
            for key in values
            if key not in fields
        ]
        for name, field in fields.items():
            if name not in values:
                if field.required:
                    faults.append(OptionFault(path=(), message=f"option '{name}' is required"))
                else:
                    object.__setattr__(options, name, field.default)
                continue
            value, wrong = convert(field.type, values[name], path=(name,))
            broken = None if wrong else field.bounds.broken_by(value)
            if broken:
                wrong = [OptionFault(path=(name,), message=broken)]
            faults += wrong
            object.__setattr__(options, name, value)
        if not faults:
            faults = [OptionFault(path=(), message=word) for word in options.conflicts()]
        return faults

    def conflicts(self) -> list[str]:
        """Override to refuse combinations of options: one message for each."""
        return []

    def dump(self) -> dict[str, Any]:
        """Plain values (lists, dicts, scalars), ready for YAML, JSON and hashing."""
        return {field.name: _plain(getattr(self, field.name)) for field in self.fields()}

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """JSON Schema for these options, closed to unknown keys."""
        properties = {}
        for field in cls.fields():
            schema = _schema(field.type, field.bounds)
            schema["description"] = field.description
            if not field.required:
                schema["default"] = _plain(field.default)
            properties[field.name] = schema
        required = [field.name for field in cls.fields() if field.required]
        schema = {"type": "object", "additionalProperties": False, "properties": properties}
        return {**schema, "required": required} if required else schema

    def replace(self, **changes: Any) -> Self:
        """A copy with some options changed, validated anew."""
        return type(self)(**{**self.dump(), **changes})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; use replace({name}=...)")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), repr(self)))

    def __repr__(self) -> str:
        inside = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in self.fields())
        return f"{type(self).__name__}({inside})"


class NoOptions(Options):
    """For components that take none."""


def _collect_fields(cls: type[Options]) -> list[OptionField]:
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = []
    for name, hint in hints.items():
        if name.startswith("_") or typing.get_origin(hint) is ClassVar:
            continue
        search = None
        if typing.get_origin(hint) is typing.Annotated:
            base, *extras = typing.get_args(hint)
            search = next((extra for extra in extras if isinstance(extra, Search)), None)
            hint = base
        info = getattr(cls, name, MISSING)
        if not isinstance(info, _FieldInfo):
            raise TypeError(f"{cls.__name__}.{name}: declare it with Field(..., description=...)")
        fields.append(
            OptionField(
                name=name,
                type=hint,
                default=info.default,
                bounds=info.bounds,
                description=info.description,
                search=search,
            )
        )
    return fields


def convert(hint: Any, value: Any, *, path: tuple[str | int, ...]) -> tuple[Any, list[OptionFault]]:
    """Check one plain value against a type; sequences become tuples, nothing else is coerced."""
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return _convert_union(hint, value, path)
    if origin is Literal:
        return _convert_literal(hint, value, path)
    if origin is tuple:
        return _convert_tuple(hint, value, path)
    if origin is dict:
        return _convert_dict(hint, value, path)
    if isinstance(hint, type) and issubclass(hint, Options):
        return _convert_options(hint, value, path)
    if _is_scalar(hint, value):
        return (float(value) if hint is float else value), []
    return value, [_mismatch(hint, value, path)]


def _is_scalar(hint: Any, value: object) -> bool:
    if hint is Any:
        return True
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _convert_union(
    hint: Any, value: Any, path: tuple[str | int, ...]
) -> tuple[Any, list[OptionFault]]:
    for choice in typing.get_args(hint):
        converted, wrong = convert(choice, value, path=path)
        if not wrong:
            return converted, []
    return value, [_mismatch(hint, value, path)]


def _convert_literal(
    hint: Any, value: Any, path: tuple[str | int, ...]
) -> tuple[Any, list[OptionFault]]:
    choices = typing.get_args(hint)
    if any(type(value) is type(choice) and value == choice for choice in choices):
        return value, []
    if isinstance(value, str):
        return value, [
            OptionFault(path=path, message=unknown_name("value", value, map(str, choices)))
        ]
    return value, [_mismatch(hint, value, path)]


def _convert_tuple(
    hint: Any, value: Any, path: tuple[str | int, ...]
) -> tuple[Any, list[OptionFault]]:
    if not isinstance(value, list | tuple):
        return value, [_mismatch(hint, value, path)]
    inner = typing.get_args(hint)
    repeated = len(inner) == 2 and inner[1] is Ellipsis
    if not repeated and len(value) != len(inner):
        return value, [
            OptionFault(path=path, message=f"needs {len(inner)} items, got {len(value)}")
        ]
    items, faults = [], []
    for index, item in enumerate(value):
        converted, wrong = convert(
            inner[0] if repeated else inner[index], item, path=(*path, index)
        )
        items.append(converted)
        faults += wrong
    return tuple(items), faults


def _convert_dict(
    hint: Any, value: Any, path: tuple[str | int, ...]
) -> tuple[Any, list[OptionFault]]:
    if not isinstance(value, Mapping):
        return value, [_mismatch(hint, value, path)]
    _, inner = typing.get_args(hint)
    result, faults = {}, []
    for key, item in value.items():
        result[str(key)], wrong = convert(inner, item, path=(*path, str(key)))
        faults += wrong
    return result, faults


def _convert_options(
    hint: type[Options], value: Any, path: tuple[str | int, ...]
) -> tuple[Any, list[OptionFault]]:
    if isinstance(value, hint):
        return value, []
    if not isinstance(value, Mapping):
        return value, [_mismatch(hint, value, path)]
    options, faults = hint.parse(value)
    return options, [
        OptionFault(path=(*path, *fault.path), message=fault.message, at_key=fault.at_key)
        for fault in faults
    ]


def _mismatch(hint: Any, value: object, path: tuple[str | int, ...]) -> OptionFault:
    shown = "nothing" if value is None else f"{_value_kind(value)} {_shorten(value)}"
    return OptionFault(path=path, message=f"expected {describe_type(hint)}, got {shown}")


def _value_kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "mapping"
    if isinstance(value, list | tuple):
        return "list"
    return {"str": "text", "int": "number", "float": "number", "bool": "truth value"}.get(
        type(value).__name__, type(value).__name__
    )


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def describe_type(hint: Any) -> str:
    """A type in words a YAML author knows: 'number', 'list of whole numbers', ..."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(describe_type(choice) for choice in inner)
    if origin is Literal:
        return "one of " + ", ".join(map(str, inner))
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return f"list of {describe_type(inner[0])}s"
        return "[" + ", ".join(describe_type(item) for item in inner) + "]"
    if origin is dict:
        return f"mapping to {describe_type(inner[1])}s"
    names = {float: "number", int: "whole number", str: "text", bool: "true or false"}
    if hint in names:
        return names[hint]
    if hint is type(None):
        return "null"
    return "mapping" if isinstance(hint, type) and issubclass(hint, Options) else str(hint)


def _schema(hint: Any, bounds: Bounds) -> dict[str, Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(choice, bounds) for choice in inner]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is tuple:
        schema: dict[str, Any] = {"type": "array"}
        if len(inner) == 2 and inner[1] is Ellipsis:
            schema["items"] = _schema(inner[0], bounds)
            if bounds.min_length is not None:
                schema["minItems"] = bounds.min_length
        else:
            schema["prefixItems"] = [_schema(item, bounds) for item in inner]
            schema["minItems"] = schema["maxItems"] = len(inner)
        return schema
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(inner[1], bounds)}
    if isinstance(hint, type) and issubclass(hint, Options):
        return hint.json_schema()
    if hint in (float, int):
        limits = {
            "exclusiveMinimum": bounds.gt,
            "minimum": bounds.ge,
            "exclusiveMaximum": bounds.lt,
            "maximum": bounds.le,
        }
        kept = {key: limit for key, limit in limits.items() if limit is not None}
        return {"type": "number" if hint is float else "integer", **kept}
    plain = {str: "string", bool: "boolean", type(None): "null"}
    return {"type": plain[hint]} if hint in plain else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Options):
        return value.dump()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
