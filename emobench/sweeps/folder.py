"""A sweep's folder: `<runs>/sweeps/<name>/` with its trials' runs, its journal and its winner.

It lies apart from other runs, so that a board of those never ranks the best of many tries.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from emobench.api.errors import DataError, EmobenchError, UsageError, unknown_name
from emobench.recipes.emit import to_yaml
from emobench.recipes.identity import identity
from emobench.recipes.model import Recipe
from emobench.runs.files import clear_leftovers, explained, write_atomic
from emobench.runs.folder import LOCK_FILE
from emobench.sweeps.call import Call
from emobench.sweeps.study import Start

SWEEPS_FOLDER = "sweeps"
SWEEP_FILE = "sweep.json"
JOURNAL_FILE = "journal.jsonl"
PICTURES_FOLDER = "plots"
SWEEP_SCHEMA = 1
LOCK_ATTEMPTS = 3
"""Somebody who only looks whether a sweep is at work holds its lock for a moment."""

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What figures rest on that no argument tells: the data's fingerprint, and who made what.

    `versions` are those of the components of the recipe as it stands, and of the core.
    """

    data: str
    versions: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SweepFile:
    """What `sweep.json` holds.

    `definition` is what makes two calls the same sweep, `call` the arguments of the latest one.
    The starts are kept because the records they come from may grow while the sweep lasts. The
    origin is that of the first trial; None before it, and in files of an earlier emobench.
    """

    definition: Mapping[str, Any]
    call: Call
    starts: tuple[Start, ...] = ()
    origin: Origin | None = None

    def dump(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "schema": SWEEP_SCHEMA,
            "definition": dict(self.definition),
            "call": self.call.dump(),
            "starts": [asdict(start) for start in self.starts],
            **({"origin": asdict(self.origin)} if self.origin else {}),
        }


def default_name(definition: Mapping[str, Any]) -> str:
    """A name a person can read, made unique by what the sweep is: the same call, the same name."""
    words = f"{definition['recipe']['name']}-{definition['task']['name']}"
    readable = re.sub(r"[^a-z0-9._-]+", "-", words.lower()).lstrip("-_.")
    return f"{readable}-{identity(**definition)[:8]}"


def sweep_names(runs: Path) -> list[str]:
    """The sweeps below a folder of runs."""
    folder = runs / SWEEPS_FOLDER
    with explained(runs):
        found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path.name for path in found if (path / SWEEP_FILE).is_file()]


