"""An option's type: its bounds, its name in words a YAML author knows, its JSON Schema."""

from __future__ import annotations

import math
import operator
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a number, or the length of a sequence, must satisfy."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    min_length: int | None = None

    def broken_by(self, value: object) -> str | None:
        """Say which bound a number, or a sequence's length, breaks; None where all hold."""
        if isinstance(value, tuple):
            if self.min_length is not None and len(value) < self.min_length:
                return f"needs at least {self.min_length} item(s), got {len(value)}"
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return f"must be a finite number, got {value}"
        for limit, holds, words in (
            (self.gt, operator.gt, "greater than"),
            (self.ge, operator.ge, "at least"),
            (self.lt, operator.lt, "less than"),
            (self.le, operator.le, "at most"),
        ):
            if limit is not None and not holds(value, limit):
                return f"must be {words} {_number(limit)}, got {_number(value)}"
        return None


def _number(value: float) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return shorten(value)


def value_kind(value: object) -> str:
    """What a value is, in the words of `describe_type`."""
    if isinstance(value, Mapping):
        return "mapping"
    if isinstance(value, list | tuple):
        return "list"
    return {"str": "text", "int": "number", "float": "number", "bool": "truth value"}.get(
        type(value).__name__, type(value).__name__
    )


def shorten(value: object) -> str:
    """A value for a message: at most 60 characters."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."


def describe_type(hint: Any, *, plural: bool = False) -> str:
    """A type in words a YAML author knows: 'number', 'list of whole numbers', ..."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(describe_type(choice, plural=plural) for choice in inner)
    if origin is Literal:
        return "one of " + ", ".join(_literal_word(choice) for choice in inner)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return f"{'lists' if plural else 'list'} of {describe_type(inner[0], plural=True)}"
        items = "[" + ", ".join(describe_type(item) for item in inner) + "]"
        return f"lists like {items}" if plural else items
    if origin is dict:
        return f"{'mappings' if plural else 'mapping'} to {describe_type(inner[1], plural=True)}"
    names = {
        float: ("number", "numbers"),
        int: ("whole number", "whole numbers"),
        str: ("text", "texts"),
        bool: ("true or false", "true or false"),
        type(None): ("null", "null"),
        Any: ("anything", "anything"),
    }
    if hint in names:
        return names[hint][plural]
    word = "mappings" if plural else "mapping"
    keys = [field.name for field in hint.fields()] if hasattr(hint, "fields") else []
    return f"{word} of {', '.join(keys)}" if keys else word


def _literal_word(choice: object) -> str:
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def type_schema(hint: Any, bounds: Bounds) -> dict[str, Any]:
    """JSON Schema of one type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [type_schema(choice, bounds) for choice in inner]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is tuple:
        schema: dict[str, Any] = {"type": "array"}
        if len(inner) == 2 and inner[1] is Ellipsis:
            schema["items"] = type_schema(inner[0], bounds)
            if bounds.min_length is not None:
                schema["minItems"] = bounds.min_length
        else:
            schema["prefixItems"] = [type_schema(item, bounds) for item in inner]
            schema["minItems"] = schema["maxItems"] = len(inner)
        return schema
    if origin is dict:
        return {"type": "object", "additionalProperties": type_schema(inner[1], bounds)}
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
    if hint in plain:
        return {"type": plain[hint]}
    nested: dict[str, Any] = hint.json_schema() if hasattr(hint, "json_schema") else {}
    return nested
