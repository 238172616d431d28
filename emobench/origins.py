"""Where a plugin's code comes from: how it was installed, and whether it offers its own code.

Reads the installers' notes beside a distribution; imports no plugin.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from emobench.component_cards import top_package
from emobench.registry import CORE_PACKAGE, Plugin, Registered, Registry, normal_package

NOTE = "direct_url.json"
"""Written by installers for all that did not come from a package index (PEP 610)."""


def origin(plugin: Plugin) -> str:
    """How the plugin was installed: core, an editable folder, a wheel, a repository, an index."""
    if plugin.package == CORE_PACKAGE:
        return "core"
    if plugin.folder is None:
        return "unknown"
    if plugin.folder.suffix == ".egg-info":
        return f"folder {plugin.folder.parent}"
    try:
        note = json.loads((plugin.folder / NOTE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "package index"
    except (OSError, ValueError):
        return "unknown"
    return _from_note(note) if isinstance(note, dict) else "unknown"


def _from_note(note: dict[str, Any]) -> str:
    address = urlsplit(str(note.get("url", "")))
    # A user name or token in the address is nobody's business.
    place = address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()
    if address.scheme == "file":
        place = unquote(address.path)
    if "vcs_info" in note:
        revision = str(note["vcs_info"].get("commit_id", ""))[:12]
        return f"repository {place} at {revision}"
    if "dir_info" in note:
        return f"{'editable' if note['dir_info'].get('editable') else 'folder'} {place}"
    return f"{'wheel' if place.endswith('.whl') else 'archive'} {place}"


def borrowed(entries: Iterable[Registered], *, registry: Registry) -> list[str]:
    """A sentence for every component whose code is another package's than its plugin's."""
    return [
        f"{entry.kind} '{entry.name}' of {entry.plugin.package} {entry.plugin.version} is code of "
        f"{owner} ({entry.component.target}), not of its own package"
        for entry in entries
        if (owner := _other_owner(entry, registry))
    ]


def _other_owner(entry: Registered, registry: Registry) -> str:
    """Whose the target is, where that is known and it is not the plugin's own.

    A package of the name that the plugin's own registration lies in is taken for its own; so is one
    that no distribution's list of files holds, as in an editable install.
    """
    top = top_package(entry.component)
    if CORE_PACKAGE in (top, entry.plugin.package):
        return "" if entry.plugin.package == CORE_PACKAGE else CORE_PACKAGE
    if top == _home(entry.plugin):
        return ""
    for plugin in registry.plugins:
        if _home(plugin) == top and plugin.package != entry.plugin.package:
            return plugin.package
    owners = list(_owners(top, sys.path))
    if not owners or normal_package(entry.plugin.package) in map(normal_package, owners):
        return ""
    return owners[0]


def _home(plugin: Plugin) -> str:
    """The import package in which the plugin registers its components."""
    return plugin.module.partition(":")[0].partition(".")[0]


def _owners(top: str, folders: Iterable[str]) -> Iterator[str]:
    """Distributions whose list of files holds that import package."""
    if top in sys.stdlib_module_names:
        yield "Python"
    beginnings = (f"{top}/", f"{top}.py,")
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in (name for name in names if name.endswith(".dist-info")):
            try:
                text = Path(folder, name, "RECORD").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            if text.startswith(beginnings) or any(f"\n{word}" in text for word in beginnings):
                yield name.partition("-")[0].replace("_", "-")
