"""Tables as users have them: odd separators and spaces pass, whatever is broken is named."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.api import DataError
from emobench_units.columns import FRAME_COLUMNS
from emobench_units.tables import read_table


@pytest.fixture
def table_of(tmp_path):
    def read(text, *, name="a.csv"):
        path = tmp_path / name
        content = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(content)
        return read_table(path, place=name)

    return read


@pytest.mark.parametrize(
    "text",
    [
        "frame,AU01_r\n1,0.5\n2,0.25\n",
        "frame, AU01_r\n1, 0.5\n2, 0.25\n",
        "  frame ;AU01_r;\n1;0.5;\n2 ;0.25;\n",
        "frame\tAU01_r\r\n1\t0.5\r\n2\t0.25\r\n",
        "\ufeffframe,AU01_r\n1,0.5\n\n2,0.25",
        '"frame","AU01_r"\n"1","0.5"\n"2","0.25"\n',
    ],
)
def test_every_style_of_one_table_reads_alike(table_of, text):
    assert table_of(text).numbers(["AU01_r", "frame"]).tolist() == [[0.5, 1], [0.25, 2]]


@given(
    rows=st.lists(st.tuples(*[st.floats(0, 5).map(lambda x: round(x, 2))] * 3), min_size=1),
    separator=st.sampled_from([",", ";", "\t", ", ", " , "]),
    newline=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_how_a_table_is_written_never_changes_its_numbers(
    tmp_path_factory, rows, separator, newline, mark
):
    lines = [("AU01_r", "AU02_r", "AU04_r"), *rows]
    path = tmp_path_factory.mktemp("tables") / "a.csv"
    text = newline.join(separator.join(map(str, line)) for line in lines)
    path.write_bytes((mark + text).encode())
    numbers = read_table(path, place="a.csv").numbers(["AU04_r", "AU01_r"])
    assert numbers.tolist() == [[row[2], row[0]] for row in rows]


def test_a_packed_table_reads_like_a_plain_one(table_of):
    packed = gzip.compress(b"frame,AU01_r\n1,0.5\n")
    assert table_of(packed, name="a.csv.gz").numbers(["AU01_r"]).tolist() == [[0.5]]


def test_empty_cells_and_nan_are_not_numbers_yet_no_fault(table_of):
    values = table_of("a,b\n1,\nnan,inf\n").numbers(["a", "b"])
    assert np.isnan(values).tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a.csv: the file is empty"),
        ("\n", "a.csv: the file is empty"),
        ("a,b\n", "a.csv: has no rows below its header"),
        ("a,b, a\n1,2,3\n", "a.csv: two columns are called 'a'; rename or remove one"),
        ("a,b\n1,2\n3\n", "a.csv: row 3 has 1 cells, the header 2; the file may be cut off"),
        (b"\xff\xfe\x00", "a.csv: is not a text in UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_in_words(table_of, text, told):
    with pytest.raises(DataError) as refused:
        table_of(text)
    assert str(refused.value) == told


def test_a_packed_table_that_is_cut_off_is_refused(table_of):
    packed = gzip.compress(b"frame,AU01_r\n" + b"1,0.5\n" * 100)
    with pytest.raises(DataError, match=r"a\.csv\.gz: cannot be unpacked: .*cut off"):
        table_of(packed[:-12], name="a.csv.gz")


def test_a_word_among_numbers_is_named_with_its_place(table_of):
    with pytest.raises(DataError, match=r"a\.csv: row 3, column 'b': 'high' is no number"):
        table_of("a,b\n1,2\n3,high\n").numbers(["a", "b"])


def test_missing_columns_are_named_with_the_nearest(table_of):
    header = ["frame", *FRAME_COLUMNS]
    header[header.index("AU05_r")] = "AU5_r"
    header.remove("AU45_c")
    table = table_of(",".join(header) + "\n" + ",".join("1" * len(header)) + "\n")
    with pytest.raises(DataError) as refused:
        table.require(FRAME_COLUMNS)
    assert str(refused.value) == (
        "a.csv: 2 of 35 columns of action units are missing: 'AU05_r' (nearest: 'AU5_r'), "
        "'AU45_c' (nearest: 'AU45_r'). OpenFace writes them with -aus; names may have spaces "
        "around them"
    )


def test_many_missing_columns_are_counted(table_of):
    with pytest.raises(DataError, match=r"35 of 35 .*: 'AU01_r', 'AU02_r', .* and 31 more"):
        table_of("x\n1\n").require(FRAME_COLUMNS)


def test_a_column_that_an_option_names_wrongly_gets_the_nearest(table_of):
    with pytest.raises(DataError, match=r"label\.column: unknown column 'emotoin'; did you mean"):
        table_of("clip,emotion\na,sad\n").words("emotoin", option="label.column")


def test_an_empty_word_is_named_by_its_row(table_of):
    with pytest.raises(DataError, match=r"a\.csv: row 3 has nothing in column 'who'"):
        table_of("clip,who\na,ann\nb,\n").words(" who ", option="group.column")
