"""From the folder of published records to the files of their boards, by way of a cache.

What a task's records give is kept by a digest of their bytes and of the code that reads them, so
that only tasks with new records are verified and compared again.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np

from emobench.boards.evidence import Evidence, gather, in_order
from emobench.boards.pooled import SeedTallies
from emobench.boards.site import RecipeText, TaskFiles, site_files, strangers, task_files
from emobench.runs.files import write_atomic
from emobench.runs.published import Published
from emobench.runs.published_folder import TaskFolder, read_task, stray_files, task_folders

CODE = ("api", "boards", "recipes", "runs", "scoring")
"""The rooms that decide what a board says."""
Result = TypeVar("Result")

WORTH_A_PROCESS = 400
"""Records below which a second process would cost more than it saves."""


@dataclass(frozen=True, kw_only=True)
class PublishedSite:
    """Everything that published records give; with a rejected one, `files` is not to be written.

    `rejected` says of each wrong file what is wrong with it. `evidence` holds that of the tasks
    which had to be read, by their folder, if it was asked for.
    """

    tasks: tuple[TaskFiles, ...]
    folders: tuple[TaskFolder, ...]
    rejected: Mapping[Path, str]
    evidence: Mapping[Path, tuple[Evidence, ...]] = field(default_factory=dict, compare=False)

    @property
    def records(self) -> int:
        """How many records there are."""
        return sum(len(task.files) for task in self.folders)

    def files(self, *, beside: Mapping[str, str]) -> dict[str, str]:
        """The text of every file, by its path below the folder of boards."""
        return site_files(self.tasks, beside=beside)


def kept_pages(
    site: PublishedSite,
    make: Callable[[Sequence[Evidence]], dict[str, str]],
    *,
    known: str,
    cache_folder: Path,
) -> dict[str, str]:
    """Pages that are made from all tasks at once, from the cache where nothing has changed.

    `known` is all else that they depend on. Tasks that the site had from the cache are read.
    """
    digests = [f"{task.path.name} {task.digest}" for task in site.folders]
    path = cache_folder / "boards" / _name_of("pages", known, *digests)
    with suppress(OSError, ValueError):
        pages: dict[str, str] = json.loads(path.read_bytes())
        return pages
    unread = [task for task in site.folders if task.path not in site.evidence]
    read = {task.path: found for task, found in zip(unread, _each(_gathered, unread), strict=True)}
    known_of = {**site.evidence, **read}
    pages = make(in_order(one for task in site.folders for one in known_of[task.path]))
    _keep(path, pages)
    return pages


def published_site(
    records: Path,
    *,
    home: str,
    recipe_text: RecipeText,
    cache_folder: Path,
    gathering: bool = False,
) -> PublishedSite:
    """The boards of every published record below a folder; `home` is what theirs is called.

    With `gathering`, the evidence of tasks that must be read is kept for `kept_pages`.
    """
    folders = list(task_folders(records))
    kept = cache_folder / "boards"
    places = {
        task.path: kept / _name_of("task", home, task.path.name, task.digest) for task in folders
    }
    known = {path: _recall(place) for path, place in places.items()}
    missing = [task for task in folders if known[task.path] is None]
    rejected = stray_files(records)
    evidence = {}
    work = partial(_made, home=home, recipe_text=recipe_text, gathering=gathering)
    for task, made in zip(missing, _each(work, missing), strict=True):
        known[task.path] = made.files
        rejected |= made.rejected
        if made.evidence is not None:
            evidence[task.path] = made.evidence
        if not made.rejected:
            _keep(places[task.path], made.files.to_plain())
    return PublishedSite(
        tasks=tuple(
            sorted(
                (made for made in known.values() if made is not None and made.lines),
                key=lambda made: made.lines[0].title,
            )
        ),
        folders=tuple(folders),
        rejected=dict(sorted(rejected.items())),
        evidence=evidence,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Made:
    """What comes of a task: files, what is wrong with rejected records, evidence if asked for."""

    files: TaskFiles
    rejected: Mapping[Path, str]
    evidence: tuple[Evidence, ...] | None


def _made(task: TaskFolder, *, home: str, recipe_text: RecipeText, gathering: bool) -> _Made:
    with _collecting_nothing():
        sound, rejected = _sound(task)
        tallies = SeedTallies()
        return _Made(
            files=task_files(sound, home=home, recipe_text=recipe_text, tallies=tallies),
            rejected=rejected,
            evidence=gather(sound, tallies=tallies) if gathering else None,
        )


def _gathered(task: TaskFolder) -> tuple[Evidence, ...]:
    with _collecting_nothing():
        return gather(_sound(task)[0])


def _sound(task: TaskFolder) -> tuple[Sequence[Published], Mapping[Path, str]]:
    """The records of a task that hold, and what is wrong with the others."""
    reading = read_task(task)
    strange = strangers(reading.published)
    rejected = {task.path / f"{run_id}.json": reason for run_id, reason in strange.items()}
    sound = [one for one in reading.published if one.record.id not in strange]
    return sound, {**reading.rejected, **rejected}


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """Records hold no cycles, and looking for some again and again takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _each(work: Callable[[TaskFolder], Result], tasks: Sequence[TaskFolder]) -> list[Result]:
    """The work on every task, in processes beside each other where there is much of it."""
    workers = min(os.cpu_count() or 1, len(tasks))
    if workers < 2 or sum(len(task.files) for task in tasks) < WORTH_A_PROCESS:
        return [work(task) for task in tasks]
    # The longest first, so that no process begins one when the others have ended.
    longest = sorted(range(len(tasks)), key=lambda place: -len(tasks[place].files))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {place: pool.submit(work, tasks[place]) for place in longest}
        return [waiting[place].result() for place in range(len(tasks))]


def _name_of(*parts: str) -> str:
    """A file name for what comes of these parts by this code."""
    said = "\n".join([_code_digest(), np.__version__, *parts])
    return f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.json"


@cache
def _code_digest() -> str:
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for room in CODE:
        for path in sorted((package / room).rglob("*.py")):
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _recall(path: Path) -> TaskFiles | None:
    """What the cache holds; whatever cannot be read is not there."""
    try:
        return TaskFiles.from_plain(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, plain: object) -> None:
    with suppress(OSError):  # a cache: where it cannot be written, the next call works again
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps(plain))
