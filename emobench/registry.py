"""Collects components from installed plugins, refuses duplicates, looks up, suggests, builds.

Knows no component by name: everything arrives through entry points in the group `emobench`.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pluggy

from emobench.api.cautions import Caution
from emobench.api.component import (
    OLDEST_API_VERSION,
    Component,
    DatasetComponent,
    Kind,
    served_version,
)
from emobench.api.errors import EmobenchError, PluginError, UsageError, unknown_name
from emobench.api.hooks import HOOK_OF_KIND, HOOK_PROJECT, Hooks
from emobench.api.options import OptionField, Options
from emobench.misfits import reason_of
from emobench.traces import own_trace

ENTRY_POINT_GROUP = "emobench"
PLUGINS_VARIABLE = "EMOBENCH_PLUGINS"
ALL_PLUGINS, NO_PLUGINS = "all", "none"
CORE_PACKAGE = "emobench"
CATALOGUE = Path(__file__).parent / "catalogue.json"


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """An installed distribution that offers components, and the API version it was built for.

    `folder` holds its metadata; it is None for one that was not found among the installed.
    """

    package: str
    version: str
    module: str
    api: int = OLDEST_API_VERSION
    folder: Path | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"plugin {self.package} {self.version}"


class PluginWarning(UserWarning):
    """Something about the installed plugins that a user should know and that ends nothing."""


class NameClash(PluginError):
    """Two plugins claim one name; nobody may guess which is meant."""


@dataclass(frozen=True, kw_only=True)
class BrokenPlugin:
    """A plugin that could not be loaded, and why."""

    plugin: Plugin
    reason: str
    trace: str

    def __str__(self) -> str:
        return f"{self.plugin} is broken: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A component, its kind and the plugin it came from."""

    kind: Kind
    component: Component
    plugin: Plugin

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}' of {self.plugin}"

    @property
    def name(self) -> str:
        """The component's name."""
        return self.component.name

    def fields(self) -> tuple[OptionField, ...]:
        """Its options; a declaration that is wrong is told as its plugin's fault."""
        try:
            return self.component.options.fields()
        except Exception as error:  # a stranger's annotations may raise anything
            named = "" if isinstance(error, PluginError) else f"{type(error).__name__}: "
            raise PluginError(f"{self} declares its options wrongly: {named}{error}") from error

    def load(self) -> Callable[..., Any]:
        """Import the component's target; the first heavy import."""
        module, _, attribute = self.component.target.partition(":")
        try:
            target: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise PluginError(
                f"{self} cannot be loaded from '{self.component.target}': {error}"
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
            raise PluginError(f"{self} cannot be built: {type(error).__name__}: {error}") from error


@dataclass(kw_only=True)
class Registry:
    """Every component that the installed plugins offer."""

    components: dict[tuple[Kind, str], Registered] = field(default_factory=dict)
    plugins: list[Plugin] = field(default_factory=list)
    broken: list[BrokenPlugin] = field(default_factory=list)
    cautions: list[tuple[Caution, Plugin]] = field(default_factory=list)

    def packages(self) -> list[Plugin]:
        """A plugin a package; of several entry points the one built for the newest API."""
        found: dict[str, Plugin] = {}
        for plugin in self.plugins:
            known = found.setdefault(plugin.package, plugin)
            if plugin.api > known.api:
                found[plugin.package] = plugin
        return list(found.values())

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
        """Word the message for a component that is not installed.

        A broken plugin comes first, unless the component is known to be another's.
        """
        package = published_components().get(kind, {}).get(name, "")
        owner = normal_package(package)
        first = [
            broken for broken in self.broken if normal_package(broken.plugin.package) == owner
        ] or ([] if package else self.broken)
        others = [broken for broken in self.broken if broken not in first]
        advice = "; ".join(filter(None, [self._advice(name, package), *map(str, others)]))
        told = unknown_name(kind, name, self.of_kind(kind), advice=advice)
        return "; ".join([*map(str, first), told])

    def _advice(self, name: str, package: str) -> str:
        """What to do about a component, of the package that is known to offer it or of any."""
        wanted = _wanted_packages()
        limit = f"{PLUGINS_VARIABLE}={os.environ.get(PLUGINS_VARIABLE, '')}"
        if package and wanted is not None and normal_package(package) not in wanted:
            return f"'{name}' is part of {package}, which {limit} leaves out"
        if normal_package(package) in [normal_package(one.plugin.package) for one in self.broken]:
            return f"'{name}' is part of {package}"
        if package:
            return f"'{name}' is part of {package}: pip install {package}"
        return f"{limit} limits what is loaded" if wanted is not None else ""

    def add(self, kind: Kind, component: Component, plugin: Plugin) -> None:
        """Take a component in; two plugins that claim one name are an error naming both.

        One that a package offers again, by another entry point, is the same component.
        """
        if not isinstance(component, Component):
            raise TypeError(f"register() takes a Component, got {type(component).__name__}")
        if kind == "dataset" and not isinstance(component, DatasetComponent):
            raise TypeError(f"dataset '{component.name}' must be a DatasetComponent")
        present = self.components.get((kind, component.name))
        if present is not None and present.plugin.package == plugin.package:
            if present.component is component:
                return
            raise PluginError(
                f"it offers {kind} '{component.name}' twice: by {present.plugin.module} "
                f"({present.component.target}) and by {plugin.module} ({component.target})"
            )
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
    return collect(installed_plugins(sys.path))


def collect(plugins: Iterable[Plugin]) -> Registry:
    """Register what the plugins offer; a broken one is noted and takes none along.

    What several entry points of a package name is registered once.
    """
    registry = Registry()
    taken: list[tuple[str, object]] = []
    for plugin in plugins:
        try:
            found = _registration(plugin.module)
            if any(package == plugin.package and one is found for package, one in taken):
                continue
            version = served_version(getattr(found, "api_version", OLDEST_API_VERSION))
            plugin = replace(plugin, api=version)
            if not _register(registry, found, plugin):
                raise PluginError(f"its entry point '{plugin.module}' offers no component")
        except NameClash:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may raise it
            _forget(registry, plugin)
            trace = own_trace(error)
            registry.broken.append(
                BrokenPlugin(plugin=plugin, reason=reason_of(error), trace=trace)
            )
        else:
            taken.append((plugin.package, found))
            registry.plugins.append(plugin)
    return registry


def _registration(value: str) -> object:
    """What an entry point names: a module, or something inside one (`module:attribute`)."""
    module, _, attributes = value.partition(":")
    found: object = importlib.import_module(module)
    for attribute in filter(None, attributes.split(".")):
        found = getattr(found, attribute)
    return found


def _register(registry: Registry, module: object, plugin: Plugin) -> int:
    """Take in what the plugin offers; gives the number of it."""
    offered = 0
    cautions: list[Caution] = []
    manager = pluggy.PluginManager(HOOK_PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(module, name=plugin.module)
    manager.check_pending()
    for kind, hook in HOOK_OF_KIND.items():

        def register(component: Component, kind: Kind = kind) -> None:
            nonlocal offered
            registry.add(kind, component, plugin)
            offered += 1

        getattr(manager.hook, hook)(register=register)
    manager.hook.register_cautions(register=cautions.append)
    registry.cautions += [(caution, plugin) for caution in cautions]
    return offered + len(cautions)


def _forget(registry: Registry, plugin: Plugin) -> None:
    for key in [key for key, entry in registry.components.items() if entry.plugin == plugin]:
        del registry.components[key]
    registry.cautions = [pair for pair in registry.cautions if pair[1] != plugin]


def installed_plugins(folders: Iterable[str]) -> list[Plugin]:
    """Distributions below these folders with entry points of ours: the core first, then by name.

    `EMOBENCH_PLUGINS` limits which of them count; what in it means nothing is warned of.

    Reads the same files as importlib.metadata, whose import alone costs a tenth of the time that
    `emobench check` has.
    """
    found: dict[tuple[str, str], Plugin] = {}
    for folder in dict.fromkeys(folders):
        for place in _distributions(Path(folder)):
            for entry, plugin in _offered(place):
                found.setdefault((normal_package(plugin.package), entry), plugin)
    wanted = _wanted_packages()
    if wanted is not None:
        _warn_of_strangers(wanted, [package for package, _ in found])
        wanted.add(CORE_PACKAGE)
        found = {key: plugin for key, plugin in found.items() if key[0] in wanted}
    return sorted(
        found.values(), key=lambda plugin: (plugin.package != CORE_PACKAGE, plugin.package)
    )


def _warn_of_strangers(wanted: Iterable[str], installed: Iterable[str]) -> None:
    """Tell of what in `EMOBENCH_PLUGINS` means nothing: names that no installed plugin has."""
    known = set(installed)
    told = [unknown_name("plugin package", name, known) for name in sorted(set(wanted) - known)]
    given = [name.strip() for name in os.environ.get(PLUGINS_VARIABLE, "").split(",")]
    if not any(given):
        told.append("it names no plugin, so only the core is loaded; 'none' says that plainly")
    if NO_PLUGINS in given and wanted:
        told.append(f"'{NO_PLUGINS}' beside other names means nothing; they are loaded")
    for words in told:
        warnings.warn(f"{PLUGINS_VARIABLE}: {words}", PluginWarning, stacklevel=2)


def _distributions(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if name.endswith((".dist-info", ".egg-info"))]


def _offered(distribution: Path) -> list[tuple[str, Plugin]]:
    """Entry point name and plugin, for each line of our group."""
    lines = _lines(distribution / "entry_points.txt")
    header = f"[{ENTRY_POINT_GROUP}]"
    if header not in lines:
        return []
    ours = itertools.takewhile(
        lambda line: not line.startswith("["), lines[lines.index(header) + 1 :]
    )
    about = _about(distribution)
    offered = []
    for line in ours:
        name, equals, value = (part.strip() for part in line.partition("="))
        if equals and not name.startswith(("#", ";")):
            module = value.partition("[")[0].strip()
            plugin = Plugin(
                package=about["name"],
                version=about["version"],
                module=module,
                folder=distribution,
            )
            offered.append((name, plugin))
    return offered


def _about(distribution: Path) -> dict[str, str]:
    """Name and version as the distribution's metadata state them."""
    lines = _lines(distribution / "METADATA") or _lines(distribution / "PKG-INFO")
    about = {"name": distribution.name.partition("-")[0], "version": ""}
    for line in itertools.takewhile(bool, lines):
        key, _, value = line.partition(":")
        if key.lower() in about:
            about[key.lower()] = value.strip()
    return about


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines()]


def _wanted_packages() -> set[str] | None:
    """The packages that `EMOBENCH_PLUGINS` names; None where it is not set, which is all."""
    value = os.environ.get(PLUGINS_VARIABLE, "").strip()
    if value in ("", ALL_PLUGINS):
        return None
    names = (name.strip() for name in value.split(","))
    return {normal_package(name) for name in names if name not in ("", NO_PLUGINS)}


def normal_package(package: str) -> str:
    """A package's name as installers compare it: `Acme_B` is `acme-b`."""
    return re.sub(r"[-_.]+", "-", package.strip()).lower()
