"""Ends a process of which nothing is heard any more, even in code that never lets go of Python.

What it leaves is a file with the calls under way: whoever tries the work again reads it there.
"""

from __future__ import annotations

import faulthandler
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from emobench.runs.files import explained

REARM_S = 1.0
"""Signs of life that come faster are taken for one: each costs a thread."""

FRAME = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)


class Watchdog:
    """Watches one piece of work; `inside` names the function of ours that does it.

    A disk that fails it is an EmobenchError: no fault of the work.
    """

    def __init__(self, trace: Path, *, patience: float, inside: str) -> None:
        self.trace = trace
        self.patience = patience
        self._inside = inside
        self._file: IO[str] | None = None
        self._armed = 0.0

    def heard(self) -> None:
        """A sign of life: the patience begins anew."""
        now = time.monotonic()
        if self._file is None:
            with explained(self.trace.parent):
                self.trace.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.trace.open("a")
        elif now - self._armed < min(REARM_S, self.patience / 10):
            return
        self._armed = now
        faulthandler.dump_traceback_later(self.patience, exit=True, file=self._file)

    def rest(self) -> None:
        """Nothing is under way: stop watching."""
        self._armed = 0.0
        faulthandler.cancel_dump_traceback_later()

    def close(self) -> None:
        """The work is done: leave no file behind, but for what an earlier death left."""
        self.rest()
        if self._file is not None:
            self._file.close()
            self._file = None
            with suppress(OSError):  # an empty file that stays tells of no death
                if not self.trace.stat().st_size:
                    self.trace.unlink()

    def put_by(self) -> None:
        """Keep the calls of an earlier death beside: the next try is not judged by them."""
        self.close()
        with explained(self.trace.parent):
            self.trace.replace(self.trace.with_suffix(".told"))

    def last_words(self) -> tuple[str, ...]:
        """The calls that were under way when an earlier try was ended, innermost first."""
        with explained(self.trace.parent):
            text = self.trace.read_text(errors="replace") if self.trace.exists() else ""
        threads = [FRAME.findall(thread) for thread in re.split(r"^Thread ", text, flags=re.M)]
        found = [frames for frames in threads if any(name == self._inside for *_, name in frames)]
        frames = found[0] if found else next(filter(None, threads), [])
        return tuple(f"{_short(path)}:{line} in {name}" for path, line, name in frames)


def _short(path: str) -> str:
    """A path without the folders of this machine."""
    return "/".join(Path(path).parts[-3:])
