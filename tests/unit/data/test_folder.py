"""The folder dataset: what it finds below a root, and what it says when that is not enough."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from emobench.api import DataError, DatasetContext, ProtocolOptions, UsageError
from emobench.data.folder import Folder
from emobench.data.folder_options import FolderOptions
from emobench.data.protocols import split_items

REAL_DATA = Path(__file__).parents[4] / "shared" / "data"


def open_folder(root, **options):
    return Folder(FolderOptions(root=str(root), **options), DatasetContext())


def write_clip(path, value=0.1):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(160, value), 16000)


def write_picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4)).save(path)


@pytest.fixture
def clips(tmp_path):
    """Class folders of four speakers' clips."""
    for place, (emotion, speaker) in enumerate(
        (emotion, speaker) for emotion in ("happy", "sad") for speaker in ("SM1", "SF2", "SM3")
    ):
        write_clip(tmp_path / emotion / f"{speaker}_01.wav", value=0.05 * (place + 1))
    return tmp_path


def write_table(root, text, name="metadata.csv"):
    (root / name).write_text(text, encoding="utf-8")
    return name


def test_class_folders_give_labels_and_the_pattern_gives_groups(clips):
    items = open_folder(clips, group={"pattern": r"^(?P<speaker>S[MF]\d+)_"}).items()
    assert items.ids[0] == "happy/SF2_01.wav"
    assert items.specs[0].classes == ("happy", "sad")
    assert items.targets["emotion"].tolist() == [0, 0, 0, 1, 1, 1]
    assert items.groups == ("SF2", "SM1", "SM3") * 2
    assert items.group_name == "speaker"


def test_a_pattern_without_a_group_gives_its_whole_match(clips):
    items = open_folder(clips, group={"pattern": r"S[MF]"}).items()
    assert set(items.groups) == {"SM", "SF"}


def test_a_higher_folder_gives_the_split_in_any_spelling(tmp_path):
    for part in ("Training", "val", "TEST"):
        write_clip(tmp_path / part / "happy" / "a.wav")
        write_clip(tmp_path / part / "sad" / "b.wav")
    items = open_folder(tmp_path, split={"folder": 2}).items()
    assert Counter(items.split) == {"train": 2, "validation": 2, "test": 2}


def test_hidden_files_and_files_of_no_modality_do_not_count(clips):
    write_clip(clips / "happy" / "._SM1_01.wav")
    write_clip(clips / "__MACOSX" / "x.wav")
    (clips / "happy" / "notes.txt").write_text("notes")
    assert len(open_folder(clips).items()) == 6


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_gives_file_label_and_group(clips, delimiter):
    rows = ["\ufefffile, emotion ,actor", "sad/SM1_01.wav,S,one", "happy/SF2_01.wav, H ,two"]
    table = write_table(clips, "\n".join(rows).replace(",", delimiter) + "\n\n")
    items = open_folder(
        clips,
        table=table,
        label={"column": "emotion"},
        group={"column": "actor"},
        labels={"H": "happy", "S": "sad"},
    ).items()
    assert items.ids == ("sad/SM1_01.wav", "happy/SF2_01.wav")
    assert [items.specs[0].classes[label] for label in items.targets["emotion"]] == ["sad", "happy"]
    assert (items.groups, items.group_name) == (("one", "two"), "actor")


def test_classes_that_are_whole_numbers_are_ordered_by_value(tmp_path):
    for label in ("10", "9", "1"):
        write_clip(tmp_path / label / "a.wav")
    assert open_folder(tmp_path).items().specs[0].classes == ("1", "9", "10")


def test_a_class_folder_given_as_the_root_asks_for_the_one_above(clips):
    with pytest.raises(DataError, match=r"such as SF2_01.*give the folder above"):
        open_folder(clips / "happy").items()


def test_the_modality_is_that_of_the_files(clips, tmp_path_factory):
    pictures = tmp_path_factory.mktemp("pictures")
    write_picture(pictures / "happy" / "a.png")
    audio, image = open_folder(clips, sample_rate=8000), open_folder(pictures, colour="grey")
    assert (audio.modalities, audio.rates) == (("audio",), {"audio": 8000})
    assert (image.modalities, image.rates) == (("image",), {})
    assert audio.load(0)["audio"].shape == (80,)
    assert image.load(0)["image"].shape == (4, 4, 1)


