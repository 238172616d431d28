"""The folder of published records: `<task>/<run id>.json`, each read, verified or rejected."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from emobench.api.errors import DataError
from emobench.runs.files import explained
from emobench.runs.published import Published, read_published
from emobench.runs.shared_parts import RecordReader
from emobench.runs.verify import first_faults

SUFFIX = ".json"


@dataclass(frozen=True, kw_only=True)
class TaskFolder:
    """The published records of one task, unread: their paths, and a digest of all their bytes."""

    path: Path
    files: tuple[Path, ...]
    digest: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a task's files hold: the records that hold, and what is wrong with the others."""

    published: tuple[Published, ...]
    rejected: Mapping[Path, str]


def task_folders(folder: Path) -> Iterator[TaskFolder]:
    """Every task that has published records, by the name of its folder."""
    with explained(folder, what="folder of published records", flag="--records"):
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.name.startswith("."):
                files = tuple(sorted(each for each in path.iterdir() if _is_record(each)))
                if files:
                    yield TaskFolder(path=path, files=files, digest=_digest(files))


def stray_files(folder: Path) -> dict[Path, str]:
    """Files that lie where no published record may, with what is wrong."""
    told = "a published record lies in the folder of its task: <task>/<run id>.json"
    found = [path for path in folder.iterdir() if path.is_file() and path.suffix == SUFFIX]
    for task in _folders(folder):
        for deeper in _folders(task):
            found += [path for path in deeper.rglob(f"*{SUFFIX}") if path.is_file()]
    return dict.fromkeys(sorted(found), told)


def _folders(folder: Path) -> Iterator[Path]:
    """The folders in this one that are not hidden."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.is_dir():
                yield Path(entry.path)


def read_task(task: TaskFolder) -> Reading:
    """Read and verify every record of a task."""
    published = {}
    rejected = {}
    reader = RecordReader()
    for path in task.files:
        try:
            published[path] = read_published(path, reader=reader)
        except DataError as error:
            rejected[path] = str(error)
    faults = first_faults(list(published.values()))
    # A record's place follows from its id, so that no two files of a folder have one id.
    rejected |= {
        path: faults[one.record.id] for path, one in published.items() if one.record.id in faults
    }
    return Reading(
        published=tuple(one for one in published.values() if one.record.id not in faults),
        rejected=rejected,
    )


def _is_record(path: Path) -> bool:
    return path.suffix == SUFFIX and not path.name.startswith(".")


def _digest(files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
