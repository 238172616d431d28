"""Other values of options: valid, different, and of every kind that can be varied."""

from __future__ import annotations

from typing import Literal

from emobench.api import Field, Options
from emobench.testing.option_values import other_values


class ManyOptions(Options):
    count: int = Field(4, ge=4, description="never less than four")
    share: float = Field(0.5, ge=0, lt=0.75, description="below three quarters")
    loud: bool = Field(False, description="yes or no")
    colour: Literal["grey", "rgb"] = Field("rgb", description="one of two")
    place: str = Field("here", description="left alone")


def test_each_option_is_given_other_values_that_it_takes() -> None:
    assert list(other_values(ManyOptions())) == [
        ("count", 5),
        ("share", 0.25),
        ("loud", True),
        ("colour", "grey"),
    ]
