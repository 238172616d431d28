"""The end of a process that hangs, what it leaves behind, and a disk that fails it."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.api import RunError
from emobench.sweeps.watchdog import Watchdog

HANGING = """
import sys, threading
from emobench.sweeps.watchdog import Watchdog
from pathlib import Path

def advance():
    dog.heard()
    sum(range(10**13))

dog = Watchdog(Path(sys.argv[1]) / "hung.txt", patience=0.5, inside="advance")
threading.Thread(target=threading.Event().wait, daemon=True).start()
advance()
"""


def test_a_process_that_hangs_in_c_is_ended_and_says_where(tmp_path: Path) -> None:
    program = tmp_path / "hanging.py"
    program.write_text(HANGING)
    ended = subprocess.run([sys.executable, str(program), str(tmp_path)], timeout=60, check=False)
    assert ended.returncode == 1
    trace = Watchdog(tmp_path / "hung.txt", patience=1, inside="advance")
    innermost, caller = trace.last_words()
    assert innermost.endswith("hanging.py:8 in advance")
    assert caller.endswith("in <module>")


def test_a_watchdog_that_hears_of_its_work_lets_it_be(tmp_path: Path) -> None:
    dog = Watchdog(tmp_path / "hung.txt", patience=0.4, inside="advance")
    for _ in range(10):
        dog.heard()
        time.sleep(0.1)
    dog.close()
    assert dog.last_words() == ()
    assert not dog.trace.exists()


@pytest.mark.parametrize(
    ("method", "work"),
    [
        ("open", Watchdog.heard),
        ("mkdir", Watchdog.heard),
        ("read_text", Watchdog.last_words),
        ("replace", Watchdog.put_by),
    ],
)
def test_a_disk_that_fails_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, work: Callable[[Watchdog], Any]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "hung.txt").touch()
    dog = Watchdog(tmp_path / "hung.txt", patience=60, inside="advance")
    monkeypatch.setattr(Path, method, full)
    with pytest.raises(RunError, match=r"the disk that holds .* is full"):
        work(dog)


def test_a_watchdog_whose_file_is_gone_closes_in_peace(tmp_path: Path) -> None:
    dog = Watchdog(tmp_path / "hung.txt", patience=60, inside="advance")
    dog.heard()
    dog.trace.unlink()
    dog.close()
    assert not dog.trace.exists()
