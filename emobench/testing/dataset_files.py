"""What is done to the files of a tiny set, to see whether a dataset notices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path


def move_between_folders(files: Sequence[Path]) -> bool:
    """Move a file to the folder of another of its sort, or have the two change places.

    Nothing is moved where all files of a sort lie in one folder.
    """
    pairs = [
        (one, other)
        for one, other in permutations(files, 2)
        if (one.suffix, len(one.parts)) == (other.suffix, len(other.parts))
        and one.parent != other.parent
    ]
    for one, other in pairs:
        if not (other.parent / one.name).exists():
            one.rename(other.parent / one.name)
            return True
    for one, other in pairs[-1:]:
        content = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(content)
    return bool(pairs)
