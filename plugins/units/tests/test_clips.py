"""What becomes of a clip's frames."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from emobench.api import DataError
from emobench_units.clips import clip_statistics, left_out_note


def test_a_clips_row_is_what_pandas_says_of_its_frames(make_frames):
    frames = make_frames(20)
    table = pandas.DataFrame(frames)
    ratings, presences = table.iloc[:, :17], table.iloc[:, 17:]
    expected = [*ratings.mean(), *ratings.max(), *ratings.std(), *presences.mean()]
    assert clip_statistics(frames) == pytest.approx(expected, abs=1e-5)


def test_one_frame_deviates_from_nothing(make_frames):
    row = clip_statistics(make_frames(1))
    assert row[34:51].tolist() == [0.0] * 17
    assert row[:17].tolist() == row[17:34].tolist()


def test_the_order_of_frames_does_not_matter(make_frames):
    frames = make_frames(9)
    assert np.array_equal(clip_statistics(frames), clip_statistics(frames[::-1]))


def test_a_few_clips_left_out_are_noted_by_name():
    note = left_out_note({"a": "no usable frame"}, total=4, place="set")
    assert note == ("1 of 4 clips are left out: a (no usable frame)",)


def test_more_than_a_few_are_the_fault_of_the_set():
    reasons = {f"c{index}": "no usable frame" for index in range(4)}
    with pytest.raises(DataError, match="set: 4 of 79 clips cannot be used, too many to leave out"):
        left_out_note(reasons, total=79, place="set")
    assert left_out_note(reasons, total=80, place="set")


def test_no_clip_at_all_is_an_error_however_few_there_were():
    with pytest.raises(DataError, match="1 of 1 clips cannot be used"):
        left_out_note({"a": "no usable frame"}, total=1, place="set")
