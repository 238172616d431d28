"""Finding a stored run by what a user calls it: its id, its folder, its record, a published one."""

from __future__ import annotations

from pathlib import Path

from emobench.api.errors import DataError
from emobench.doctor.evidence import Evidence, read_evidence
from emobench.runs.codec import record_from_json
from emobench.runs.folder import RECORD_FILE
from emobench.runs.store import ID_PATTERN

SUFFIX = ".json"


def find_run(name: str, *, runs: Path) -> Evidence | None:
    """The evidence of the run of that name; None where a recipe must be meant."""
    path = Path(name).expanduser()
    if path.name == RECORD_FILE and path.is_file():
        return _of_folder(path.parent)
    if (path / RECORD_FILE).is_file():
        return _of_folder(path)
    if path.suffix == SUFFIX and path.is_file():
        return _published(path)
    if ID_PATTERN.fullmatch(name) and (runs / name / RECORD_FILE).is_file():
        return _of_folder(runs / name)
    return None


def _of_folder(folder: Path) -> Evidence:
    path = folder / RECORD_FILE
    try:
        record = record_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, DataError) as error:
        raise DataError(f"the record '{path}' cannot be read: {error}") from error
    return read_evidence(record, folder=folder)


def _published(path: Path) -> Evidence:
    from emobench.runs.published import read_published

    found = read_published(path)
    return read_evidence(found.record, folder=None, rows=found.history_rows())
