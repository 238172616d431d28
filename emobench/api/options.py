"""Typed options: one annotated line gives validation, help, JSON Schema and the search range.

Frozen, strict (unknown keys and wrong types are faults, all reported at once) and light to
import: `emobench check` has 0.3 s for everything (docs/decisions/0001-own-options.md).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, Union

from emobench.api.errors import PluginError, UsageError, unknown_name
from emobench.api.option_types import Bounds, describe_type, shorten, type_schema, value_kind

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "required"})()


@dataclass(frozen=True)
class Search:
    """The range or choices worth searching for an option: `Annotated[float, Search(0.05, 0.8)]`."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()


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
            faults += wrong or _out_of_bounds(field.bounds, value, (name,))
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
            schema = type_schema(field.type, field.bounds)
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

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; '{name}' cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), _hashable(vars(self))))

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
            raise _wrong(cls, name, "declare it with Field(..., description=...)")
        if hasattr(Options, name):
            raise _wrong(cls, name, "the name is taken by a method of Options")
        fields.append(
            OptionField(
                name=name,
                type=hint,
                default=_checked_default(cls, name, hint, info),
                bounds=info.bounds,
                description=info.description,
                search=search,
            )
        )
    return fields


def _checked_default(cls: type[Options], name: str, hint: Any, info: _FieldInfo) -> Any:
    """The default as a recipe's value would become: one spelling, so one identity."""
    if info.default is MISSING:
        return MISSING
    value, faults = convert(hint, info.default, path=(name,))
    faults = faults or _out_of_bounds(info.bounds, value, (name,))
    if faults:
        raise _wrong(cls, name, f"the default is wrong: {faults[0].message}")
    return value


def _wrong(cls: type[Options], name: str, why: str) -> PluginError:
    return PluginError(f"{cls.__name__}.{name}: {why} (in {cls.__module__})")


def _out_of_bounds(bounds: Bounds, value: object, path: tuple[str | int, ...]) -> list[OptionFault]:
    """Faults of a value and, item by item, of what it holds."""
    broken = bounds.broken_by(value)
    faults = [OptionFault(path=path, message=broken)] if broken else []
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            faults += _out_of_bounds(bounds, item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            faults += _out_of_bounds(bounds, item, (*path, key))
    return faults


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
    if hint is float and _is_scalar(float, value):
        try:
            return float(value), []
        except OverflowError:
            return value, [OptionFault(path=path, message="the number is too large")]
    if _is_scalar(hint, value):
        return value, []
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
    inner: list[OptionFault] = []
    for choice in typing.get_args(hint):
        converted, wrong = convert(choice, value, path=path)
        if not wrong:
            return converted, []
        if _has_shape_of(choice, value):
            inner = wrong
    if inner:
        return value, inner
    return value, [_mismatch(hint, value, path)]


def _has_shape_of(hint: Any, value: object) -> bool:
    """Whether a list meets a tuple type, or a mapping a dict or Options: then faults lie inside."""
    if isinstance(value, Mapping):
        is_options = isinstance(hint, type) and issubclass(hint, Options)
        return is_options or typing.get_origin(hint) is dict
    return isinstance(value, list | tuple) and typing.get_origin(hint) is tuple


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
    shown = "nothing" if value is None else f"{value_kind(value)} {shorten(value)}"
    return OptionFault(path=path, message=f"expected {describe_type(hint)}, got {shown}")


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    if isinstance(value, tuple | list):
        return tuple(_hashable(item) for item in value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Options):
        return value.dump()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
