"""What Ray is given of this machine: folders that are cleared away, and cores for trials."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emobench.api import UsageError
from emobench.sweeps import cluster as module
from emobench.sweeps.cluster import MARKER, SCRATCH, cluster, scratch
from emobench.sweeps.watcher import Resources


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders lie."""
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(module.os, "access", lambda *_: False)
    return tmp_path


def left_behind(place: Path, name: str) -> Path:
    """A folder as a killed process leaves it, an hour ago."""
    folder = place / f"{SCRATCH}{name}"
    folder.mkdir()
    (folder / MARKER).touch()
    os.utime(folder / MARKER, (0, 0))
    return folder


@pytest.fixture
def held(place: Path) -> Iterator[Path]:
    """One whose process is at work."""
    folder = left_behind(place, "held")
    with (folder / MARKER).open() as marker:
        fcntl.flock(marker, fcntl.LOCK_EX)
        yield folder


def test_what_a_killed_process_left_is_removed(place: Path) -> None:
    deserted = left_behind(place, "deserted")
    with scratch():
        assert not deserted.exists()


def test_what_another_process_works_in_stays(held: Path) -> None:
    with scratch() as ours:
        assert held.is_dir()
        assert Path(ours).is_dir()
    assert held.is_dir()
    assert not Path(ours).exists()


def test_nothing_of_anybody_elses_is_removed(place: Path) -> None:
    folder, file = place / f"{SCRATCH}clips", place / f"{SCRATCH}notes"
    folder.mkdir()
    (folder / "happy.wav").touch()
    file.touch()
    linked = place / f"{SCRATCH}linked"
    linked.mkdir()
    (linked / MARKER).symlink_to(folder / "happy.wav")
    for path in (folder, file, folder / "happy.wav"):
        os.utime(path, (0, 0))
    with scratch():
        pass
    assert (folder / "happy.wav").is_file()
    assert file.is_file()
    assert linked.is_dir()


def test_sockets_below_find_room(place: Path) -> None:
    with scratch() as ours:
        name = Path(ours).name
    session = "session_2026-11-22_02-55-47_800964_4194304"
    assert len(f"/tmp/{name}/{session}/sockets/plasma_store") < 107


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:99999", "[::1]:1"])
def test_an_address_where_nobody_answers_is_refused_at_once(address: str) -> None:
    began = time.monotonic()
    with (
        pytest.raises(UsageError, match=re.escape(f"nobody answers at --address {address} (")),
        cluster(Resources(address=address)),
    ):
        pass
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("resources", "cores"),
    [
        (Resources(), 16),
        (Resources(concurrent=3), 3),
        (Resources(concurrent=3, cpus=4), 12),
        (Resources(concurrent=30), 16),
        (Resources(concurrent=1, cpus=32), 16),
    ],
)
def test_ray_is_given_no_more_cores_than_trials_can_use(
    monkeypatch: pytest.MonkeyPatch, resources: Resources, cores: int
) -> None:
    monkeypatch.setattr(module, "usable_cores", lambda: 16)
    assert module._cores_for(resources) == cores
