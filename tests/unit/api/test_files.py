"""Listing and digesting files: what counts, what does not, and what another byte changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from emobench.api import DataError, file_digest, files_below


def test_files_are_listed_in_order_of_name_below_the_folder(tmp_path: Path) -> None:
    for name in ("b/2.wav", "a/x/1.wav", "c.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert files_below(tmp_path) == ("a/x/1.wav", "b/2.wav", "c.txt")


def test_hidden_files_and_leavings_of_archives_do_not_count(tmp_path: Path) -> None:
    for name in (".git/x.wav", "__MACOSX/._1.wav", "a/._1.wav", "a/.DS_Store", "a/1.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert files_below(tmp_path) == ("a/1.wav",)


def test_a_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "one.wav").write_bytes(content)
    (tmp_path / "other.wav").write_bytes(content)
    digest = file_digest(tmp_path / "one.wav")
    assert digest == file_digest(tmp_path / "other.wav") == hashlib.sha256(content).digest()


def test_another_last_byte_is_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(b"\0" * 3_000_000 + b"\1")
    before = file_digest(path)
    path.write_bytes(b"\0" * 3_000_000 + b"\2")
    assert file_digest(path) != before


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.wav: cannot be read: No such file"):
        file_digest(tmp_path / "gone.wav")
