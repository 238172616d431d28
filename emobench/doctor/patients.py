"""Finding a stored run by what a user calls it: its id, its folder, its record, a published one.

What can be no recipe and is no run either is refused here, with the runs that there are.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import NoReturn

from emobench.api.errors import DataError, UsageError
from emobench.doctor.evidence import Evidence, read_evidence
from emobench.runs.codec import record_from_json
from emobench.runs.folder import RECORD_FILE
from emobench.runs.store import ID_PATTERN

SUFFIX = ".json"
LIKE_AN_ID = re.compile(r"-seed\d+-[0-9a-f]{10}$")
"""How the ids of runs end, and no recipe's name does."""


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
    if path.suffix == SUFFIX or path.is_dir() or path.parent == runs or LIKE_AN_ID.search(name):
        _refuse(path, runs=runs)
    return None


def _refuse(path: Path, *, runs: Path) -> NoReturn:
    """Say what is wrong with the name of a run, and which runs there are."""
    if path.is_dir():
        inside = sum(1 for _ in path.glob(f"*{SUFFIX}")) or sum(
            1 for _ in path.glob(f"*/{RECORD_FILE}")
        )
        many = f"; it has {_runs(inside)} in it, name one of them" if inside else ""
        raise UsageError(f"'{path}' is a folder without {RECORD_FILE}, and so no run{many}")
    of_records = path.suffix == SUFFIX
    where = path.parent if of_records else runs
    found = where.glob(f"*{SUFFIX}") if of_records else where.glob(f"*/{RECORD_FILE}")
    known = sorted(each.stem if of_records else each.parent.name for each in found)
    near = difflib.get_close_matches(path.stem if of_records else path.name, known, n=1)
    meant = f"; did you mean '{near[0]}'?" if near else ""
    raise UsageError(
        f"there is no run '{path.name}' in '{where}'{meant}; {_runs(len(known))} "
        f"{'is' if len(known) == 1 else 'are'} there; give a run's id, its folder, a published "
        "record, or a recipe"
    )


def _runs(number: int) -> str:
    return f"{number or 'no'} run{'' if number == 1 else 's'}"


def _of_folder(folder: Path) -> Evidence:
    path = folder / RECORD_FILE
    try:
        record = record_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, DataError) as error:
        raise DataError(f"the record '{path}' cannot be read: {error}") from error
    return read_evidence(record, folder=folder)


def _published(path: Path) -> Evidence:
    from emobench.runs.published import read_published

    try:
        found = read_published(path)
    except DataError as error:
        raise DataError(f"'{path}' cannot be diagnosed: {error}") from error
    return read_evidence(found.record, folder=None, rows=found.history_rows())
