"""Judged by a validator of the few keywords we use; `jsonschema` is no dependency."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.recipes.emit import to_yaml
from emobench.recipes.load import load_recipes
from emobench.recipes.schema import json_schema
from emobench.recipes.text import parse_text, plain
from emobench.registry import Registry

Write = Callable[..., Path]
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": int | float,
}


def valid(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    def fits(inner: dict[str, Any]) -> bool:
        return valid(value, inner, root)

    if "$ref" in schema:
        return fits(root["$defs"][schema["$ref"].rsplit("/", 1)[1]])
    applied = fits(schema["if"]) if "if" in schema else False
    return all(
        (
            "const" not in schema or (type(value), value) == (int, 1) or value == schema["const"],
            "enum" not in schema or value in schema["enum"],
            "anyOf" not in schema or any(map(fits, schema["anyOf"])),
            "oneOf" not in schema or sum(map(fits, schema["oneOf"])) == 1,
            "not" not in schema or not fits(schema["not"]),
            not applied or fits(schema["then"]),
            applied or "else" not in schema or fits(schema["else"]),
            "type" not in schema or _typed(value, schema["type"]),
            _numbers(value, schema),
            _mapping(value, schema, root),
            _list(value, schema, root),
        )
    )


def _typed(value: Any, names: Any) -> bool:
    names = [names] if isinstance(names, str) else names
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, TYPES[name]) for name in names)


def _numbers(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
    )


def _mapping(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    closed = schema.get("additionalProperties") is False
    return (
        all(key in value for key in schema.get("required", []))
        and not (closed and set(value) - set(known))
        and all(valid(value[key], inner, root) for key, inner in known.items() if key in value)
    )


def _list(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if not isinstance(value, list):
        return True
    return len(value) >= schema.get("minItems", 0) and all(
        valid(item, schema.get("items", {}), root) for item in value
    )


def accepts(text: str, registry: Registry) -> bool:
    schema = json_schema(registry)
    return valid(plain(parse_text(text, file="f").mapping()), schema, schema)


def test_the_schema_accepts_a_recipe(registry: Registry, plain_recipe: str) -> None:
    assert accepts(plain_recipe, registry)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schema: 1\n", ""),
        ("schema: 1", "schema: 2"),
        ("head: linear", "head: linearr"),
        ("head: linear\n", ""),
        ("head: linear", "heads: linear"),
        ("{use: adamw, lr: 1e-3}", "adamw"),
        ("lr: 1e-3", "lr: 0"),
        ("lr: 1e-3", "lr: fast"),
        ("channels: [8, 16]", "channels: [8, 1.5]"),
        ("channels: [8, 16]", "channels: []"),
        ("alpha: 0.4", "beta: 0.4"),
        ("epochs: 3", "epochs: 0"),
        ("stopping]", "3]"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(
    registry: Registry, plain_recipe: str, old: str, new: str
) -> None:
    assert old in plain_recipe
    assert not accepts(plain_recipe.replace(old, new, 1), registry)


def test_a_recipe_that_extends_another_may_be_partial(registry: Registry) -> None:
    text = "schema: 1\nextends: baseline\nloss: {label_smoothing: 0.2}\nsampler: null\n"
    assert accepts(text, registry)


SWEEP = """\
sweep:
  open: [loss, augmentation]
  techniques: [mixup]
  optimizer.lr: {low: 1e-4, high: 1e-2, log: true}
  train.batch_size: [32, 64]
  loss.focal.gamma: 2.0
"""


def test_the_schema_accepts_what_a_sweep_may_change(registry: Registry, plain_recipe: str) -> None:
    assert accepts(plain_recipe + SWEEP, registry)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("augmentation]", "augmentatoin]"),
        ("[mixup]", "[mixupp]"),
        ("[mixup]", "[]"),
    ],
)
def test_the_schema_refuses_what_no_sweep_may_change(
    registry: Registry, plain_recipe: str, old: str, new: str
) -> None:
    assert not accepts(plain_recipe + SWEEP.replace(old, new, 1), registry)


def test_every_option_is_described_for_the_editor(registry: Registry) -> None:
    blocks = json_schema(registry)["$defs"]["optimizer"]["oneOf"]
    adamw = next(block for block in blocks if block.get("title") == "adamw")
    assert adamw["properties"]["lr"] == {
        "type": "number",
        "exclusiveMinimum": 0,
        "description": "rate",
    }


ENSEMBLE = """\
schema: 1
members:
  - baseline
  - {use: own.yaml, copies: 2, set: {train.epochs: 3}}
combiner: {use: vote, weights: [1, 1, 2]}
"""


def test_the_schema_accepts_an_ensemble_and_its_written_out_form(
    registry: Registry, write: Write
) -> None:
    assert accepts(ENSEMBLE.replace("combiner", "task: t\ncombiner"), registry)
    write(name="own.yaml")
    path = write("schema: 1\nmembers: [{use: own.yaml, copies: 2}]\ncombiner: vote\n")
    (ensemble,) = load_recipes([path], registry=registry)
    assert accepts(to_yaml(ensemble.dump()), registry)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("combiner: {use: vote, weights: [1, 1, 2]}", ""),
        ("weights: [1, 1, 2]", "weights: [a]"),
        ("use: vote", "use: voting"),
        ("combiner:", "train: {epochs: 3}\ncombiner:"),
        ("copies: 2", "copies: 0"),
        ("copies: 2", "copy: 2"),
        ("use: own.yaml", "use: 3"),
        ("use: own.yaml, ", ""),
        ("- baseline", "- 3"),
    ],
)
def test_the_schema_refuses_an_ensemble_that_the_loader_refuses(
    registry: Registry, old: str, new: str
) -> None:
    assert old in ENSEMBLE
    assert not accepts(ENSEMBLE.replace(old, new, 1), registry)


def test_an_ensemble_that_extends_another_may_be_partial(registry: Registry) -> None:
    assert accepts("schema: 1\nextends: other\ncombiner: {weights: [1, 2]}\n", registry)