class SweepFolder:
    """Where one sweep keeps what it did."""

    def __init__(self, runs: Path, name: str) -> None:
        if not NAME_PATTERN.fullmatch(name):
            raise UsageError(
                f"'{name}' is no name for a sweep: letters, digits, '.', '_' and '-' only, "
                "beginning with a letter or digit"
            )
        self.root = runs
        self.name = name
        self.path = runs / SWEEPS_FOLDER / name

    @property
    def journal(self) -> Path:
        """One line of JSON an event: the truth of the sweep."""
        return self.path / JOURNAL_FILE

    @property
    def winner(self) -> Path:
        """The winner, as a recipe that runs; boards call it by its file, and so by the sweep."""
        return self.path / f"{self.name}.yaml"

    @property
    def page(self) -> Path:
        """The search as one HTML page."""
        return self.path / f"{self.name}.html"

    @property
    def pictures(self) -> Path:
        """The same pictures as files."""
        return self.path / PICTURES_FOLDER

    @contextmanager
    def held(self) -> Iterator[None]:
        """The folder for this process alone; a UsageError names the one that has it.

        A sweep that is refused before its first trial leaves none where there was none before.
        """
        is_new = False
        while (descriptor := self._locked()) is None:
            is_new |= self._made()
        try:
            with explained(self.root):
                clear_leftovers(self.path)
            yield
        except EmobenchError:
            if is_new and not self.journal.exists():
                self._remove()
            raise
        finally:
            os.close(descriptor)

    def _made(self) -> bool:
        """Make the folder; whether there was none."""
        with explained(self.root):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self.path.mkdir()
            except FileExistsError:
                if not self.path.is_dir():
                    raise
                return False
        return True

    def _locked(self) -> int | None:
        """The lock, held; None where there is no folder, or its last holder removed it."""
        lock = self.path / LOCK_FILE
        with explained(self.root):
            try:
                descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
            except FileNotFoundError:
                return None
        try:
            self._lock(descriptor)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), lock.stat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def _remove(self) -> None:
        """Remove a folder without trials, the lock last: until then nobody else works here."""
        with suppress(OSError):
            for path in self.path.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name != LOCK_FILE:
                    path.unlink()
            (self.path / LOCK_FILE).unlink()
            self.path.rmdir()

    def _lock(self, descriptor: int) -> None:
        for attempt in range(LOCK_ATTEMPTS):
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(0.05 if attempt + 1 < LOCK_ATTEMPTS else 0)
        else:
            raise UsageError(
                f"sweep '{self.name}' is at work in {self.path} ({_owner(descriptor)}); watch it "
                f"with `emobench sweep status {self.name}`, or stop that process first"
            )
        with explained(self.root):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)

    def worker(self) -> str:
        """The process that is at work here, in words; empty where there is none."""
        try:
            descriptor = os.open(self.path / LOCK_FILE, os.O_RDONLY)
        except OSError:
            return ""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _owner(descriptor)
        finally:
            os.close(descriptor)
        return ""

    def known(self) -> SweepFile | None:
        """What an earlier call kept here; None where there is no sweep."""
        file = self.path / SWEEP_FILE
        with explained(self.root):
            text = file.read_text(encoding="utf-8") if file.exists() else None
        if text is None:
            return None
        return self._read(text)

    def _read(self, text: str) -> SweepFile:
        try:
            plain = json.loads(text)
            if "definition" not in plain:
                raise UsageError(
                    f"'{self.path}' holds a sweep of an earlier emobench, which kept no journal to "
                    "go on from; its trials' records stay readable there: give this sweep another "
                    "name with --name"
                )
            return SweepFile(
                definition=plain["definition"],
                call=Call.parse(plain["call"]),
                starts=tuple(Start(**start) for start in plain["starts"]),
                origin=Origin(**plain["origin"]) if "origin" in plain else None,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"'{self.path / SWEEP_FILE}' is damaged ({error}); the trials lie beside it: move "
                "the folder away to begin anew"
            ) from error

    def existing(self) -> SweepFile:
        """What an earlier call kept here; a UsageError with the nearest name where none did."""
        known = self.known()
        if known is None:
            names = sweep_names(self.root)
            raise UsageError(
                unknown_name(
                    "sweep",
                    self.name,
                    names,
                    advice=f"looked in {self.root / SWEEPS_FOLDER}; `emobench sweep` without "
                    "--resume begins one",
                )
            )
        return known

    def open(
        self, definition: Mapping[str, Any], *, call: Call, starts: Sequence[Start]
    ) -> SweepFile:
        """Begin a sweep here, or go on with it; refuse a folder that holds another one."""
        known = self.known()
        if known is not None:
            self._refuse_another(known.definition, definition)
        file = SweepFile(
            definition=definition,
            call=call.from_anywhere(),
            starts=known.starts if known is not None else tuple(starts),
            origin=known.origin if known is not None else None,
        )
        self._write(file)
        return file

    def settle(self, origin: Origin, *, begun: bool) -> None:
        """Keep what the first trial's figures will rest on; once there is one, refuse another.

        A sweep that was begun without it goes on: what it began with is not known.
        """
        file = self.existing()
        if not begun:
            self._write(replace(file, origin=origin))
        elif file.origin is not None:
            self._refuse_other_origin(file.origin, origin)

    def _write(self, file: SweepFile) -> None:
        with explained(self.root):
            write_atomic(self.path / SWEEP_FILE, json.dumps(file.dump(), indent=1) + "\n")

    def _refuse_other_origin(self, known: Origin, found: Origin) -> None:
        if known.data != found.data:
            raise UsageError(
                f"the data of the task are others than those that sweep '{self.name}' began with "
                f"(fingerprint {found.data}, and was {known.data}), and figures of the two cannot "
                "be compared; bring those data back, or begin another sweep with --name"
            )
        one, other = known.versions, found.versions
        differing = [key for key in one if key in other and one[key] != other[key]]
        if differing:
            before, now = (
                ", ".join(sorted({versions[key] for key in differing})) for versions in (one, other)
            )
            raise UsageError(
                f"sweep '{self.name}' began with {before}, and now there is {now}; figures of the "
                "two cannot be compared: install what it began with, or begin another sweep with "
                "--name"
            )

    def _refuse_another(self, known: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        wanted = json.loads(json.dumps(wanted))
        keys = [*wanted, *(key for key in known if key not in wanted)]
        differing = [key for key in keys if known.get(key) != wanted.get(key)]
        if differing:
            raise UsageError(
                f"'{self.path}' holds another sweep (it differs in: {', '.join(differing)}); name "
                "this one with --name, or go on with that one, without what differs, by "
                f"`emobench sweep --resume --name {self.name}`"
            )

    def write_winner(self, recipe: Recipe, *, task: str, summary: str) -> None:
        """Write the winner's recipe."""
        winner = replace(recipe, task=task, summary=summary)
        with explained(self.root):
            write_atomic(self.winner, to_yaml(winner.dump()))


def _owner(descriptor: int) -> str:
    """The process that wrote itself into a lock, and its machine where that is another."""
    words = os.pread(descriptor, 256, 0).decode(errors="replace").split()
    if not words:
        return "process unknown"
    machine = "".join(words[1:2])
    where = f" on {machine}" if machine and machine != socket.gethostname() else ""
    return f"process {words[0]}{where}"
