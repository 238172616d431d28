"""Puts a new package on disk."""

from __future__ import annotations

from pathlib import Path

from emobench.api.errors import UsageError
from emobench.scaffold.names import PluginNames
from emobench.scaffold.render import names_in_method, package_files


def new_package(names: PluginNames, *, folder: Path, core_version: str) -> Path:
    """Write the package into `folder/<distribution>`, which is new or empty; gives its path."""
    if names.class_name in names_in_method(names.kind):
        raise UsageError(
            f"'{names.name}' would make a class '{names.class_name}', a name that the method "
            f"itself needs; '{names.name}-{names.kind}' would do"
        )
    files = package_files(names, core_version=core_version)
    root = folder / names.distribution
    try:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise UsageError(
                f"{root} is there already and not empty; name another folder with --out DIR, or "
                "move that one away"
            )
        for place, text in files.items():
            path = root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename or root} cannot be written: {error.strerror}") from error
    return root
