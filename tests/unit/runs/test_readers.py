"""Readers take what the type says and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from emobench.runs.readers import Unreadable, reader


@dataclass(frozen=True, kw_only=True)
class Inner:
    name: str


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner | None
    shares: tuple[float, ...] = field(default=(), metadata={"since": 2})


@pytest.mark.parametrize(
    ("hint", "value", "read"),
    [
        (float, 1, 1.0),
        (int, 3, 3),
        (str, "a", "a"),
        (bool, True, True),
        (int | None, None, None),
        (Literal["a", "b"], "b", "b"),
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[str, int], ["a", 1], ("a", 1)),
        (Mapping[str, float], {"a": 1}, {"a": 1.0}),
        (Mapping[str, Any], {"a": [1]}, {"a": [1]}),
        (
            Outer,
            {"inner": {"name": "x"}, "shares": [1]},
            Outer(inner=Inner(name="x"), shares=(1.0,)),
        ),
        (Outer, {"inner": None}, Outer(inner=None)),
    ],
)
def test_a_value_of_the_type_is_read(hint: Any, value: Any, read: Any) -> None:
    found = reader(hint)(value)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (float, True),
        (float, "1"),
        (int, 1.0),
        (int, True),
        (bool, 1),
        (str, None),
        (Literal["a"], "b"),
        (Literal["a"], ["a"]),
        (tuple[int, ...], "12"),
        (tuple[int, ...], [1, "2"]),
        (tuple[str, int], ["a"]),
        (Mapping[str, float], [1]),
        (Outer, {}),
        (Outer, {"inner": None, "other": 1}),
        (Outer, {"inner": {"name": 1}}),
        (Outer, []),
    ],
)
def test_any_other_value_is_refused(hint: Any, value: Any) -> None:
    with pytest.raises(Unreadable):
        reader(hint)(value)
