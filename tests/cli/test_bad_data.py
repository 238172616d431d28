"""Data that are missing, broken or not fit for the task: said once, clearly, with exit code 4."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Refused = Callable[..., str]
RUN = ("run", "clips.yaml", "--task", "task.yaml")


def add_to_dataset(clips: Path, line: str) -> None:
    task = clips.parent / "task.yaml"
    task.write_text(task.read_text().replace("protocol:", f"  {line}\nprotocol:"))


def read_record(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("runs/*/record.json")
    record: dict[str, Any] = json.loads(path.read_text())
    return record


def test_a_data_root_that_is_missing_is_named(clips: Path, refused: Refused) -> None:
    shutil.rmtree(clips)
    message = refused(*RUN, code=4)
    assert f"the data folder {clips} does not exist" in message
    assert "give the folder that holds your audio clips or images" in message
    assert "dataset.root in the task file, or --data DIR" in message


def test_a_data_folder_that_is_missing_is_named(clips: Path, refused: Refused) -> None:
    message = refused("run", "clips.yaml", "--data", "nowhere", code=4)
    assert f"the data folder {clips.with_name('nowhere')} does not exist" in message


def test_a_file_in_place_of_the_data_folder_is_told(clips: Path, refused: Refused) -> None:
    message = refused("run", "clips.yaml", "--data", "clips/sad/S0_0.wav", code=4)
    assert f"the data folder {clips / 'sad/S0_0.wav'} is not a folder" in message


def test_a_folder_without_media_says_what_was_looked_for(clips: Path, refused: Refused) -> None:
    for clip in clips.rglob("*.wav"):
        clip.rename(clip.with_suffix(".m4a"))
    message = refused(*RUN, code=4)
    assert f"{clips} holds no audio file and no image" in message
    assert ".wav" in message


def cut_in_half(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda clip: clip.write_bytes(b"no sound " * 99), "cannot be decoded as audio"),
        (lambda clip: clip.write_bytes(b""), "the file is empty (0 bytes)"),
        (cut_in_half, "is truncated"),
    ],
    ids=["garbage", "empty", "truncated"],
)
def test_a_corrupt_file_is_named_left_out_and_recorded(
    clips: Path, emobench: Callable[..., Any], spoil: Callable[[Path], None], reason: str
) -> None:
    spoil(clips / "sad" / "S3_1.wav")
    outcome = emobench(*RUN)
    assert outcome.code == 0, outcome.err
    (warning,) = [line for line in outcome.err.splitlines() if line.startswith("warning: ")]
    assert warning.startswith(f"warning: sad/S3_1.wav is left out: {reason}")
    assert "skipped 1 item that could not be read" in outcome.out
    record = read_record(clips.parent)
    assert record["state"] in ("ok", "collapsed")
    ((name, why),) = record["data"]["skipped"]
    assert name == "sad/S3_1.wav"
    assert why.startswith(reason)
    assert sum(record["data"][part] for part in ("train", "validation", "test")) == 35


def test_a_stored_run_tells_again_what_was_left_out(
    clips: Path, emobench: Callable[..., Any]
) -> None:
    (clips / "sad" / "S3_1.wav").write_bytes(b"")
    emobench(*RUN)
    again = emobench(*RUN)
    assert "stored record" in again.out
    assert "sad/S3_1.wav: the file is empty (0 bytes)" in again.out


def test_the_prepared_cache_remembers_what_was_left_out(
    clips: Path, emobench: Callable[..., Any]
) -> None:
    (clips / "sad" / "S3_1.wav").write_bytes(b"")
    emobench(*RUN)
    other = emobench(*RUN, "--seed", "1")
    assert "data: 36 of 36 items" not in other.err
    assert "warning: sad/S3_1.wav is left out: the file is empty (0 bytes)" in other.err


def test_too_many_corrupt_files_end_the_run(clips: Path, refused: Refused) -> None:
    for clip in (clips / "sad").glob("*_1.wav"):
        clip.write_bytes(b"")
    message = refused(*RUN, code=4)
    assert "6 of 36 items cannot be read, too many to leave out" in message
    assert "sad/S0_1.wav (the file is empty (0 bytes))" in message
    assert "Mend or remove them" in message
    assert read_record(clips.parent)["state"] == "failed"


def test_an_empty_class_folder_is_named(clips: Path, refused: Refused) -> None:
    (clips / "fear").mkdir()
    message = refused(*RUN, code=4)
    assert f"{clips}: the class folder 'fear' is empty" in message
    assert "add its files, or remove the folder" in message


def test_a_class_that_no_item_has_is_named(clips: Path, refused: Refused) -> None:
    add_to_dataset(clips, "labels: {angry: angry, happy: happy, sad: sad, fear: fear}")
    message = refused(*RUN, code=4)
    assert "no item is of class 'fear'" in message
    assert "the classes found are 'angry', 'happy', 'sad'" in message
    assert "Add items, or take it out of the classes" in message


def test_a_class_with_one_sample_is_named(clips: Path, refused: Refused) -> None:
    (clips / "fear").mkdir()
    shutil.copy(clips / "sad" / "S0_0.wav", clips / "fear" / "S0_9.wav")
    message = refused(*RUN, code=4)
    assert "class 'fear' has a single item, which cannot be both learnt and tested" in message
    assert "Add items, or join it with another class" in message


def test_a_class_that_one_speaker_has_is_said_to_be_untested(
    clips: Path, emobench: Callable[..., Any]
) -> None:
    for clip in clips.glob("sad/*.wav"):
        if not clip.name.startswith("S3_"):
            clip.unlink()
    outcome = emobench(*RUN)
    assert outcome.code == 0, outcome.err
    assert "warning: the test set holds no item of class 'sad'" in outcome.err


def test_one_class_alone_is_refused(clips: Path, refused: Refused) -> None:
    shutil.rmtree(clips / "happy")
    shutil.rmtree(clips / "sad")
    message = refused(*RUN, code=4)
    assert "target 'emotion' has 1 class (angry); recognition needs at least two" in message


def test_one_group_alone_is_refused(clips: Path, refused: Refused) -> None:
    for clip in sorted(clips.rglob("*.wav")):
        clip.rename(clip.with_name(f"S0_{clip.name}"))
    message = refused(*RUN, code=4)
    assert "all 36 items are of one speaker ('S0'), so nothing can be kept apart" in message
    assert "add other speakers, or choose protocol 'random', which is marked" in message


def test_two_groups_are_refused(clips: Path, refused: Refused) -> None:
    for clip in clips.rglob("*.wav"):
        if clip.name[:2] not in ("S0", "S1"):
            clip.unlink()
    message = refused(*RUN, code=4)
    assert "the dataset has two speakers (S0, S1)" in message
    assert "train, validation and test need one each" in message


def test_a_file_without_a_group_is_named(clips: Path, refused: Refused) -> None:
    (clips / "sad" / "S3_1.wav").rename(clips / "sad" / "X3_1.wav")
    message = refused(*RUN, code=4)
    assert "matches 35 of 36 files; it fails on sad/X3_1.wav" in message


def test_labels_that_the_task_does_not_know_are_counted_and_the_nearest_named(
    clips: Path, refused: Refused
) -> None:
    add_to_dataset(clips, "labels: {angry: anger, hapy: joy}")
    message = refused(*RUN, code=4)
    assert f"{clips}: 24 of 36 files have a label that 'labels' does not know" in message
    assert "unknown label 'happy'; did you mean 'hapy'?" in message
    assert "unknown label 'sad'; known: angry, hapy" in message


def test_a_target_that_the_data_do_not_have_names_those_they_have(
    clips: Path, refused: Refused
) -> None:
    task = clips.parent / "task.yaml"
    task.write_text(task.read_text() + "targets: [valence]\n")
    message = refused(*RUN, code=2)
    assert "asks for target 'valence', but dataset 'folder' has emotion" in message
