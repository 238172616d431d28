"""The journal of a sweep: one line of JSON an event, added and never changed.

It is the truth of a sweep: which trials there were, what was heard of them, how they ended.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from emobench.api.errors import DataError
from emobench.runs.files import explained
from emobench.sweeps.suggest import Values
from emobench.sweeps.trial import Report, TrialEnd

EventName = Literal["asked", "epoch", "ended"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A trial was made, with these values."""

    trial: int
    values: Values
    origin: str
    name: EventName = "asked"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A trial is through an epoch."""

    trial: int
    report: Report
    name: EventName = "epoch"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A trial is over."""

    trial: int
    end: TrialEnd
    name: EventName = "ended"


Event = Asked | Heard | Ended

TORN = b" (torn)"
"""Ends a line whose writer died in it, written by the next one; no whole line ends so."""


class Journal:
    """Adds events to a file, each on the disk before the call returns."""

    def __init__(self, path: Path, *, root: Path) -> None:
        self.path = path
        self._root = root
        self._file: io.FileIO | None = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is in it stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def add(self, event: Event) -> None:
        """Write the event. Epochs may be lost in a power cut; trials and their ends may not."""
        line = json.dumps(_plain(event), allow_nan=False).encode() + b"\n"
        with explained(self._root):
            file = self._open()
            try:
                while line:
                    line = line[file.write(line) :]
            except OSError:
                # A part of the line may stand: opened anew, it is told apart from what follows.
                self.close()
                raise
            if not isinstance(event, Heard):
                os.fsync(file.fileno())

    def events(self) -> Iterator[Event]:
        """All events so far, in their order; a last line that was cut short is left out."""
        yield from read_events(self.path)

    def _open(self) -> io.FileIO:
        if self._file is None:
            self._file = self.path.open("ab+", buffering=0)
            _end_torn_line(self._file)
        return self._file


def read_events(path: Path) -> Iterator[Event]:
    """The events in a journal; a DataError names the line that cannot be read, or has a gap.

    Trials are numbered as they were asked for, and nothing is heard of one before.
    """
    if not path.exists():
        return
    lines = path.read_bytes().split(b"\n")
    asked = 0
    for number, line in enumerate(lines, 1):
        if not line or line.endswith(TORN):
            continue
        try:
            event = _event(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            if number == len(lines):
                continue
            raise DataError(
                f"the journal '{path}' is damaged in line {number} ({error}); mend that line, or "
                "restore the file from a backup. A line that tells of an epoch or an end may be "
                "deleted: the trial's run knows both. One that asks for a trial may not"
            ) from error
        if isinstance(event, Asked) and event.trial == asked:
            asked += 1
        elif isinstance(event, Asked) or not 0 <= event.trial < asked:
            raise DataError(_gap(path, number, event, asked))
        yield event


def _gap(path: Path, number: int, event: Event, asked: int) -> str:
    """What is wrong with an event that does not follow from those before it."""
    wrong = f"asks for trial {event.trial} a second time"
    if event.trial >= asked:
        wrong = (
            f"tells of trial {event.trial}, and the line that asked for trial {asked} is missing"
        )
    return (
        f"the journal '{path}' has a gap before line {number}, which {wrong}; restore the file "
        "from a backup, or begin another sweep with --name"
    )


def _end_torn_line(file: io.FileIO) -> None:
    """Close a last line whose writer died in it, and mark it where it is not whole."""
    file.seek(0)
    last = file.read().rpartition(b"\n")[2]
    if not last:
        return
    try:
        json.loads(last)
    except ValueError:
        file.write(TORN)
    file.write(b"\n")


def _plain(event: Event) -> dict[str, Any]:
    head: dict[str, Any] = {"event": event.name, "trial": event.trial}
    if isinstance(event, Asked):
        return {**head, "origin": event.origin, "values": dict(event.values)}
    told = asdict(event.report if isinstance(event, Heard) else event.end)
    return head | {key: _finite(value) for key, value in told.items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _event(plain: dict[str, Any]) -> Event:
    name, trial = plain.pop("event"), plain.pop("trial")
    if name == "asked":
        return Asked(trial=trial, values=plain["values"], origin=plain["origin"])
    if name == "epoch":
        return Heard(trial=trial, report=Report(**plain))
    if name == "ended":
        return Ended(trial=trial, end=TrialEnd(**plain))
    raise ValueError(f"an event '{name}' is not known")
