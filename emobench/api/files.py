"""What a dataset with files of its own needs beside decoding: which there are, what they hold."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from emobench.api.errors import DataError

PASSED_OVER = (".", "__MACOSX")
"""What the names of folders begin with that are no part of the data."""

CHUNK = 2**20
"""Bytes read at once; files of a corpus are mostly smaller."""


def files_below(root: Path) -> tuple[str, ...]:
    """Every file below a folder, hidden ones left out: paths below it with forward slashes."""
    found = []
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith(PASSED_OVER)]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return tuple(sorted(path.relative_to(root).as_posix() for path in found))


def file_digest(path: Path) -> bytes:
    """A digest of what a file holds, for a dataset's fingerprint; its name is no part of it.

    SHA-256, which processors compute themselves: the bytes of a corpus are hashed in every run.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return digest.digest()