def test_a_named_modality_leaves_the_other_files_out(clips):
    write_picture(clips / "happy" / "a.png")
    assert len(open_folder(clips, modality="image").items()) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda root: write_clip(root / "happy" / "SM1_01.wav", value=0.9),
        lambda root: (root / "happy" / "SM1_01.wav").rename(root / "sad" / "SM9_01.wav"),
        lambda root: (root / "happy" / "SM1_01.wav").unlink(),
        lambda root: (root / "happy").rename(root / "glad"),
    ],
    ids=["bytes", "label", "item", "class name"],
)
def test_the_fingerprint_changes_with_the_data(clips, change):
    before = open_folder(clips).fingerprint()
    change(clips)
    assert open_folder(clips).fingerprint() != before


def test_the_fingerprint_changes_with_groups_and_with_how_files_are_read(clips):
    options = ({}, {"group": {"pattern": "^(S.)"}}, {"sample_rate": 8000})
    assert len({open_folder(clips, **given).fingerprint() for given in options}) == 3


def test_the_fingerprint_does_not_depend_on_where_the_folder_lies(clips, tmp_path_factory):
    elsewhere = shutil.copytree(clips, tmp_path_factory.mktemp("elsewhere") / "clips")
    assert open_folder(clips).fingerprint() == open_folder(elsewhere).fingerprint()


def test_a_missing_root_says_what_to_give(tmp_path):
    with pytest.raises(DataError, match=r"nowhere does not exist; give the folder that holds your"):
        open_folder(tmp_path / "nowhere").items()


def test_a_folder_without_media_says_what_was_looked_for(tmp_path):
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(DataError, match=r"holds no audio file and no image; looked for .*\.flac"):
        open_folder(tmp_path).items()


def test_mixed_modalities_ask_for_one(clips):
    write_picture(clips / "happy" / "a.png")
    with pytest.raises(
        DataError, match=r"6 audio files \(such as .*\) and 1 image files .*; say wh"
    ):
        open_folder(clips).items()


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ("file,emoton\nsad/SM1_01.wav,S", {}, "column 'emotion'; did you mean 'emoton'"),
        ("path,emotion\nsad/SM1_01.wav,S", {}, "file: unknown column 'file'; known: emotion, path"),
        ("file,emotion", {}, "has no rows below its header"),
        ("file,emotion\nsad/SM1_01.wav", {}, "row 2 has nothing in column 'emotion'"),
        ("file,emotion\nsad/gone.wav,S", {}, "1 of 1 listed files do not exist below"),
        (
            "file,emotion\nsad/SM1_01.wav,S\nsad/SM1_01.wav,H",
            {},
            "row 3 lists sad/SM1_01.wav a second time",
        ),
        (
            "file,emotion\nsad/SM1_01.wav,S\nhappy/SM1_01.wav,X",
            {"labels": {"S": "sad", "H": "happy"}},
            "1 of 2 files have a label that 'labels' does not know: unknown label 'X'; known: H, S",
        ),
    ],
)
def test_a_table_at_fault_is_named_with_the_row_or_column(clips, rows, options, message):
    table = write_table(clips, rows)
    with pytest.raises(DataError) as caught:
        open_folder(clips, table=table, label={"column": "emotion"}, **options).items()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "outside", ["../b.wav", "sad/../../b.wav", "{parent}/b.wav", "..\\b.wav", "C:\\clips\\b.wav"]
)
def test_a_table_that_leads_out_of_the_data_folder_is_refused_with_the_row(tmp_path, outside):
    root = tmp_path / "clips"
    write_clip(tmp_path / "b.wav")
    write_clip(root / "sad" / "a.wav")
    name = outside.format(parent=tmp_path)
    table = write_table(root, f"file,emotion\nsad/a.wav,S\n{name},H")
    with pytest.raises(DataError) as caught:
        open_folder(root, table=table, label={"column": "emotion"}).items()
    assert str(caught.value) == (
        f"{root / table}: row 3 names '{name}', which lies outside the data folder {root}; "
        "give paths relative to that folder, and without '..'"
    )


@pytest.mark.parametrize("name", ["./sad/SM1_01.wav", "happy/../sad/SM1_01.wav", "sad\\SM1_01.wav"])
def test_every_spelling_of_a_path_gives_one_id(clips, name):
    table = write_table(clips, f"file,emotion\n{name},S")
    assert open_folder(clips, table=table, label={"column": "emotion"}).items().ids == (
        "sad/SM1_01.wav",
    )


