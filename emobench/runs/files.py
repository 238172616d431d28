"""Files that are written whole or not at all, and disk errors in words a user can act on."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from emobench.api.errors import EmobenchError, RunError, UsageError

TEMPORARY_SUFFIX = ".tmp"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
NOT_A_FOLDER = frozenset({errno.ENOTDIR, errno.EEXIST, errno.EISDIR})


def write_atomic(path: Path, data: bytes | str) -> None:
    """Replace the file by `data` (text as UTF-8); a reader sees the old bytes or the new."""
    content = data.encode("utf-8") if isinstance(data, str) else data
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def clear_leftovers(folder: Path) -> None:
    """Delete the temporary files that a killed process left; only for who holds the lock."""
    for path in folder.glob(f".*{TEMPORARY_SUFFIX}"):
        path.unlink(missing_ok=True)


@contextmanager
def explained(folder: Path, *, what: str = "runs folder", flag: str = "--runs") -> Iterator[None]:
    """Turn an OSError on a folder that the user chose into a message that says what to do."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, folder, what=what, flag=flag) from error


def disk_error(error: OSError, folder: Path, *, what: str, flag: str) -> EmobenchError:
    """The message for an OSError met in the user's `folder`, which `flag` names."""
    reason = error.strerror or str(error)
    if error.errno in FULL:
        return RunError(
            f"the disk that holds the {what} '{folder}' is full ({reason}); free some space, or "
            f"name a folder on another disk with {flag} DIR, then give the same command again: "
            "what was written so far is kept"
        )
    if error.errno in REFUSED:
        return UsageError(
            f"the {what} '{folder}' cannot be written or read ({reason}); change its "
            f"permissions, or name another folder with {flag} DIR"
        )
    if error.errno in NOT_A_FOLDER:
        where = error.filename or folder
        return UsageError(
            f"the {what} '{folder}' cannot be used: something else lies at '{where}' "
            f"({reason}); move it away, or name another folder with {flag} DIR"
        )
    return RunError(f"the {what} '{folder}' failed: {reason}; name another with {flag} DIR")


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, on file systems that can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
