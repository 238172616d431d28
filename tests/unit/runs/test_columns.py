"""Columns come back as they were, and nothing that is unpacked grows beyond what it says."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.api import DataError
from emobench.runs.columns import (
    exact_type,
    pack_names,
    pack_numbers,
    pack_plain,
    unpack_names,
    unpack_numbers,
    unpack_plain,
)


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=30), st.sampled_from(["<f4", "<f8"]))
def test_numbers_come_back_bit_by_bit(values: list[float], kind: str) -> None:
    given_values = np.array(values, dtype=kind)
    back = unpack_numbers(pack_numbers(given_values, kind=kind), where="here")
    assert back.tobytes() == given_values.tobytes()
    assert back.dtype == given_values.dtype


def test_tables_keep_their_rows() -> None:
    table = np.arange(12.0).reshape(4, 3)
    assert unpack_numbers(pack_numbers(table, kind="<f4"), where="here").tolist() == table.tolist()


@given(st.lists(st.text(max_size=8), max_size=20))
def test_names_come_back_whatever_letters_they_have(names: list[str]) -> None:
    assert unpack_names(pack_names(names), where="here") == tuple(names)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 255], "|u1"),
        ([0, 256], "<u2"),
        ([-1, 2], "<i8"),
        ([0.5, 0.25], "<f4"),
        ([0.1], "<f8"),
    ],
)
def test_the_smallest_type_that_keeps_every_value_is_chosen(values: Any, kind: str) -> None:
    assert exact_type(np.array(values)) == kind


def packed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw)).decode()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"type": "|O"}, "here.type: expected one of"),
        ({"shape": [-1]}, "here.shape: expected one or two whole numbers"),
        ({"shape": [True]}, "here.shape: expected one or two whole numbers"),
        ({"shape": [10**9]}, "here: 4000000000 bytes, and a column has at most"),
        ({"shape": [3]}, "here: its data do not fill the shape"),
        ({"data": 7}, "here.data: expected text, got int"),
        ({"data": "§"}, "here: its data cannot be unpacked"),
        ({"data": packed(b"")[:-4]}, "here: its data"),
        ({"data": packed(bytes(10_000_000))}, "here: its data are longer than they say"),
        ({"extra": 1}, "here: expected packed numbers with type, shape and data"),
    ],
)
def test_a_column_that_is_wrong_is_told_by_its_name(changes: dict[str, Any], told: str) -> None:
    column = {**pack_numbers(np.zeros(2), kind="<f4"), **changes}
    with pytest.raises(DataError, match=told):
        unpack_numbers(column, where="here")


@pytest.mark.parametrize("raw", [b"7", b"[1]", b"{}"])
def test_names_that_are_no_list_of_texts_are_refused(raw: bytes) -> None:
    with pytest.raises(DataError, match="here: its data are no list of names"):
        unpack_names(packed(raw), where="here")


def test_plain_values_come_back_as_they_were() -> None:
    value = {"epoch": [1, 2], "loss": [0.25, None], "predicted": [{"calm": 1e-9}, {}]}
    assert unpack_plain(pack_plain(value), where="here") == value


@pytest.mark.parametrize("raw", [b"{", b"[" * 100_000, b"[1e999]", b"[NaN]", b"\xff"])
def test_what_json_cannot_hold_is_refused(raw: bytes) -> None:
    with pytest.raises(DataError, match="here: its data are no plain values"):
        unpack_plain(packed(raw), where="here")
