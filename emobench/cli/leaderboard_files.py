"""The files of boards in their folder: which there are, written, or compared to the byte."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.api import UsageError
from emobench.boards.words import count

if TYPE_CHECKING:
    from emobench.boards.board import Board

INDEX_PAGE = "README.md"
PLACES = ("*.md", "charts/*/*.svg", "recipes/*/**/*.yaml")
SHOWN = 12


def board_files(boards: Sequence[Board]) -> dict[str, str]:
    """The pages and charts of boards, and their index, by their path in the folder."""
    from emobench.boards.index import render_index
    from emobench.boards.site import with_charts

    files: dict[str, str] = {}
    for board in boards:
        files |= with_charts(board)
    return {**files, INDEX_PAGE: render_index(boards)}


def holds_boards(out: Path) -> bool:
    """Whether some file in the folder was written for a board."""
    return bool(_leftovers({}, out))


def check_files(files: Mapping[str, str], *, out: Path, command: str) -> list[str]:
    """Say that every file is there as it must be, or raise a UsageError that names the others."""
    from emobench.runs.files import explained

    with explained(out, what="folder of boards", flag="--out"):
        faults = {
            "missing": [name for name in files if not (out / name).is_file()],
            "out of date": [
                name
                for name, text in files.items()
                if (out / name).is_file() and not _holds(out / name, text)
            ],
            "left over": _leftovers(files, out),
        }
    told = [f"{fault} in {out}: {_listed(names)}" for fault, names in faults.items() if names]
    if told:
        raise UsageError("; ".join([*told, f"write the pages anew with: {command}"]))
    return [f"{count(len(files), 'file')} in {out} current"]


def write_files(files: Mapping[str, str], *, out: Path, source: Path) -> list[str]:
    """Write what has changed, and remove what earlier calls wrote and this one did not."""
    from emobench.runs.files import explained

    with explained(out, what="folder of boards", flag="--out"):
        leftovers = _leftovers(files, out)
        boards = [name for name in leftovers if name.endswith(".md")]
        if boards and set(files) == {INDEX_PAGE}:
            raise UsageError(
                f"no records in {source}, but {out} holds {count(len(boards), 'board')}, which "
                "would be removed; name the folder of records with --runs DIR, or remove the "
                "boards yourself"
            )
        _refuse_strange_index(out / INDEX_PAGE)
        changed = [
            name
            for name, text in files.items()
            if not (out / name).is_file() or not _holds(out / name, text)
        ]
        for name in changed:
            _replace(out / name, files[name])
        for name in leftovers:
            (out / name).unlink()
            _remove_if_empty((out / name).parent, out)
    pages = [name for name in files if name.endswith(".md")]
    lines = [f"{count(len(pages), 'page')} in {out} written, {count(len(changed), 'file')} changed"]
    return [*lines, *(f"removed {name}: it has no records now" for name in leftovers)]


def _replace(path: Path, text: str) -> None:
    """Without waiting for the disk, as what is lost in a power cut is written by the next call."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _holds(path: Path, text: str) -> bool:
    return path.read_bytes() == text.encode("utf-8")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _refuse_strange_index(path: Path) -> None:
    from emobench.boards.text import is_ours

    if path.is_file() and not is_ours(_read(path)):
        raise UsageError(
            f"{path} was not written by emobench and would be replaced by the index of boards; "
            "name a folder of their own with --out DIR"
        )


def _leftovers(files: Mapping[str, str], out: Path) -> list[str]:
    """Files of boards in the folder that are none of these; one by another hand is not one."""
    from emobench.boards.text import is_ours

    return [
        name
        for name, path in _found(out)
        if name not in files and path.is_file() and is_ours(_read(path))
    ]


def _found(out: Path) -> Iterator[tuple[str, Path]]:
    for pattern in PLACES:
        for path in sorted(out.glob(pattern)):
            yield path.relative_to(out).as_posix(), path


def _remove_if_empty(folder: Path, out: Path) -> None:
    while folder != out and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
