"""The exception tree, and the one function that words an unknown name.

EmobenchError
├── UsageError          the call or its flags                          exit 2
│   └── RecipeError     one or many faults in recipe or task files     exit 2
├── PluginError         a plugin that cannot be loaded or built        exit 3
├── DataError           missing, unreadable or unusable data           exit 4
└── RunError            a run that ended without a score               exit 5
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class EmobenchError(Exception):
    """What a user can understand and mend; anything else that escapes is our bug."""

    exit_code = 1


class UsageError(EmobenchError):
    """The call itself is at fault."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong in a recipe or task file, and where."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.file:
            return self.message
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}"


class RecipeError(UsageError):
    """Recipes that cannot be run; carries every fault that was found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        assert faults, "a RecipeError needs at least one fault"
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[RecipeError], tuple[tuple[Fault, ...]]]:
        return RecipeError, (self.faults,)


class PluginError(EmobenchError):
    """A plugin that cannot be loaded, or a component that cannot be built.

    `trace` says where in the plugin's code it arose, for those who would mend it.
    """

    exit_code = 3

    def __init__(self, message: str = "", *, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class DataError(EmobenchError):
    """Data that are missing, unreadable or not fit for the task."""

    exit_code = 4


class RunError(EmobenchError):
    """A run that ended without a score."""

    exit_code = 5


def unknown_name(what: str, name: str, known: Iterable[str], *, advice: str = "") -> str:
    """Word the message for a name that does not exist: nearest spelling, what exists, next step."""
    names = sorted(set(known))
    shown_name = name if len(name) <= 60 else name[:57] + "..."
    parts = [f"unknown {what} '{shown_name}'"]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        parts.append(f"did you mean '{close[0]}'?")
    if names:
        shown = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
        parts.append(f"known: {shown}")
    else:
        parts.append(f"no {what} is known")
    if advice:
        parts.append(advice)
    return "; ".join(parts)
