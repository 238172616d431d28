"""Draws from the options' own ranges: inside them, to both ends, the same for the same seed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emobench.api import Field, Options, Search
from emobench.api.errors import PluginError
from emobench.api.option_types import Bounds
from emobench.api.options import OptionField
from emobench.sweeps.space import draw_options, searched_ranges, suggest_value
from emobench.sweeps.suggest import Drawn


class Plain(Options):
    rate: Annotated[float, Search(1e-4, 1e-2, log=True)] = Field(1e-3, gt=0, description="a rate")
    share: Annotated[float, Search(0.25, 0.75)] = Field(0.5, description="a share")
    steps: Annotated[int, Search(1, 4)] = Field(1, ge=1, description="some steps")
    many: Annotated[int, Search(1, 100, log=True)] = Field(1, ge=1, description="many steps")
    drop: Annotated[float | tuple[float, ...], Search(0.0, 0.6)] = Field(0.1, description="drops")
    widths: Annotated[tuple[int, ...], Search(choices=((8,), (16, 8)))] = Field(
        (8,), description="widths"
    )
    pooling: Annotated[Literal["avg", "max"], Search(choices=("avg", "max"))] = Field(
        "avg", description="a word"
    )
    name: str = Field("as it is", description="not searched")


class Ordered(Options):
    low: Annotated[int, Search(0, 5)] = Field(0, description="the lower end")
    high: Annotated[int, Search(0, 5)] = Field(5, description="the higher end")

    def conflicts(self) -> list[str]:
        return ["low must lie below high"] if self.low >= self.high else []


def draws(name: str, count: int) -> list[Any]:
    field = next(field for field in Plain.fields() if field.name == name)
    search = searched_ranges(Plain)[name]
    return [
        suggest_value(field, search, key=name, suggest=Drawn(str(seed))) for seed in range(count)
    ]


def option(search: Search, kind: type) -> OptionField:
    return OptionField(
        name="x", type=kind, default=1, bounds=Bounds(), description="x", search=search
    )


@given(st.integers(0, 2**32))
def test_every_draw_is_accepted_by_the_options(seed: int) -> None:
    options, faults = Plain.parse(draw_options(Plain, str(seed)))
    assert options is not None, faults


def test_whole_numbers_reach_both_ends_equally_often() -> None:
    found = draws("steps", 2000)
    counts = [found.count(value) for value in (1, 2, 3, 4)]
    assert sum(counts) == 2000
    assert stats.chisquare(counts).pvalue > 0.001


def test_a_logarithmic_range_is_uniform_in_the_logarithm() -> None:
    law = stats.loguniform(1e-4, 1e-2)
    assert stats.kstest(draws("rate", 2000), law.cdf).pvalue > 0.001


def test_a_linear_range_is_uniform() -> None:
    assert stats.kstest(draws("share", 2000), stats.uniform(0.25, 0.5).cdf).pvalue > 0.001


def test_logarithmic_whole_numbers_reach_both_ends() -> None:
    found = draws("many", 4000)
    assert {1, 100} <= set(found)
    assert all(isinstance(value, int) and 1 <= value <= 100 for value in found)


def test_an_option_that_also_takes_a_list_draws_a_number() -> None:
    assert all(isinstance(value, float) for value in draws("drop", 20))


def test_choices_are_all_drawn() -> None:
    found = draws("widths", 50)
    assert [8] in found
    assert [16, 8] in found
    assert len(found) == found.count([8]) + found.count([16, 8])


def test_the_same_seed_draws_the_same_options() -> None:
    assert draw_options(Plain, "3") == draw_options(Plain, "3")
    assert draw_options(Plain, "3") != draw_options(Plain, "4")


def test_unsearched_options_are_kept_and_searched_ones_drawn_over_what_is_kept() -> None:
    values = draw_options(Plain, "0", keep={"name": "mine", "steps": 77})
    assert values["name"] == "mine"
    assert values["steps"] != 77


@given(st.integers(0, 2**32))
def test_options_that_conflict_are_drawn_anew(seed: int) -> None:
    values = draw_options(Ordered, str(seed))
    assert values["low"] < values["high"]


def test_an_option_without_a_range_is_not_searched() -> None:
    assert "name" not in searched_ranges(Plain)


@pytest.mark.parametrize(
    ("kind", "search", "message"),
    [
        (float, Search(), "option 'x': Search(...) needs low and high, or choices"),
        (float, Search(low=1.0), "option 'x': Search(...) needs low and high, or choices"),
        (float, Search(2.0, 1.0), "option 'x': Search(2.0, 1.0) has its ends exchanged"),
        (int, Search(0.2, 0.8), "option 'x': no whole number in Search(0.2, 0.8)"),
        (
            float,
            Search(0.0, 1.0, log=True),
            "option 'x': Search(0.0, 1.0, log=True) must begin above 0",
        ),
    ],
)
def test_a_range_that_cannot_be_drawn_from_is_its_authors_fault(
    kind: type, search: Search, message: str
) -> None:
    with pytest.raises(PluginError) as caught:
        suggest_value(option(search, kind), search, key="x", suggest=Drawn("0"))
    assert str(caught.value) == message
