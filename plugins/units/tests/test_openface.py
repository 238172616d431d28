"""OpenFace's output as it lies on disks: both styles, failed frames, gaps, doubled rows."""

from __future__ import annotations

import numpy as np
import pytest

from emobench.api import DataError, DatasetContext, UsageError
from emobench_units.clips import clip_statistics
from emobench_units.columns import CLIP_COLUMNS
from emobench_units.openface import OpenFace
from emobench_units.options import OpenFaceOptions


@pytest.fixture
def open_it(tmp_path):
    def build(**options):
        context = DatasetContext(data_root=str(tmp_path))
        return OpenFace(OpenFaceOptions(root="faces", **options), context)

    return build


@pytest.fixture
def write_set(tmp_path, make_frames, write_openface):
    """Two subjects, two emotions; `changes` are made to the first clip."""

    def write(*, changes=None, spaced=True, count=8):
        clips = {}
        for index, name in enumerate(("happy/s1", "happy/s2", "sad/s1", "sad/s2")):
            clips[f"{name}.csv"] = make_frames(count, seed=index)
            write_openface(
                tmp_path / "faces" / f"{name}.csv",
                clips[f"{name}.csv"],
                spaced=spaced,
                changes=changes if index == 0 else None,
            )
        return clips

    return write


@pytest.mark.parametrize("spaced", [True, False])
def test_both_column_styles_give_the_statistics_of_the_frames(open_it, write_set, spaced):
    clips = write_set(spaced=spaced)
    built = open_it()
    assert built.items().ids == tuple(sorted(clips))
    for index, name in enumerate(built.items().ids):
        expected = clip_statistics(np.round(clips[name], 2))
        assert built.load(index)["table"] == pytest.approx(expected, abs=1e-4)


def test_labels_and_subjects_come_from_folders_and_names(open_it, write_set):
    write_set()
    items = open_it(group={"pattern": r"^(?P<subject>s\d)"}, labels={"happy": "joy", "sad": "sad"})
    table = items.items()
    assert [table.specs[0].classes[index] for index in table.targets["emotion"]] == [
        "joy",
        "joy",
        "sad",
        "sad",
    ]
    assert (table.groups, table.group_name) == (("s1", "s2", "s1", "s2"), "subject")


def test_failed_distrusted_and_incomplete_frames_are_dropped_and_told(open_it, write_set):
    changes = {(2, "success"): "0", (3, "confidence"): "0.79", (5, "AU04_r"): "nan"}
    clips = write_set(changes=changes)
    built = open_it()
    kept = np.delete(clips["happy/s1.csv"], [1, 2, 4], axis=0)
    assert built.load(0)["table"] == pytest.approx(clip_statistics(kept), abs=1e-4)
    assert built.items().notes == (
        "3 of 32 frames (9.4%) are left out: the face was not tracked, not trusted, or a value is "
        "missing",
    )


def test_frames_keep_their_own_numbers_and_stay_together_without_a_subject(open_it, write_set):
    write_set(changes={(2, "success"): "0"}, count=3)
    items = open_it(rows="frame").items()
    assert items.ids[:3] == ("happy/s1.csv#1", "happy/s1.csv#3", "happy/s2.csv#1")
    assert (items.groups[0], items.group_name) == ("happy/s1.csv", "clip")


def test_a_clip_without_a_usable_frame_is_left_out_by_name(open_it, write_set):
    write_set(changes={(line, "success"): "0" for line in range(1, 9)})
    items = open_it().items()
    assert len(items) == 3
    assert items.notes[0] == "1 of 4 clips are left out: happy/s1.csv (no usable frame)"


def test_an_empty_file_is_left_out_by_name(open_it, write_set, tmp_path):
    write_set()
    (tmp_path / "faces" / "sad" / "s1.csv").write_text("")
    assert open_it().items().notes == ("1 of 4 clips are left out: sad/s1.csv (the file is empty)",)


def test_missing_columns_end_it_whichever_clip_lacks_them(
    open_it, write_set, write_openface, make_frames, tmp_path
):
    write_set()
    columns = [f"AU{unit:02d}_r" for unit in (1, 2, 4)]
    write_openface(tmp_path / "faces" / "sad" / "s2.csv", make_frames(2), columns=columns)
    with pytest.raises(DataError, match=r"sad/s2\.csv: 32 of 35 columns .* missing: 'AU05_r'"):
        open_it().items()


def test_a_frame_that_stands_there_twice_is_left_out_with_the_reason(open_it, write_set):
    write_set(changes={(5, "frame"): "4"})
    (note,) = open_it().items().notes
    assert "happy/s1.csv (row 6 gives frame 4 a second time; keep one face (face_id)" in note


