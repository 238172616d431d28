"""Finds a corpus below the data root and the clips in it, however people unpacked it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emobench.api import AUDIO_SUFFIXES, DataError, DatasetComponent, file_digest, files_below

SHOWN = 5
"""How many names a message gives."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the name of one file says; `id` is the same in every layout and encoding."""

    id: str
    emotion: str
    speaker: str
    fields: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How a corpus names its folder and its files, and what a whole copy of it holds.

    `within` is the one sub-folder that counts, where the owner gives clips in several encodings.
    """

    about: DatasetComponent
    folders: tuple[str, ...]
    form: str
    read: Callable[[PurePosixPath], Said | None]
    within: str = ""
    person: str = "speaker"


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One file, its path below the corpus' folder, and what its name says."""

    path: str
    said: Said


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Every clip once, in order of id, and how many second copies were left out."""

    clips: tuple[Clip, ...]
    copies: int = 0


def find_home(data_root: Path, *, folder: str, naming: Naming) -> Path | None:
    """The corpus' folder: the one named, or one with a usual name; None where there is none."""
    if folder:
        named = Path(data_root, folder).expanduser()
        return named if named.is_dir() else None
    exact = data_root / naming.folders[0]
    if exact.is_dir():
        return exact
    usual = {_plain(name) for name in naming.folders}
    if not data_root.is_dir():
        return None
    found = sorted(
        path for path in data_root.iterdir() if _plain(path.name) in usual and path.is_dir()
    )
    if len(found) > 1:
        raise DataError(
            f"dataset '{naming.about.name}': {len(found)} folders below {data_root} could be it: "
            f"{', '.join(path.name for path in found)}; say which with the option 'folder'"
        )
    if not found and _plain(data_root.absolute().name) in usual:
        return data_root
    return found[0] if found else None


def list_clips(home: Path, naming: Naming) -> Listing:
    """The clips of a corpus; a DataError when there are none, or files that are none of it."""
    files = files_below(home)
    audio = [name for name in files if PurePosixPath(name).suffix.lower() in AUDIO_SUFFIXES]
    if not audio:
        held = f"{len(files)} other files, such as {some(files)}" if files else "nothing at all"
        raise DataError(
            f"dataset '{naming.about.name}': {home} holds no audio file but {held}; known "
            f"suffixes: {', '.join(sorted(AUDIO_SUFFIXES))}. Expected there: {naming.about.layout}"
        )
    if naming.within:
        inner = [name for name in audio if naming.within in PurePosixPath(name).parts[:-1]]
        audio = inner or audio
    read = {name: naming.read(PurePosixPath(name)) for name in audio}
    foreign = [name for name, said in read.items() if said is None]
    if foreign:
        raise DataError(
            f"dataset '{naming.about.name}': {len(foreign)} of {len(audio)} audio files in {home} "
            f"are not named {naming.form}: {some(foreign)}; move what is no part of the corpus "
            "elsewhere, or name its own folder with the option 'folder'"
        )
    by_id = defaultdict(list)
    for name, said in read.items():
        if said is not None:
            by_id[said.id].append(Clip(path=name, said=said))
    _refuse_two_versions(home, naming, [clips for clips in by_id.values() if len(clips) > 1])
    return Listing(
        clips=tuple(by_id[identifier][0] for identifier in sorted(by_id)),
        copies=len(audio) - len(by_id),
    )


def _refuse_two_versions(home: Path, naming: Naming, several: Sequence[list[Clip]]) -> None:
    """Copies of a clip must be alike to the byte, else nobody can say which one is meant."""
    torn = [
        clips for clips in several if len({file_digest(home / clip.path) for clip in clips}) > 1
    ]
    if torn:
        pair = " and ".join(clip.path for clip in torn[0][:2])
        raise DataError(
            f"dataset '{naming.about.name}': {len(torn)} clips lie in {home} in several files that "
            f"differ, such as {pair}; remove all but one, or name the folder of one version with "
            "the option 'folder'"
        )


def some(names: Sequence[str]) -> str:
    """The first few names, for a message."""
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
