"""Finds the files of a `folder` dataset and the words about each: label, group, part of the split.

Reads names and the table; opens no media file.
"""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from emobench.api import (
    AUDIO_SUFFIXES,
    IMAGE_SUFFIXES,
    DataError,
    Where,
    files_below,
    unknown_name,
)
from emobench.api.files import PASSED_OVER
from emobench.data.folder_options import FolderOptions
from emobench.data.wording import some

SUFFIXES = {"audio": AUDIO_SUFFIXES, "image": IMAGE_SUFFIXES}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One file: its path below the root with forward slashes, and its row of the table."""

    name: str
    row: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Every file that counts, all of one modality, in order of name or of the table."""

    files: tuple[Listed, ...]
    modality: str


def list_files(root: Path, options: FolderOptions) -> Listing:
    """The files of the folder, or of its table, with their modality."""
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise DataError(
            f"the data folder {root} {what}; give the folder that holds your audio clips or "
            "images (dataset.root in the task file, or --data DIR)"
        )
    files = (
        _from_table(root, options)
        if options.table
        else [Listed(name=name) for name in files_below(root)]
    )
    found = {
        modality: [file for file in files if _suffix(file) in suffixes]
        for modality, suffixes in SUFFIXES.items()
    }
    modality = options.modality if options.modality != "auto" else _only_modality(root, found)
    if options.table and len(found[modality]) < len(files):
        strange = [file.name for file in files if _suffix(file) not in SUFFIXES[modality]]
        raise DataError(
            f"{root / options.table}: {len(strange)} of {len(files)} files are not {modality} "
            f"files by their suffix: {some(strange)}; known suffixes: "
            f"{', '.join(sorted(SUFFIXES[modality]))}"
        )
    if not found[modality]:
        raise DataError(
            f"{root} holds no {modality} file among {len(files)} files; looked for the suffixes "
            f"{', '.join(sorted(SUFFIXES[modality]))}, in sub-folders too"
        )
    if not options.table and options.label.folder:
        _refuse_empty_classes(root, found[modality], options.label.folder)
    return Listing(files=tuple(found[modality]), modality=modality)


def _suffix(file: Listed) -> str:
    return PurePosixPath(file.name).suffix.lower()


def _refuse_empty_classes(root: Path, files: Sequence[Listed], steps: int) -> None:
    """An empty folder beside those that name classes is a class whose files went missing."""
    paths = [PurePosixPath(file.name) for file in files]
    homes = {path.parents[steps] for path in paths if len(path.parts) > steps}
    empty = [
        folder.relative_to(root).as_posix()
        for home in sorted(homes)
        for folder in sorted((root / home).iterdir())
        if folder.is_dir() and not folder.name.startswith(PASSED_OVER) and not any(folder.iterdir())
    ]
    if empty:
        raise DataError(
            f"{root}: the class folder '{empty[0]}' is empty; add its files, or remove the folder "
            "if there is no such class"
        )


def _only_modality(root: Path, found: Mapping[str, Sequence[Listed]]) -> str:
    present = [modality for modality, files in found.items() if files]
    if len(present) > 1:
        counts = " and ".join(
            f"{len(files)} {modality} files (such as {files[0].name})"
            for modality, files in found.items()
        )
        raise DataError(f"{root} holds {counts}; say which count with modality: audio, or image")
    if not present:
        known = sorted(AUDIO_SUFFIXES | IMAGE_SUFFIXES)
        raise DataError(
            f"{root} holds no audio file and no image; looked for the suffixes "
            f"{', '.join(known)}, in sub-folders too"
        )
    return present[0]


def _from_table(root: Path, options: FolderOptions) -> list[Listed]:
    table = root / options.table
    rows = _read_rows(table)
    wanted = {"file": options.file}
    places = {"label": options.label, "group": options.group, "split": options.split}
    wanted |= {f"{name}.column": place.column for name, place in places.items() if place.column}
    if not rows:
        raise DataError(f"{table}: has no rows below its header")
    missing = [
        f"{option}: {unknown_name('column', column, rows[0])}"
        for option, column in wanted.items()
        if column.strip() not in rows[0]
    ]
    if missing:
        raise DataError(f"{table}: " + "; ".join(missing))
    files: dict[str, Listed] = {}
    for number, row in enumerate(rows, start=2):
        empty = [column for column in wanted.values() if not row[column.strip()]]
        if empty:
            raise DataError(f"{table}: row {number} has nothing in column '{empty[0]}'")
        name = _below_root(row[options.file.strip()])
        if not name:
            raise DataError(
                f"{table}: row {number} names '{row[options.file.strip()]}', which lies outside "
                f"the data folder {root}; give paths relative to that folder, and without '..'"
            )
        if name in files:
            raise DataError(f"{table}: row {number} lists {name} a second time")
        files[name] = Listed(name=name, row=row)
    absent = [name for name in files if not (root / name).is_file()]
    if absent:
        raise DataError(
            f"{table}: {len(absent)} of {len(files)} listed files do not exist below {root}: "
            f"{some(absent)}; paths in column '{options.file}' are relative to that folder"
        )
    return list(files.values())


def _below_root(name: str) -> str:
    """One spelling of a path below the root, with forward slashes; empty when it leads out.

    Names become ids of items, so a path of this machine would end up in records.
    """
    plain = posixpath.normpath(name.replace("\\", "/"))
    absolute = PurePosixPath(plain).is_absolute() or PureWindowsPath(plain).is_absolute()
    return "" if absolute or plain.split("/")[0] == ".." else plain


def _read_rows(table: Path) -> list[dict[str, str]]:
    """Rows by column, both stripped of spaces; commas, semicolons and tabs may part them."""
    try:
        text = table.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        lines = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
        header = [word.strip() for word in next(lines, [])]
        rows = [[word.strip() for word in line] for line in lines if any(line)]
    except FileNotFoundError as error:
        raise DataError(f"{table}: there is no such table; table is relative to root") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: cannot be read as a CSV table: {error}") from error
    return [dict(zip(header, row + [""] * len(header), strict=False)) for row in rows]


def words_of(files: Sequence[Listed], where: Where, *, what: str) -> tuple[str, ...]:
    """The word about each file, from the place named; a DataError when some have none."""
    if where.column:
        return tuple(file.row[where.column.strip()] for file in files)
    words = [where.word_in(file.name) for file in files]
    without = [file.name for file, word in zip(files, words, strict=True) if not word]
    if without and what == "label" and where.folder and all("/" not in file.name for file in files):
        raise DataError(
            f"label: the files lie in the data folder itself, such as {files[0].name}; give the "
            "folder above the class folders, or say in a task file where the label is found "
            "(label: {pattern: ...} or a table)"
        )
    if without:
        share = "none" if len(without) == len(files) else f"{len(files) - len(without)}"
        verb = "gives a word for" if where.folder else "matches"
        raise DataError(
            f"{what}: {where} {verb} {share} of {len(files)} files; it fails on {some(without)}. "
            + (
                "Count folders from the file up to the data folder"
                if where.folder
                else "It is searched in the file name, folders left out"
            )
        )
    return tuple(word or "" for word in words)