def test_a_folder_without_csv_files_says_what_to_run(open_it, tmp_path):
    with pytest.raises(DataError, match="faces does not exist; give the folder that holds Open"):
        open_it().items()
    (tmp_path / "faces").mkdir()
    with pytest.raises(DataError, match="holds no CSV file; run OpenFace's FeatureExtraction with"):
        open_it().items()


def test_a_label_that_the_map_lacks_is_named(open_it, write_set):
    write_set()
    with pytest.raises(DataError, match="'labels' does not know: unknown label 'sad'; known: hap"):
        open_it(labels={"happy": "joy"}).items()


def test_a_pattern_that_finds_nothing_names_a_clip(open_it, write_set):
    write_set()
    with pytest.raises(DataError, match=r"group: pattern 'x\(\.\)' gives no word for 4 of 4 clips"):
        open_it(group={"pattern": "x(.)"}).items()


def test_generated_labels_need_no_emotion(open_it, make_frames, write_openface, tmp_path):
    write_openface(tmp_path / "faces" / "one.csv", make_frames(4))
    write_openface(tmp_path / "faces" / "two.csv", make_frames(4, seed=1))
    items = open_it(target="generated").items()
    assert items.specs[0].kind == "labels"
    assert set(items.derived) == {"emotions"}
    assert items.notes[-1].startswith("labels above one half, of 2 rows: happiness ")


def test_a_column_or_folder_out_of_place_is_refused():
    with pytest.raises(UsageError, match=r"group\.column needs a table: give table: FILE\.csv"):
        OpenFaceOptions(root="x", group={"column": "who"})
    with pytest.raises(UsageError, match=r"label\.folder counts folders .* a table has none"):
        OpenFaceOptions(root="x", table="all.csv")
    with pytest.raises(UsageError, match="label: say where it is found, or set target: generated"):
        OpenFaceOptions(root="x", label={})
    assert OpenFaceOptions(root="x", table="all.csv", target="generated")


@pytest.fixture
def write_table(tmp_path, make_frames, write_openface):
    """One table of three clips; `who` names the person of each of its six rows."""

    def write(who=("ann", "ann", "bob", "bob", "cid", "cid"), clips="aabbcc"):
        path = tmp_path / "faces" / "all.csv"
        write_openface(path, make_frames(6), spaced=False)
        header, *lines = path.read_text().splitlines()
        kept = [f"clip,who,{header}"]
        for line, name, person in zip(lines, clips, who, strict=True):
            kept.append(f"{name},{person},{line}")
        path.write_text("\n".join(kept))

    return write


def test_a_table_of_clips_gives_one_row_a_clip(open_it, write_table, make_frames):
    write_table()
    built = open_it(table="all.csv", label={"column": "who"}, group={"column": " who"})
    assert built.items().ids == ("a", "b", "c")
    assert built.items().groups == ("ann", "bob", "cid")
    expected = clip_statistics(make_frames(6)[2:4])
    assert built.load(1)["table"] == pytest.approx(expected, abs=1e-4)


def test_a_clip_of_two_people_is_refused(open_it, write_table):
    write_table(who=("ann", "bob", "bob", "bob", "cid", "cid"))
    built = open_it(table="all.csv", label={"column": "who"})
    with pytest.raises(DataError, match=r"clip 'a' has two words in column 'who': 'ann' and 'bob'"):
        built.items()


def test_an_unknown_clip_column_gets_the_nearest(open_it, write_table):
    write_table()
    with pytest.raises(DataError, match="clip: unknown column 'clips'; did you mean 'clip'"):
        open_it(table="all.csv", clip="clips", label={"column": "who"}).items()


def test_a_table_of_clip_statistics_is_taken_as_it_is(open_it, tmp_path):
    (tmp_path / "faces").mkdir()
    values = np.round(np.random.default_rng(0).random((2, 69)), 3)
    lines = [",".join(["video", "who", *(f" {name}" for name in CLIP_COLUMNS)])]
    for name, row in zip(("v1", "v2"), values, strict=True):
        lines.append(",".join([name, name, *map(str, row)]))
    (tmp_path / "faces" / "stats.csv").write_text("\n".join(lines))
    built = open_it(table="stats.csv", clip="video", label={"column": "who"})
    assert built.items().ids == ("v1", "v2")
    assert built.load(1)["table"] == pytest.approx(values[1])
    frames = open_it(table="stats.csv", clip="video", label={"column": "who"}, rows="frame")
    with pytest.raises(DataError, match=r"'AU01_r' \(nearest: 'AU01_r_"):
        frames.items()
