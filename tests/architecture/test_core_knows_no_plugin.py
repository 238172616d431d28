"""The core names no component of a plugin, the loop no technique, and there is one loop."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from emobench.api import KINDS
from emobench.registry import CORE_PACKAGE, load_registry

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "emobench").rglob("*.py"))


def plugin_names() -> set[str]:
    registry = load_registry()
    return {
        name
        for kind in KINDS
        for name, entry in registry.of_kind(kind).items()
        if entry.plugin.package != CORE_PACKAGE
    }


def string_constants(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    }


def test_no_core_module_holds_the_name_of_a_plugins_component() -> None:
    names = plugin_names()
    assert len(names) > 20
    found = {
        (path.name, name)
        for path in CORE
        for name in string_constants(path) & names
        if name not in ORDINARY_WORDS
    }
    assert found == set()


ORDINARY_WORDS = {"values", "noise", "gain", "flip", "linear"}
"""Component names that are also plain words or option values of the core's own datasets."""


def test_the_loop_names_no_technique() -> None:
    words = set(re.findall(r"[a-z_]+", (ROOT / "emobench/training/loop.py").read_text().lower()))
    techniques = set(load_registry().of_kind("technique"))
    assert techniques
    assert words & techniques == set()


def test_only_the_loop_steps_an_optimizer() -> None:
    suites = ROOT / "emobench" / "testing"  # they step optimizers without a run, to judge them
    callers = [
        path.relative_to(ROOT).as_posix()
        for path in CORE
        if suites not in path.parents
        and re.search(r"optimizer\.step\(", path.read_text(encoding="utf-8"))
    ]
    assert callers == ["emobench/training/loop.py"]
