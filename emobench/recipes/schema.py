"""JSON Schema of a recipe file, for editors: what is installed, with every option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emobench.api.component import Kind
from emobench.recipes.model import (
    BLOCK_SECTIONS,
    COMBINING_KEYS,
    EVERY_KIND,
    LIST_SECTIONS,
    NO_COMPONENT,
    OPEN_KEY,
    RECIPE_KEYS,
    RECIPE_SCHEMA,
    REQUIRED_SECTIONS,
    SINGLE_SECTIONS,
    SWEEP_KEY,
    TRAINING_KEYS,
    MemberOptions,
    TrainOptions,
)
from emobench.recipes.sweep import RangeOptions
from emobench.registry import Registered, Registry


def json_schema(registry: Registry) -> dict[str, Any]:
    """JSON Schema 2020-12 of a recipe or an ensemble, from the components that are installed."""
    kinds: list[Kind] = [*BLOCK_SECTIONS.values(), *LIST_SECTIONS.values()]
    properties: dict[str, Any] = {
        "schema": {"const": RECIPE_SCHEMA, "description": "version of the recipe's form"},
        "extends": {"type": "string", "description": "relative path or name of the parent recipe"},
        "summary": {"type": ["string", "null"], "description": "what the recipe is, in one line"},
        "task": {"type": ["string", "null"], "description": "default task; --task overrides"},
    }
    for section, kind in BLOCK_SECTIONS.items():
        properties[section] = {"anyOf": [_reference(kind), {"type": "null"}]}
    for section, kind in LIST_SECTIONS.items():
        listed = {"type": "array", "items": _reference(kind)}
        properties[section] = {"anyOf": [listed, {"type": "null"}]}
    properties["train"] = {"anyOf": [TrainOptions.json_schema(), {"type": "null"}]}
    properties[SWEEP_KEY] = _sweep_schema(registry)
    properties["members"] = _members_schema(properties)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "emobench recipe",
        "type": "object",
        "additionalProperties": False,
        "required": ["schema"],
        "properties": properties,
        "if": _any_of(COMBINING_KEYS),
        "then": {"not": _any_of((*TRAINING_KEYS, SWEEP_KEY)), **_whole(COMBINING_KEYS)},
        "else": _whole(REQUIRED_SECTIONS),
        "$defs": {kind: _kind_schema(kind, registry) for kind in kinds},
    }


def _any_of(keys: Sequence[str]) -> dict[str, Any]:
    return {"anyOf": [{"required": [key]} for key in keys]}


def _whole(keys: Sequence[str]) -> dict[str, Any]:
    """These keys are required of a file that extends no other."""
    return {"if": {"not": {"required": ["extends"]}}, "then": {"required": list(keys)}}


def _sweep_schema(registry: Registry) -> dict[str, Any]:
    """What a sweep opens, and keys with dots to a value, a list of values or a range."""
    null = {"type": "null"}
    sections = {**SINGLE_SECTIONS, **LIST_SECTIONS}
    kinds = {"enum": [EVERY_KIND, *dict.fromkeys([*sections, *sections.values()])]}
    properties: dict[str, Any] = {OPEN_KEY: {"anyOf": [kinds, _list_of(kinds), null]}}
    for section, kind in sections.items():
        lacking = section in SINGLE_SECTIONS and section not in REQUIRED_SECTIONS
        names = {"enum": [*registry.of_kind(kind), *([NO_COMPONENT] if lacking else [])]}
        properties[section] = {"anyOf": [names, _list_of(names), null]}
    scalar = {"type": ["string", "number", "boolean", "null"]}
    return {
        "description": "what `emobench sweep` pins, narrows, adds and opens; no part of the method",
        "anyOf": [
            {
                "type": "object",
                "properties": properties,
                "additionalProperties": {
                    "anyOf": [scalar, {"type": "array"}, RangeOptions.json_schema()]
                },
            },
            null,
        ],
    }


def _list_of(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


def _members_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A member: the name of a recipe, or a mapping that names one or holds it written out."""
    common = {
        **MemberOptions.json_schema()["properties"],
        "set": {"type": "object", "description": "keys with dots, as --set takes them, to values"},
    }
    use = {"type": "string", "description": "name of a shipped recipe, or a file beside this one"}
    name = {"type": "string", "description": "what the recipe written out here is called"}
    own = {key: properties[key] for key in RECIPE_KEYS if key != "extends"}
    recipe = {
        "type": "object",
        "additionalProperties": False,
        "required": list(REQUIRED_SECTIONS),
        "properties": own,
    }
    mapping = {"type": "object", "additionalProperties": False}
    member = {
        "oneOf": [
            {"type": "string"},
            {**mapping, "required": ["use"], "properties": {"use": use, **common}},
            {
                **mapping,
                "required": ["name", "recipe"],
                "properties": {"name": name, "recipe": recipe, **common},
            },
        ]
    }
    return {
        "type": "array",
        "minItems": 1,
        "items": member,
        "description": "the recipes that an ensemble trains and combines",
    }


def _reference(kind: Kind) -> dict[str, str]:
    return {"$ref": f"#/$defs/{kind}"}


def _kind_schema(kind: Kind, registry: Registry) -> dict[str, Any]:
    """A bare name, a block of one component, or a block without `use` that changes a parent's."""
    entries = registry.of_kind(kind).values()
    bare = [name for name, entry in registry.of_kind(kind).items() if _stands_alone(entry)]
    partial = {"type": "object", "not": {"required": ["use"]}}
    return {"oneOf": [{"enum": bare}, *map(_component_schema, entries), partial]}


def _stands_alone(entry: Registered) -> bool:
    return not any(field.required for field in entry.component.options.fields())


def _component_schema(entry: Registered) -> dict[str, Any]:
    options = entry.component.options.json_schema()
    use = {"const": entry.name, "description": entry.component.summary}
    return {
        **options,
        "title": entry.name,
        "description": entry.component.summary,
        "properties": {"use": use, **options["properties"]},
        "required": ["use", *options.get("required", [])],
    }
