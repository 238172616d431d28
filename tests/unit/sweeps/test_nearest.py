"""Values from elsewhere: kept where the space holds them, else the nearest that it does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.sweeps.nearest import Nearest
from emobench.sweeps.suggest import Conflict, Known

ends = st.tuples(st.integers(-50, 50), st.integers(-50, 50)).map(sorted)


@given(ends, st.floats(-200, 200))
def test_a_number_goes_to_the_nearest_point_of_its_range(limits: list[int], value: float) -> None:
    low, high = limits
    found = Nearest({"x": value}).real("x", low, high, log=False)
    assert low <= found <= high
    assert abs(found - value) <= min(abs(low - value), abs(high - value)) or found == value


@given(ends, st.integers(-200, 200))
def test_what_lies_in_its_range_stays_as_known_values_do(limits: list[int], value: int) -> None:
    low, high = limits
    found = Nearest({"x": value}).whole("x", low, high, log=False)
    assert Known({"x": found}).whole("x", low, high, log=False) == found
    if low <= value <= high:
        assert found == value


def test_a_list_of_numbers_counts_by_its_mean() -> None:
    assert Nearest({"x": [0.25, 0.75]}).real("x", 0.0, 1.0, log=False) == 0.5
    assert Nearest({"x": [0.25, 0.75]}).real("x", 0.0, 0.3, log=False) == 0.3


@pytest.mark.parametrize(
    ("value", "choices", "found"),
    [
        ("max", ["avg", "max"], "max"),
        (8, [1, 2], 2),
        (20, [16, 32, 64], 16),
        (True, [False, True], True),
        ([512], [[128], [256], [512, 256]], [256]),
        ([250, 120], [[256], [256, 128], [128, 256]], [256, 128]),
        ([64, 128, 256, 128], [[64], [64, 128, 256], [128, 256, 512, 256]], [64, 128, 256]),
    ],
)
def test_a_choice_is_the_value_or_the_nearest(value: Any, choices: list[Any], found: Any) -> None:
    assert Nearest({"x": value}).one_of("x", choices) == found


@pytest.mark.parametrize(
    ("value", "choices"),
    [("min", ["avg", "max"]), (True, [0, 1]), (None, [1, 2]), ([64, 0], [[8], [16]])],
)
def test_a_choice_without_anything_near_conflicts(value: Any, choices: list[Any]) -> None:
    with pytest.raises(Conflict, match="which is none of its choices"):
        Nearest({"x": value}).one_of("x", choices)


@pytest.mark.parametrize("value", ["fast", None, [], True, ["a"]])
def test_what_is_no_number_conflicts(value: Any) -> None:
    with pytest.raises(Conflict, match="not a number"):
        Nearest({"x": value}).real("x", 0.0, 1.0, log=False)


def test_a_missing_value_conflicts() -> None:
    with pytest.raises(Conflict, match="no value for 'x'"):
        Nearest({}).one_of("x", [1])
