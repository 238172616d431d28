"""Turns templates into the files of a package; placeholders read `{{name}}`. Loads no torch."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emobench.api.component import API_VERSION, Kind
from emobench.api.hooks import HOOK_OF_KIND
from emobench.api.options import Options
from emobench.component_cards import options_table
from emobench.scaffold.kinds import METHODS, PLAIN_RECIPE, Method
from emobench.scaffold.names import PluginNames

TEMPLATES = Path(__file__).parent / "templates"
COMMON = "common"
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")

FILES: Mapping[str, str] = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "init.py": "{{package}}/__init__.py",
    "py.typed": "{{package}}/py.typed",
    "registration.py": "{{package}}/registration.py",
    "options.py": "{{package}}/options.py",
    "method.py": "{{package}}/{{module}}.py",
    "card.md": "{{package}}/cards/{{kind}}/{{name}}.md",
    "test.py": "tests/test_{{module}}.py",
    "sample.csv": "tests/data/{{name}}.csv",
    "recipe.yaml": "recipes/try-{{name}}.yaml",
    "member.yaml": "recipes/small.yaml",
}
"""Every template and where its text goes; a kind's own template stands for the common one."""


def package_files(names: PluginNames, *, core_version: str) -> dict[str, str]:
    """The text of every file of a new package, by its path within the package."""
    values = placeholders(names, core_version=core_version)
    return {
        render(place, values): render(text, values)
        for template, place in FILES.items()
        if (text := template_text(names.kind, template)) is not None
    }


def placeholders(names: PluginNames, *, core_version: str) -> dict[str, str]:
    """What stands in place of each placeholder."""
    method = METHODS[names.kind]
    needed = [f"emobench>={core_version}", "numpy>=1.26", *["torch>=2.10"] * method.torch]
    sections = {**PLAIN_RECIPE, **(method.block(names.name) if method.trains else {})}
    values = {
        "name": names.name,
        "kind": names.kind,
        "module": names.module,
        "package": names.package,
        "distribution": names.distribution,
        "class": names.class_name,
        "listed": HOOK_OF_KIND[names.kind].removeprefix("register_"),
        "summary": method.summary,
        "source": method.source or "none",
        "details": "".join(f"\n            {line}" for line in method.details),
        "dependencies": ", ".join(f'"{one}"' for one in needed),
        "api_version": str(API_VERSION),
        "sections": "\n".join(f"{key}: {block}" for key, block in sections.items()),
        "run_flags": " --data-root tests/data" if names.kind == "dataset" else "",
        "use": _use(method, names.name),
    }
    values["prose"] = render(template_text(names.kind, "prose.md") or "", values).strip()
    values["options_table"] = options_table(_options(names, values))
    return values


def render(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder replaced; one that means nothing is a bug of ours."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


def template_text(kind: Kind, template: str) -> str | None:
    """The kind's own template, or the one that all kinds share; None where there is neither."""
    for folder in (kind, COMMON):
        path = TEMPLATES / folder / f"{template}.txt"
        if path.exists():
            return path.read_text(encoding="utf-8")
    return None


def names_in_method(kind: Kind) -> frozenset[str]:
    """What the kind's method imports and defines: a new class so named would hide it."""
    tree = ast.parse(PLACEHOLDER.sub("placeholder", template_text(kind, "method.py") or ""))
    imports = (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    return frozenset(imported | {node.name for node in tree.body if isinstance(node, ast.ClassDef)})


def _use(method: Method, name: str) -> str:
    """The README's paragraph on how a recipe names the component."""
    block = "".join(f"    {key}: {text}\n" for key, text in method.block(name).items())
    return f"\nIn a recipe:\n\n{block}" if block else ""


def _options(names: PluginNames, values: Mapping[str, str]) -> type[Options]:
    """The options class of the new package, from its rendered source."""
    source = render(template_text(names.kind, "options.py") or "", values)
    space: dict[str, Any] = {"__name__": f"{names.package}.options"}
    exec(compile(source, "options.py", "exec", dont_inherit=True), space)
    options: type[Options] = space[f"{names.class_name}Options"]
    return options
