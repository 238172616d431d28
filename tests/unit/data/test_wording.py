"""Lists of names in messages stay short and in order."""

from __future__ import annotations

from emobench.data.wording import some


def test_few_names_are_listed_whole_and_in_order():
    assert some({"c", "a", "b"}) == "a, b, c"


def test_of_many_names_the_first_five_are_listed():
    assert some([f"S{number}" for number in range(1, 6)]) == "S1, S2, S3, S4, S5"
    assert some([f"S{number}" for number in range(1, 7)]) == "S1, S2, S3, S4, S5, …"
