"""Collects components from installed plugins, refuses duplicates, looks up, suggests, builds.

Knows no component by name: everything arrives through entry points in the group `emobench`.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Any

import pluggy

from emobench.api.component import Component, DatasetComponent, Kind
from emobench.api.errors import EmobenchError, PluginError, UsageError, unknown_name
from emobench.api.hooks import HOOK_OF_KIND, HOOK_PROJECT, Hooks
from emobench.api.options import Options

ENTRY_POINT_GROUP = "emobench"
PLUGINS_VARIABLE = "EMOBENCH_PLUGINS"
CORE_PACKAGE = "emobench"
CATALOGUE = Path(__file__).parent / "catalogue.json"


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """An installed distribution that offers components."""

    package: str
    version: str
    module: str


class NameClash(PluginError):
    """Two plugins claim one name; nobody may guess which is meant."""


@dataclass(frozen=True, kw_only=True)
class BrokenPlugin:
    """A plugin that could not be loaded, and why."""

    plugin: Plugin
    reason: str
    trace: str

    def __str__(self) -> str:
        return f"plugin {self.plugin.package} {self.plugin.version} is broken: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A component, its kind and the plugin it came from."""

    kind: Kind
    component: Component
    plugin: Plugin

    @property
    def name(self) -> str:
        """The component's name."""
        return self.component.name

    def load(self) -> Callable[..., Any]:
        """Import the component's target; the first heavy import."""
        module, _, attribute = self.component.target.partition(":")
        try:
            target: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise PluginError(
                f"{self.kind} '{self.name}' of plugin {self.plugin.package} "
                f"{self.plugin.version} cannot be loaded from '{self.component.target}': {error}"
            ) from error
        return target

    def build(self, options: Options, context: Any) -> Any:
        """Build the object that answers the kind's contract; what it raises names the plugin."""
        target = self.load()
        try:
            return target(options, context)
        except EmobenchError:
            raise
        except Exception as error:
            if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
                raise
            raise PluginError(
                f"{self.kind} '{self.name}' of plugin {self.plugin.package} "
                f"{self.plugin.version} cannot be built: {type(error).__name__}: {error}"
            ) from error


@dataclass(kw_only=True)
class Registry:
    """Every component that the installed plugins offer."""

    components: dict[tuple[Kind, str], Registered] = field(default_factory=dict)
    plugins: list[Plugin] = field(default_factory=list)
    broken: list[BrokenPlugin] = field(default_factory=list)

    def of_kind(self, kind: Kind) -> dict[str, Registered]:
        """The components of one kind by name, sorted."""
        found = {name: entry for (of, name), entry in self.components.items() if of == kind}
        return dict(sorted(found.items()))

    def get(self, kind: Kind, name: str) -> Registered:
        """The component, or a UsageError that suggests one."""
        entry = self.components.get((kind, name))
        if entry is None:
            raise UsageError(self.unknown(kind, name))
        return entry

    def unknown(self, kind: Kind, name: str) -> str:
        """Word the message for a component that is not installed."""
        return unknown_name(kind, name, self.of_kind(kind), advice=self._advice(kind, name))

    def _advice(self, kind: Kind, name: str) -> str:
        package = published_components().get(kind, {}).get(name)
        parts = [f"'{name}' is part of {package}: pip install {package}"] if package else []
        parts += [str(broken) for broken in self.broken]
        return "; ".join(parts)

    def add(self, kind: Kind, component: Component, plugin: Plugin) -> None:
        """Take a component in; two plugins that claim one name are an error naming both."""
        if not isinstance(component, Component):
            raise TypeError(f"register() takes a Component, got {type(component).__name__}")
        if kind == "dataset" and not isinstance(component, DatasetComponent):
            raise TypeError(f"dataset '{component.name}' must be a DatasetComponent")
        present = self.components.get((kind, component.name))
        if present is not None:
            raise NameClash(
                f"{kind} '{component.name}' is claimed twice: by {present.plugin.package} "
                f"({present.plugin.module}) and by {plugin.package} ({plugin.module}); "
                f"uninstall one, or limit what is loaded with {PLUGINS_VARIABLE}"
            )
        self.components[kind, component.name] = Registered(
            kind=kind, component=component, plugin=plugin
        )


@cache
def published_components() -> Mapping[Kind, Mapping[str, str]]:
    """Kind to component to package, of all first-party plugins, installed or not (generated)."""
    if not CATALOGUE.exists():
        return {}
    catalogue: dict[Kind, dict[str, str]] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return catalogue


@cache
def load_registry() -> Registry:
    """The registry of this process, from the installed distributions' entry points."""
    return collect(_entry_points())


def collect(entries: list[tuple[EntryPoint, Plugin]]) -> Registry:
    """Register what the entry points offer; a broken one is noted and takes none along."""
    registry = Registry()
    for entry, plugin in entries:
        try:
            _register(registry, entry.load(), plugin)
        except NameClash:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may raise it
            _forget(registry, plugin)
            reason = f"{type(error).__name__}: {error}"
            trace = traceback.format_exc()
            registry.broken.append(BrokenPlugin(plugin=plugin, reason=reason, trace=trace))
        else:
            registry.plugins.append(plugin)
    return registry


def _register(registry: Registry, module: object, plugin: Plugin) -> None:
    manager = pluggy.PluginManager(HOOK_PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(module, name=plugin.module)
    manager.check_pending()
    for kind, hook in HOOK_OF_KIND.items():

        def register(component: Component, kind: Kind = kind) -> None:
            registry.add(kind, component, plugin)

        getattr(manager.hook, hook)(register=register)


def _forget(registry: Registry, plugin: Plugin) -> None:
    for key in [key for key, entry in registry.components.items() if entry.plugin == plugin]:
        del registry.components[key]


def _entry_points() -> list[tuple[EntryPoint, Plugin]]:
    """Entry points with their distributions, the core first, then by package name."""
    wanted = _wanted_packages()
    found: dict[tuple[str, str], tuple[EntryPoint, Plugin]] = {}
    for distribution in distributions():
        for entry in _own_entry_points(distribution):
            package = distribution.metadata["Name"]
            plugin = Plugin(package=package, version=distribution.version, module=entry.value)
            if package == CORE_PACKAGE or wanted is None or _normal(package) in wanted:
                found.setdefault((package, entry.name), (entry, plugin))
    return sorted(
        found.values(), key=lambda pair: (pair[1].package != CORE_PACKAGE, pair[1].package)
    )


def _own_entry_points(distribution: Distribution) -> list[EntryPoint]:
    text = distribution.read_text("entry_points.txt")
    if not text or f"[{ENTRY_POINT_GROUP}]" not in text:
        return []
    return [entry for entry in distribution.entry_points if entry.group == ENTRY_POINT_GROUP]


def _wanted_packages() -> set[str] | None:
    value = os.environ.get(PLUGINS_VARIABLE)
    if value is None or value == "all":
        return None
    return {_normal(name) for name in value.split(",") if name.strip() not in ("", "none")}


def _normal(package: str) -> str:
    """A package's name as installers compare it: `Acme_B` is `acme-b`."""
    return re.sub(r"[-_.]+", "-", package.strip()).lower()
