"""Which code a component is: a digest of its own modules, where a version does not vouch for it."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from emobench.origins import origin
from emobench.registry import Registered

VERSIONED = ("core", "package index", "unknown")
"""Origins whose code does not change without its version."""

MARK = 8
"""Digits of a digest that stand beside a version."""


def versioned_name(entry: Registered) -> str:
    """Package and version; with a digest of the code where it came from no package index.

    Such code is edited, and built again, without its version being raised: `acme 0.1.0+5f3a9c21`.
    """
    plugin = entry.plugin
    name = f"{plugin.package} {plugin.version}"
    if origin(plugin) in VERSIONED:
        return name
    code = code_of(entry)
    return f"{name}+{code[:MARK]}" if code else name


def code_of(entry: Registered) -> str:
    """The digest of a component's method and options; empty where no source is found."""
    component = entry.component
    return code_digest(component.target.partition(":")[0], component.options.__module__)


@cache
def code_digest(*modules: str) -> str:
    """Hash of what these modules, and those of their package that they import, say and do.

    Comments, docstrings and layout do not count: they move no number.
    """
    top = modules[0].partition(".")[0]
    found: dict[str, Path] = {}
    waiting = [module for module in modules if module.partition(".")[0] == top]
    while waiting:
        module = waiting.pop()
        path = module_file(module)
        if path is None or module in found:
            continue
        found[module] = path
        waiting += [name for name in _imports(module, path) if name.partition(".")[0] == top]
    digest = hashlib.blake2b(digest_size=16)
    for module in sorted(found):
        digest.update(f"{module}\n{_meaning(found[module])}".encode())
    return digest.hexdigest() if found else ""


@cache
def module_file(module: str) -> Path | None:
    """The file of a module, found below its top-level package without importing anything."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and Path(spec.origin).is_file() else None
    for folder in spec.submodule_search_locations or ():
        place = Path(folder, *rest)
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path
    return None


@cache
def _imports(module: str, path: Path) -> frozenset[str]:
    """Every module that a module's code may import, wherever in it."""
    return frozenset(_imported(module, path))


def _imported(module: str, path: Path) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, node.module or ""]) if node.level else node.module or ""
            yield base.rstrip(".")
            yield from (f"{base.rstrip('.')}.{alias.name}" for alias in node.names)


@cache
def _meaning(path: Path) -> str:
    """The code without docstrings; comments and layout are none of the tree's."""
    tree = _tree(path)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_text(line)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(line: ast.stmt) -> bool:
    """Whether a statement is nothing but a text: a docstring, or a note below a name."""
    return (
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    )


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])
