"""Whose code raised: tells the plugin, and where it can the component, behind an exception.

A plugin's objects are called all over the core; none of the callers need know how to name them.
"""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from emobench.api.errors import EmobenchError, PluginError
from emobench.registry import CORE_PACKAGE, Plugin, Registered, Registry

LIBRARY = f"{CORE_PACKAGE}.api"
"""The part of the core that plugins call: what fails in it is the caller's doing."""

DISPATCH = "pluggy"
"""Calls a plugin's events: what lies beyond its frames is another plugin's call."""

NOBODYS = frozenset({CORE_PACKAGE, DISPATCH, "numpy", "torch", *sys.stdlib_module_names})
"""Packages that no plugin owns, wherever its targets point."""

Homes = Mapping[str, Mapping[str, Plugin]]


def blame(error: BaseException, registry: Registry) -> Registered | Plugin | None:
    """The component, or at least the plugin, whose code raised `error`; None for the core's own.

    The innermost frame that belongs to a plugin or to the core decides: a component that calls
    another through the core is not blamed for it. Code outside a plugin's own package, at which
    one of its targets points, is held against it only where no plugin's own code called it. An
    error raised from another has its cause looked at too.
    """
    own = _homes([(plugin.module, plugin) for plugin in registry.plugins])
    entries = registry.components.values()
    pointed_at = _homes([(entry.component.target, entry.plugin) for entry in entries])
    for frames in _calls(_frames(error)):
        for homes in (own, pointed_at):
            owned = [(_owner(_module(frame), homes), frame) for frame in frames]
            plugin = next((owner for owner, _ in owned if owner is not None), None)
            if plugin is not None:
                theirs = [f for owner, f in owned if owner and owner.package == plugin.package]
                return _component(theirs, plugin, registry)
    return blame(error.__cause__, registry) if error.__cause__ is not None else None


def plugin_error(error: Exception, registry: Registry) -> PluginError | None:
    """What a user is told of an exception that a plugin's code raised; None for the core's own."""
    culprit = blame(error, registry)
    if culprit is None:
        return None
    return PluginError(f"{culprit}: {type(error).__name__}: {error} ({_place(error)})")


def name_plugin(error: PluginError, registry: Registry) -> None:
    """Open the words of an error that a plugin's code raised with its name, if they lack it."""
    culprit = blame(error, registry)
    if culprit is not None and _plugin_of(culprit).package not in str(error):
        error.args = (f"{culprit}: {error}",)


@contextmanager
def blaming(registry: Registry) -> Iterator[None]:
    """Turn what a plugin's code raises inside into a PluginError that names it."""
    try:
        yield
    except PluginError as error:
        name_plugin(error, registry)
        raise
    except (EmobenchError, MemoryError):
        raise
    except Exception as error:
        told = plugin_error(error, registry)
        if told is None:
            raise
        raise told from error


def _plugin_of(culprit: Registered | Plugin) -> Plugin:
    return culprit if isinstance(culprit, Plugin) else culprit.plugin


def _frames(error: BaseException) -> list[FrameType]:
    """The frames of a traceback, innermost first."""
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)][::-1]


def _calls(frames: Iterable[FrameType]) -> list[list[FrameType]]:
    """Frames up to the core, innermost first, cut where one plugin's event called another's."""
    calls: list[list[FrameType]] = [[]]
    for frame in itertools.takewhile(lambda frame: not _is_core(frame), frames):
        if _is_within(_module(frame), DISPATCH):
            calls.append([])
        else:
            calls[-1].append(frame)
    return calls


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_core(frame: FrameType) -> bool:
    module = _module(frame)
    return _is_within(module, CORE_PACKAGE) and not _is_within(module, LIBRARY)


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _owner(module: str, homes: Homes) -> Plugin | None:
    """The plugin that a module belongs to: the one that shares the longest dotted name with it."""
    name = "" if module.partition(".")[0] in NOBODYS else module
    while name:
        owners = homes.get(name, {})
        if owners:
            return next(iter(owners.values())) if len(owners) == 1 else None
        name = name.rpartition(".")[0]
    return None


def _homes(places: Iterable[tuple[str, Plugin]]) -> Homes:
    """Every dotted name above a registration or a target, with the plugins it leads to."""
    homes: dict[str, dict[str, Plugin]] = {}
    for place, plugin in places:
        name = place.partition(":")[0]
        while name and plugin.package != CORE_PACKAGE:
            homes.setdefault(name, {}).setdefault(plugin.package, plugin)
            name = name.rpartition(".")[0]
    return homes


def _component(frames: list[FrameType], plugin: Plugin, registry: Registry) -> Registered | Plugin:
    """The component by the object that a frame works for, else by a module that serves one."""
    entries = registry.components.values()
    offered = [entry for entry in entries if entry.plugin.package == plugin.package]
    for frame in frames:
        for owner in _classes(frame):
            serving = [entry for entry in offered if owner in _answered_by(entry)]
            if len(serving) == 1:
                return serving[0]
    for frame in frames:
        module = f"{_module(frame)}:"
        serving = [entry for entry in offered if entry.component.target.startswith(module)]
        if len(serving) == 1:
            return serving[0]
    return plugin


def _classes(frame: FrameType) -> tuple[Any, ...]:
    """The class of a method's `self` (or its `cls`) and those above it."""
    code = frame.f_code
    if not code.co_argcount:
        return ()
    first = frame.f_locals.get(code.co_varnames[0])
    return first.__mro__ if isinstance(first, type) else type(first).__mro__


def _answered_by(entry: Registered) -> tuple[Any, Any]:
    """The component's class, where it has been imported, and that of its options."""
    module, _, name = entry.component.target.partition(":")
    return getattr(sys.modules.get(module), name, None), entry.component.options


def _place(error: BaseException) -> str:
    """File, line and function of the innermost frame, without the folders of this machine."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{'/'.join(Path(last.filename).parts[-2:])}:{last.lineno} in {last.name}"