def test_a_file_listed_twice_in_two_spellings_is_refused(clips):
    table = write_table(clips, "file,emotion\nsad/SM1_01.wav,S\n./sad//SM1_01.wav,H")
    with pytest.raises(DataError, match=r"row 3 lists sad/SM1_01\.wav a second time"):
        open_folder(clips, table=table, label={"column": "emotion"}).items()


def test_a_table_that_lists_other_files_is_refused(clips):
    (clips / "notes.txt").write_text("notes")
    table = write_table(clips, "file,emotion\nsad/SM1_01.wav,S\nnotes.txt,H")
    with pytest.raises(DataError, match=r"1 of 2 files are not audio files .*: notes\.txt"):
        open_folder(clips, table=table, label={"column": "emotion"}).items()


def test_a_missing_table_is_named(clips):
    with pytest.raises(DataError, match=r"lost\.csv: there is no such table"):
        open_folder(clips, table="lost.csv").items()


def test_a_table_that_is_not_utf8_is_refused(clips):
    (clips / "old.csv").write_bytes("file,emotion\nsad/SM1_01.wav,Ärger".encode("latin-1"))
    with pytest.raises(DataError, match=r"old\.csv: cannot be read as a CSV table: .*utf-8"):
        open_folder(clips, table="old.csv", label={"column": "emotion"}).items()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("^X", "group: pattern '^X' matches none of 6 files; it fails on happy/SF2_01.wav"),
        ("^SM", "group: pattern '^SM' matches 4 of 6 files; it fails on happy/SF2_01.wav, sad/SF2"),
    ],
)
def test_a_pattern_that_misses_files_names_them(clips, pattern, message):
    with pytest.raises(DataError) as caught:
        open_folder(clips, group={"pattern": pattern}).items()
    assert message in str(caught.value)


def test_a_folder_further_up_than_the_root_is_refused(clips):
    with pytest.raises(DataError, match="group: folder '2' gives a word for none of 6 files"):
        open_folder(clips, group={"folder": 2}).items()


def test_an_unknown_part_of_the_split_is_refused(clips):
    with pytest.raises(DataError, match="split: unknown part of a split 'happy'; known: dev"):
        open_folder(clips, split={"folder": 1}).items()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"group": {"pattern": "(S"}}, r"pattern '\(S' is no regular expression: missing \)"),
        ({"group": {"pattern": "S", "folder": 1}}, "give one of folder, pattern, not 2"),
        ({"label": {"column": "emotion"}}, r"label\.column needs a table: give table: FILE\.csv"),
        ({"label": {}}, "label: say where it is found"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_any_file_is_read(options, message):
    with pytest.raises(UsageError, match=message):
        FolderOptions(root="clips", **options)


def real(name):
    if not (REAL_DATA / name).is_dir():
        pytest.skip(f"the real set '{name}' is not at ../shared/data")
    return REAL_DATA / name


EMODB_LABELS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}


@pytest.mark.real_data
def test_emodb_loads_by_its_file_names():
    dataset = open_folder(
        real("emodb"),
        label={"pattern": r"^\d\d[ab]\d\d([A-Z])"},
        group={"pattern": r"^(?P<speaker>\d\d)"},
        labels=EMODB_LABELS,
    )
    items = dataset.items()
    assert len(items) == 535
    counts = np.bincount(items.targets["emotion"])
    # Burkhardt et al. 2005, table of the utterances kept.
    assert dict(zip(items.specs[0].classes, counts.tolist(), strict=True)) == {
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happiness": 71,
        "sadness": 62,
        "neutral": 79,
    }
    assert len(set(items.groups)) == 10
    assert dataset.load(0)["audio"].shape == (32000,)


@pytest.mark.real_data
def test_ckplus_loads_by_its_class_folders_and_splits_by_subject():
    dataset = open_folder(real("ckplus"), group={"pattern": r"^(?P<subject>S\d+)_"}, colour="grey")
    items = dataset.items()
    assert (len(items), len(set(items.groups))) == (981, 118)
    assert dataset.load(0)["image"].shape == (48, 48, 1)
    split = split_items(items, ProtocolOptions(use="grouped-kfold", folds=10), fold=3)
    subjects = [{items.groups[i] for i in side} for side in (split.train, split.test)]
    assert subjects[0].isdisjoint(subjects[1])
