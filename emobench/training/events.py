"""One hook manager a run: sends the loop's events to the techniques that the recipe picked.

Recipe order is call order, and the first wrapper in the recipe is the outermost. The rules that
no spec can state (one replacement at most, no misspelt event) are checked before the first batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pluggy

from emobench.api import EVENT_NAMES, Events, PluginError, UsageError, unknown_name
from emobench.api.deprecation import marks_of, warn_of
from emobench.api.events import EVENT_PROJECT, REPLACEABLE


def connect(
    techniques: Mapping[str, object],
    *,
    defaults: object,
    observer: object | None = None,
    events: type[Events] = Events,
) -> pluggy.HookRelay:
    """Wire techniques (in recipe order) to the events; `defaults` answers what none replaces.

    `observer` hears every event after the techniques have.
    """
    manager = pluggy.PluginManager(EVENT_PROJECT)
    manager.add_hookspecs(events)
    if observer is not None:
        manager.register(observer, name="observer")
    for name, technique in reversed(list(techniques.items())):
        _register(manager, name, technique)
        _warn_of_deprecated(manager, name, technique)
    replaced = _replacements(manager)
    kept = {
        name: getattr(defaults, name)
        for name in (*REPLACEABLE, "evaluate", "loss_terms")
        if name not in replaced
    }
    manager.register(SimpleNamespace(**kept), name="the loop")
    return manager.hook


def _register(manager: pluggy.PluginManager, name: str, technique: object) -> None:
    _refuse_misspelt(name, technique)
    try:
        manager.register(technique, name=name)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"technique '{name}' does not fit the loop's events: {error}") from error


def _warn_of_deprecated(manager: pluggy.PluginManager, name: str, technique: object) -> None:
    """Name the technique that answers an event, or names an argument, which will go."""
    for hook in manager.get_hookcallers(technique) or []:
        assert hook.spec is not None, "an event without a spec was refused as misspelt"
        for mark in marks_of(hook.spec.function):
            for implementation in hook.get_hookimpls():
                named = (*implementation.argnames, *implementation.kwargnames)
                uses = not mark.argument or mark.argument in named
                if implementation.plugin is technique and uses:
                    warn_of(mark, user=f"technique '{name}'", function=implementation.function)


def _refuse_misspelt(name: str, technique: object) -> None:
    marker = f"{EVENT_PROJECT}_impl"
    for attribute in dir(type(technique)):
        if attribute not in EVENT_NAMES and hasattr(getattr(type(technique), attribute), marker):
            problem = unknown_name("event", attribute, EVENT_NAMES)
            raise PluginError(f"technique '{name}' answers an {problem}")


def _replacements(manager: pluggy.PluginManager) -> set[str]:
    replaced = set()
    for name in (*REPLACEABLE, "evaluate"):
        owners = [
            implementation.plugin_name
            for implementation in getattr(manager.hook, name).get_hookimpls()
            if not (implementation.wrapper or implementation.hookwrapper)
            and implementation.plugin_name != "observer"
        ]
        if owners and name == "evaluate":
            raise UsageError(
                f"technique '{owners[0]}' replaces 'evaluate', which may only be wrapped"
            )
        if len(owners) > 1:
            raise UsageError(
                f"techniques '{owners[1]}' and '{owners[0]}' both replace '{name}'; keep one"
            )
        if owners:
            replaced.add(name)
    return replaced


def merge_terms(answers: list[Mapping[str, Any] | None]) -> dict[str, Any]:
    """Join the loss terms of all techniques; two terms of one name are an error."""
    terms: dict[str, Any] = {}
    for answer in answers:
        for name, value in (answer or {}).items():
            if name in terms:
                raise UsageError(f"two techniques add a loss term named '{name}'; rename one")
            terms[name] = value
    return terms
