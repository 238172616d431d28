"""How something leaves the plugin API: marked, warned of for two versions, then deleted.

    @deprecated(since=3, removed=5, instead="RunState.log")
    def note(self, name: str, value: float) -> None: ...

    @deprecated_event(since=3, removed=5, instead="run.progress", argument="metrics")
    @_spec
    def epoch_end(self, run: RunState, metrics: Mapping[str, float], figures: ...) -> None: ...

Plugin authors see the warning in their tests; Python keeps it from those who only use the plugin.
A test of ours fails once the version has come in which a marked thing goes.
"""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, FunctionType, MethodType
from typing import Any, TypeVar, cast

Marked = TypeVar("Marked", bound=Callable[..., Any])

MARK = "__emobench_deprecations__"
VERSIONS_BETWEEN = 2
"""How many API versions a deprecated thing still works for at least."""


class EmobenchDeprecationWarning(DeprecationWarning):
    """Something of the plugin API will go; says when, and what to use instead."""


@dataclass(frozen=True, kw_only=True)
class Deprecation:
    """What goes (`since` when that is said, `removed` in which API version) and what replaces it.

    `argument` names the argument of an event that goes, where the event itself stays.
    """

    what: str
    since: int
    removed: int
    instead: str
    argument: str = ""

    def __post_init__(self) -> None:
        if self.removed < self.since + VERSIONS_BETWEEN:
            raise ValueError(
                f"{self.what}: deprecated since version {self.since}, it goes in version "
                f"{self.since + VERSIONS_BETWEEN} at the earliest, not in {self.removed}: plugin "
                "authors need that long"
            )
        if not self.instead:
            raise ValueError(f"{self.what}: say what to use instead")

    def __str__(self) -> str:
        return (
            f"{self.what} is deprecated since version {self.since} of the plugin API and goes in "
            f"version {self.removed}; use {self.instead} instead"
        )


def deprecated(*, since: int, removed: int, instead: str) -> Callable[[Marked], Marked]:
    """Mark a function, method or class of the API: who calls or subclasses it is warned.

    Everybody is warned once a module: at the place where that module used it first.
    """

    def mark(thing: Marked) -> Marked:
        if not isinstance(thing, type | FunctionType):
            raise TypeError(
                f"{thing!r} is neither a function nor a class; mark the function inside it"
            )
        what = f"{thing.__module__}.{thing.__qualname__}"
        found = Deprecation(what=what, since=since, removed=removed, instead=instead)
        marked: Any = _class(thing, found) if isinstance(thing, type) else _function(thing, found)
        setattr(marked, MARK, (found,))
        return cast(Marked, marked)

    return mark


def deprecated_event(
    *, since: int, removed: int, instead: str, argument: str = ""
) -> Callable[[Marked], Marked]:
    """Mark an event's spec, or one argument of it: techniques that use it are named and warned."""

    def mark(spec: Marked) -> Marked:
        event = spec.__name__
        what = f"argument '{argument}' of event '{event}'" if argument else f"event '{event}'"
        found = Deprecation(
            what=what, since=since, removed=removed, instead=instead, argument=argument
        )
        setattr(spec, MARK, (*marks_of(spec), found))
        return spec

    return mark


def marks_of(thing: object) -> tuple[Deprecation, ...]:
    """The deprecations that a function, class or event spec itself is marked with."""
    own = thing.__dict__ if hasattr(thing, "__dict__") else {}
    marks: tuple[Deprecation, ...] = own.get(MARK, ())
    return marks


def warn_of(mark: Deprecation, *, user: str, function: Callable[..., Any]) -> None:
    """Warn that `user` (a technique, say) implements something deprecated, at that function."""
    plain: Any = inspect.unwrap(getattr(function, "__func__", function))
    code = plain.__code__
    _warn(f"{user}: {mark}", plain.__globals__, code.co_filename, code.co_firstlineno)


def _function(function: FunctionType, mark: Deprecation) -> Callable[..., Any]:
    @functools.wraps(function)
    def warned(*arguments: Any, **named: Any) -> Any:
        _warn_frame(mark, sys._getframe(1))
        return function(*arguments, **named)

    return warned


def _class(cls: Any, mark: Deprecation) -> type:
    """Warn who makes an object of the class itself, and who derives from it."""
    make, derive = cls.__init__, cls.__init_subclass__

    @functools.wraps(make)
    def warned_init(self: Any, *arguments: Any, **named: Any) -> None:
        if type(self) is cls:
            _warn_frame(mark, sys._getframe(1))
        make(self, *arguments, **named)

    def warned_derive(derived: type, /, **named: Any) -> None:
        _warn_frame(mark, _frame_of(derived.__module__, sys._getframe(1)))
        if isinstance(derive, MethodType):
            derive.__func__(derived, **named)
        else:
            derive(**named)

    cls.__init__ = warned_init
    cls.__init_subclass__ = cast(Any, classmethod)(warned_derive)
    return cast(type, cls)


def _frame_of(module: str, frame: FrameType) -> FrameType:
    """The nearest frame of a module: metaclasses written in Python stand between."""
    found: FrameType | None = frame
    while found is not None and found.f_globals.get("__name__") != module:
        found = found.f_back
    return found or frame


_first_lines: dict[tuple[str, str], int] = {}
"""Where a module was first warned of a thing. Python tells one line's warning once, so the same
line given again is what makes it once a module, while tests that ask for every warning get it."""


def _warn_frame(mark: Deprecation, frame: FrameType) -> None:
    place = (str(frame.f_globals.get("__name__", "")), mark.what)
    line = _first_lines.setdefault(place, frame.f_lineno)
    _warn(str(mark), frame.f_globals, frame.f_code.co_filename, line)


def _warn(text: str, space: dict[str, Any], filename: str, line: int) -> None:
    warnings.warn_explicit(
        text,
        EmobenchDeprecationWarning,
        filename,
        line,
        module=str(space.get("__name__", "")),
        registry=space.setdefault("__warningregistry__", {}),
    )
