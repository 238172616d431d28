"""Where in a stranger's code an exception arose: its own frames, without those of the core."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import FrameType

CORE = Path(__file__).parent
CALLERS = ("importlib", "pluggy")
"""What calls a plugin's registration on the core's behalf."""


def own_trace(error: BaseException) -> str:
    """The traceback as Python prints it, without the frames of the core and of what it calls by.

    Empty where nothing but the error's own words would be left.
    """
    told = traceback.TracebackException.from_exception(error)
    seen: list[traceback.TracebackException] = [told]
    for each in seen:
        each.stack = traceback.StackSummary.from_list(
            [frame for frame in each.stack if not _is_the_cores(frame.filename)]
        )
        seen += [one for one in (each.__cause__, each.__context__) if one is not None]
    telling = isinstance(error, SyntaxError) or any(each.stack for each in seen)
    return "".join(told.format()).strip() if telling else ""


def place_of(error: BaseException) -> str:
    """File, line and function of the innermost frame outside the core, torch and Python's library.

    Empty where there is none. What an error was raised from is looked at first. A syntax error says
    itself where it is.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(Path(error.filename))}:{error.lineno}"
    if error.__cause__ is not None and (place := place_of(error.__cause__)):
        return place
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if not _is_borrowed(frame):
            code = frame.f_code
            return f"{_short(Path(code.co_filename))}:{line} in {code.co_name}"
    return ""


def _is_the_cores(filename: str) -> bool:
    return (
        Path(filename).is_relative_to(CORE)
        or filename.startswith("<frozen importlib")
        or Path(filename).parent.name in CALLERS
    )


def _is_borrowed(frame: FrameType) -> bool:
    top = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return top in ("emobench", "torch", "numpy", "pluggy") or top in sys.stdlib_module_names


def _short(path: Path) -> str:
    """The path from here, where it lies below; else the whole one."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
