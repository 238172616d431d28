"""Values by chance do not depend on each other; known values must fit the space."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.sweeps.suggest import Conflict, Drawn, Known


def test_what_a_key_draws_does_not_depend_on_which_others_are_asked_for() -> None:
    alone = Drawn("a").real("lr", 0, 1, log=False)
    after = Drawn("a")
    after.one_of("loss", ["x", "y"])
    assert after.real("lr", 0, 1, log=False) == alone
    assert Drawn("b").real("lr", 0, 1, log=False) != alone


def test_log_whole_numbers_give_both_ends_their_share() -> None:
    drawn = Counter(Drawn(f"{seed}").whole("n", 1, 3, log=True) for seed in range(3000))
    shares = [drawn[value] / 3000 for value in (1, 2, 3)]
    # The logarithms of 0.5, 1.5, 2.5 and 3.5 part the range.
    assert shares == pytest.approx([0.565, 0.263, 0.173], abs=0.03)


@given(seed=st.text(), low=st.floats(1e-6, 1), width=st.floats(0, 1e3), log=st.booleans())
def test_numbers_lie_in_their_range(seed: str, low: float, width: float, log: bool) -> None:
    assert low <= Drawn(seed).real("x", low, low + width, log=log) <= low + width


def test_known_values_are_given_back_as_they_are() -> None:
    known = Known({"loss": [16, 8], "epochs": 3, "lr": 1})
    assert known.one_of("loss", [[8], [16, 8]]) == [16, 8]
    assert known.whole("epochs", 1, 3, log=False) == 3
    assert known.real("lr", 0.5, 1.5, log=True) == 1.0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "no value for 'x'"),
        (4, "'x' is 4, not a whole number from 1 to 3"),
        (True, "'x' is True, not a whole number from 1 to 3"),
        (1.5, "'x' is 1.5, not a whole number from 1 to 3"),
    ],
)
def test_known_values_out_of_the_space_conflict(value: object, message: str) -> None:
    known = Known({} if value is None else {"x": value})
    with pytest.raises(Conflict, match=re.escape(message)):
        known.whole("x", 1, 3, log=False)


def test_a_truth_value_is_no_number_among_choices() -> None:
    with pytest.raises(Conflict, match="none of its choices"):
        Known({"x": True}).one_of("x", [0, 1])
    assert Known({"x": True}).one_of("x", [1, True]) is True


def test_a_known_number_beyond_its_range_conflicts() -> None:
    with pytest.raises(Conflict, match=re.escape("'lr' is 2, not from 0.1 to 1")):
        Known({"lr": 2}).real("lr", 0.1, 1, log=True)
