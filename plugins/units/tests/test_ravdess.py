"""The RAVDESS tables: names, gaps, doubled clips; and the real ones, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emobench.api import DataError, DatasetContext
from emobench_units.clips import clip_statistics, clips_of
from emobench_units.columns import CLIP_COLUMNS
from emobench_units.options import RavdessAuOptions
from emobench_units.ravdess import EMOTIONS, RavdessAu, parse_name
from emobench_units.tables import read_table

REAL = Path(__file__).parents[3].parent / "shared" / "data"


def open_real(**options):
    if not (REAL / "ravdess-au").is_dir():
        pytest.skip("ravdess-au is not in ../shared/data, beside the repository")
    return RavdessAu(RavdessAuOptions(**options), DatasetContext(data_root=str(REAL)))


@pytest.fixture
def open_it(tmp_path):
    """A table of clips with these names and, at some cells, these words."""

    def build(names, *, cells=None):
        lines = [",".join(["clip", *CLIP_COLUMNS])]
        for number, name in enumerate(names):
            values = ["0.5"] * len(CLIP_COLUMNS)
            for (row, column), word in (cells or {}).items():
                if row == number:
                    values[CLIP_COLUMNS.index(column)] = word
            lines.append(",".join([name, *values]))
        (tmp_path / "ravdess-au").mkdir()
        (tmp_path / "ravdess-au" / "clips.csv").write_text("\n".join(lines))
        return RavdessAu(RavdessAuOptions(), DatasetContext(data_root=str(tmp_path)))

    return build


def name_of(emotion, actor=1, take=1):
    return f"01-01-{emotion:02d}-01-01-{take:02d}-{actor:02d}"


def test_a_name_tells_emotion_and_actor():
    name = parse_name("01-01-06-02-01-02-05", place="set")
    assert (name.emotion, name.intensity, name.repetition, name.actor) == (
        "fearful",
        "strong",
        "02",
        "05",
    )


@pytest.mark.parametrize("name", ["01-01-09-01-01-01-01", "clip1", "01-01-03-01-01-01"])
def test_what_is_no_ravdess_name_is_refused(name):
    with pytest.raises(DataError, match=f"set: '{name}' is no RAVDESS name: seven numbers of two"):
        parse_name(name, place="set")


def test_a_clip_with_a_gap_is_left_out_by_name(open_it):
    names = [name_of(emotion) for emotion in (1, 2, 3)]
    built = open_it(names, cells={(1, "AU05_r_max"): "nan", (2, "AU45_c_mean"): ""})
    items = built.items()
    assert items.ids == (name_of(1),)
    assert items.notes[0].startswith(f"2 of 3 clips are left out: {name_of(2)} (a value is missing")


def test_a_clip_listed_twice_is_refused_with_both_rows(open_it):
    built = open_it([name_of(1), name_of(2), name_of(1)])
    with pytest.raises(
        DataError, match=rf"row 4 lists clip '{name_of(1)}' a second time \(row 2\)"
    ):
        built.items()


@pytest.mark.real_data
def test_the_real_clips_are_those_of_five_actors_and_eight_emotions():
    items = open_real().items()
    assert len(items) == 300
    assert sorted(set(items.groups)) == ["01", "02", "03", "04", "05"]
    assert items.specs[0].classes == EMOTIONS
    assert np.bincount(items.targets["emotion"]).tolist() == [20, *[40] * 7]
    assert not items.notes


@pytest.mark.real_data
def test_the_real_columns_agree_with_the_real_names():
    built = open_real()
    table = read_table(built.file, place="clips.csv")
    columns = {name: table.words(name, option=name) for name in ("emotion", "intensity", "actor")}
    for position, clip in enumerate(table.words("clip", option="clip")):
        name = parse_name(clip, place="clips.csv")
        for column in columns:
            assert columns[column][position] == getattr(name, column)


@pytest.mark.real_data
def test_statistics_of_the_real_frames_are_those_of_the_real_clips():
    """Two tables that somebody else made, one from the other."""
    table = read_table(open_real(rows="frame").file, place="frames.csv.gz")
    clips, notes = clips_of(table, clip="clip", confidence=0.8)
    told = open_real().rows
    expected = dict(zip(told.ids, told.values, strict=True))
    assert (len(clips), notes) == (300, ())
    for clip in clips:
        assert clip_statistics(clip.frames) == pytest.approx(expected[clip.name], abs=2e-5)


@pytest.mark.real_data
def test_logistic_regression_on_unseen_actors_scores_what_the_field_says():
    """0.50 UAR by actor is the anchor of others; far from it the rows would be wrong."""
    built = open_real()
    items = built.items()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    found = cross_val_predict(
        model,
        built.rows.values,
        items.targets["emotion"],
        groups=items.groups,
        cv=LeaveOneGroupOut(),
    )
    assert balanced_accuracy_score(items.targets["emotion"], found) == pytest.approx(0.5, abs=0.04)


@pytest.mark.real_data
def test_the_guides_divisors_raise_the_share_of_labels_above_one_half():
    shares = {
        target: (open_real(target=target).items().targets["emotions"] > 0.5).mean()
        for target in ("generated-before", "generated")
    }
    assert shares["generated-before"] == pytest.approx(0.07, abs=0.01)
    assert shares["generated"] == pytest.approx(0.25, abs=0.01)
