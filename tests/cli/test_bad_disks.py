"""Disks that are full or cannot be written, real ones: small file systems in memory."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Refused = Callable[..., str]
RUN = ("run", "clips.yaml", "--task", "task.yaml")
KIB = 1024


class Disk:
    """A file system of one MiB."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def leave(self, kib: int) -> None:
        """Fill the disk until so many KiB are free."""
        with (self.path / "filler").open("wb") as filler:
            filler.write(b"x" * KIB * (KIB - kib))

    def free(self) -> None:
        """Make room again."""
        (self.path / "filler").unlink()

    def protect(self) -> None:
        """Allow reading alone."""
        mount("-o", "remount,ro", str(self.path))


def mount(*arguments: str) -> None:
    result = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"a file system of its own cannot be mounted here: {result.stderr.strip()}")


@pytest.fixture
def disk(clips: Path) -> Iterator[Disk]:
    """A small disk of this test alone."""
    path = clips.parent / "disk"
    path.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path))
    yield Disk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def records(disk: Disk) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in disk.path.glob("runs/*/record.json")]


# About where a run stops: before its record, at two checkpoints, at the predictions, at the plots.
@pytest.mark.parametrize("kib", [0, 16, 32, 48, 96])
def test_a_full_disk_under_the_runs_ends_clearly_and_the_same_command_goes_on(
    disk: Disk, emobench: Callable[..., Any], refused: Refused, kib: int
) -> None:
    command = (*RUN, "--runs", "disk/runs")
    disk.leave(kib)
    message = refused(*command, code=5)
    assert "the disk that holds the runs folder 'disk/runs' is full" in message
    assert "No space left on device" in message
    assert "name a folder on another disk with --runs DIR" in message
    assert all(record["state"] in ("interrupted", "failed") for record in records(disk))
    assert not any(record["scores"] for record in records(disk))
    disk.free()
    again = emobench(*command)
    assert again.code == 0, again.err
    straight = emobench(*RUN, "--runs", "straight")
    assert straight.code == 0
    (run,) = disk.path.glob("runs/*/record.json")
    for name in ("predictions.npz", "model.safetensors", "history.jsonl"):
        twin = Path("straight") / run.parent.name / name
        assert (run.parent / name).read_bytes() == twin.read_bytes()


def test_a_full_disk_under_the_cache_says_how_to_name_another(
    disk: Disk, refused: Refused, emobench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOBENCH_CACHE", "disk/cache")
    disk.leave(8)
    message = refused(*RUN, code=4)
    assert "no room in the cache folder disk/cache: the prepared features need 0.1 MiB" in message
    assert "No space left on device" in message
    assert "set EMOBENCH_CACHE to another folder" in message
    assert [path for path in disk.path.rglob("*") if path.suffix == ".npy"] == []
    disk.free()
    assert emobench(*RUN).code == 0


def test_a_runs_folder_that_can_only_be_read_is_named(disk: Disk, refused: Refused) -> None:
    disk.protect()
    message = refused(*RUN, "--runs", "disk/runs", code=2)
    assert "the runs folder 'disk/runs' cannot be written or read" in message
    assert "Read-only file system" in message
    assert "change its permissions, or name another folder with --runs DIR" in message


def test_a_stored_run_is_answered_from_a_disk_that_can_only_be_read(
    disk: Disk, emobench: Callable[..., Any]
) -> None:
    assert emobench(*RUN, "--runs", "disk/runs").code == 0
    disk.protect()
    again = emobench(*RUN, "--runs", "disk/runs")
    assert again.code == 0
    assert "stored record" in again.out


def test_a_cache_that_can_only_be_read_is_named(
    disk: Disk, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOBENCH_CACHE", "disk/cache")
    disk.protect()
    message = refused(*RUN, code=4)
    assert "the cache folder disk/cache cannot be used: Read-only file system" in message
    assert "set EMOBENCH_CACHE to a folder that can be written" in message


def test_a_file_in_place_of_the_runs_folder_is_named(clips: Path, refused: Refused) -> None:
    (clips.parent / "taken").write_text("")
    message = refused(*RUN, "--runs", "taken", code=2)
    assert "the runs folder 'taken' cannot be used: something else lies at 'taken/" in message
    assert "move it away, or name another folder with --runs DIR" in message


def test_a_file_in_place_of_the_cache_is_named(
    clips: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clips.parent / "taken").write_text("")
    monkeypatch.setenv("EMOBENCH_CACHE", "taken")
    message = refused(*RUN, code=4)
    assert "the cache folder taken cannot be used" in message
    assert "set EMOBENCH_CACHE to a folder that can be written" in message
