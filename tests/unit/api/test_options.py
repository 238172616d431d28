from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.api import Field, Options, PluginError, Search, UsageError
from emobench.api.option_types import describe_type


class Inner(Options):
    size: int = Field(description="size")
    note: str = Field("", description="note")


class Many(Options):
    rate: Annotated[float, Search(1e-5, 1e-1, log=True)] = Field(1, gt=0, le=10, description="r")
    count: int = Field(3, ge=1, lt=2**40, description="count")
    flag: bool = Field(False, description="flag")
    mode: Literal["sqrt", "none"] = Field("none", description="mode")
    widths: tuple[int, ...] = Field([8, 16], ge=1, min_length=1, description="widths")
    pair: tuple[float, str] = Field((0, "a"), description="pair")
    inner: Inner | None = Field(None, description="inner")
    either: bool | float = Field(0.5, description="either")
    words: dict[str, float] = Field({}, le=1, description="words")


def faults(**values: Any) -> list[tuple[tuple[str | int, ...], str]]:
    options, found = Many.parse(values)
    assert (options is None) == bool(found)
    return [(fault.path, fault.message) for fault in found]


@pytest.mark.parametrize(
    ("values", "path", "message"),
    [
        ({"rate": "1e-3"}, ("rate",), "expected number, got text '1e-3'"),
        ({"rate": True}, ("rate",), "expected number, got truth value True"),
        ({"rate": None}, ("rate",), "expected number, got nothing"),
        ({"rate": 0}, ("rate",), "must be greater than 0, got 0"),
        ({"rate": 10.0000001}, ("rate",), "must be at most 10, got 10.0000001"),
        ({"rate": math.inf}, ("rate",), "must be a finite number, got inf"),
        ({"rate": math.nan}, ("rate",), "must be a finite number, got nan"),
        ({"rate": 10**400}, ("rate",), "the number is too large"),
        ({"count": 2.0}, ("count",), "expected whole number, got number 2.0"),
        ({"count": True}, ("count",), "expected whole number, got truth value True"),
        ({"count": 2**40}, ("count",), f"must be less than {2**40}, got {2**40}"),
        ({"flag": 1}, ("flag",), "expected true or false, got number 1"),
        ({"flag": "no"}, ("flag",), "expected true or false, got text 'no'"),
        ({"mode": 1}, ("mode",), "expected one of sqrt, none, got number 1"),
        ({"widths": []}, ("widths",), "needs at least 1 item(s), got 0"),
        ({"widths": [4, 0]}, ("widths", 1), "must be at least 1, got 0"),
        ({"widths": [4, "x"]}, ("widths", 1), "expected whole number, got text 'x'"),
        ({"widths": 4}, ("widths",), "expected list of whole numbers, got number 4"),
        ({"pair": [1.0]}, ("pair",), "needs 2 items, got 1"),
        ({"pair": 1}, ("pair",), "expected [number, text], got number 1"),
        ({"inner": {}}, ("inner",), "option 'size' is required"),
        ({"inner": {"size": "x"}}, ("inner", "size"), "expected whole number, got text 'x'"),
        ({"inner": 3}, ("inner",), "expected mapping of size, note or null, got number 3"),
        ({"words": {"a": 2}}, ("words", "a"), "must be at most 1, got 2"),
        ({"words": {"a": math.nan}}, ("words", "a"), "must be a finite number, got nan"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(
    values: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    assert faults(**values) == [(path, message)]


def test_a_huge_whole_number_is_no_crash() -> None:
    assert faults(count=10**5000)[0][1].endswith("got a number of thousands of digits")


def test_unknown_names_are_suggested() -> None:
    assert faults(rat=1.0, mode="sqr") == [
        (
            ("rat",),
            "unknown option 'rat'; did you mean 'rate'?; "
            "known: count, either, flag, inner, mode, pair, rate, widths, words",
        ),
        (("mode",), "unknown value 'sqr'; did you mean 'sqrt'?; known: none, sqrt"),
    ]


def test_every_fault_is_reported_at_once() -> None:
    assert len(faults(rate="x", count="x", nope=1)) == 3
    with pytest.raises(UsageError, match=r"Many: rate: expected number.*; count: expected whole"):
        Many(rate="x", count="x")  # type: ignore[arg-type]


def test_a_default_is_spelt_like_a_given_value() -> None:
    assert Many().dump() == Many(rate=1.0, widths=(8, 16), pair=(0.0, "a")).dump()
    assert repr(Many().dump()["rate"]) == "1.0"
    assert Many() == Many(rate=1)


def _wrong_type() -> type[Options]:
    class Wrong(Options):
        size: int = Field("big", description="size")

    return Wrong


def _out_of_bounds() -> type[Options]:
    class Wrong(Options):
        size: int = Field(0, ge=1, description="size")

    return Wrong


def _reserved() -> type[Options]:
    class Wrong(Options):
        replace: int = Field(0, description="size")  # type: ignore[assignment]

    return Wrong


def _undeclared() -> type[Options]:
    class Wrong(Options):
        size: int = 3

    return Wrong


@pytest.mark.parametrize(
    ("declare", "words"),
    [
        (_wrong_type, "Wrong.size: the default is wrong: expected whole number, got text 'big'"),
        (_out_of_bounds, "Wrong.size: the default is wrong: must be at least 1, got 0"),
        (_reserved, "Wrong.replace: the name is taken by a method of Options"),
        (_undeclared, "Wrong.size: declare it with Field"),
    ],
)
def test_a_wrong_declaration_is_refused(declare: Callable[[], type[Options]], words: str) -> None:
    with pytest.raises(PluginError, match=words) as caught:
        declare().fields()
    assert str(caught.value).endswith(f"(in {__name__})")


def test_subclasses_inherit_and_change_options() -> None:
    class Child(Inner):
        note: str = Field("child", description="note")
        extra: int = Field(1, description="extra")

    assert [field.name for field in Child.fields()] == ["size", "note", "extra"]
    assert Child(size=1).dump() == {"size": 1, "note": "child", "extra": 1}
    assert Inner(size=1).note == ""


def test_conflicts_are_asked_only_of_options_that_are_right_alone() -> None:
    class Pair(Options):
        low: int = Field(0, description="low")
        high: int = Field(1, description="high")

        def conflicts(self) -> list[str]:
            return ["'low' must lie below 'high'"] if self.low >= self.high else []

    assert [fault.message for fault in Pair.parse({"low": 2})[1]] == ["'low' must lie below 'high'"]
    assert len(Pair.parse({"low": "x"})[1]) == 1


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, lambda options: pickle.loads(pickle.dumps(options))]
)
def test_copies_are_equal_and_frozen(clone: Callable[[Many], Many]) -> None:
    options = Many(inner=Inner(size=2), words={"a": 0.5})
    other = clone(options)
    assert other == options
    assert hash(other) == hash(options)
    with pytest.raises(AttributeError, match="Many is frozen"):
        other.rate = 2.0  # type: ignore[misc]
    with pytest.raises(AttributeError, match="Many is frozen"):
        del other.rate


@given(st.floats(-1, 1) | st.booleans(), st.dictionaries(st.text(), st.floats(-1, 1), max_size=3))
def test_equal_options_have_equal_hashes(value: bool | float, words: dict[str, float]) -> None:
    left = Many(either=value, words=words)
    right = Many(either=float(value), words=dict(reversed(words.items())))
    assert left == right
    assert hash(left) == hash(right)


def test_replace_validates_anew() -> None:
    assert Many(rate=2.0).replace(count=5).dump() == Many(rate=2.0, count=5).dump()
    with pytest.raises(UsageError, match="must be at least 1"):
        Many().replace(count=0)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "rate": st.floats(0, 10, exclude_min=True),
            "count": st.integers(1, 2**40 - 1),
            "widths": st.lists(st.integers(1), min_size=1),
            "inner": st.none() | st.fixed_dictionaries({"size": st.integers()}),
            "mode": st.sampled_from(["sqrt", "none"]),
        },
    )
)
def test_what_is_dumped_parses_as_itself(values: dict[str, Any]) -> None:
    options, found = Many.parse(values)
    assert options is not None, found
    assert Many.parse(options.dump())[0] == options


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (float, "number"),
        (tuple[int, ...], "list of whole numbers"),
        (tuple[str, ...], "list of texts"),
        (tuple[bool, ...], "list of true or false"),
        (tuple[tuple[float, float], ...], "list of lists like [number, number]"),
        (tuple[tuple[int, ...], ...], "list of lists of whole numbers"),
        (tuple[Literal["a", "b"], ...], "list of one of a, b"),
        (tuple[Inner, ...], "list of mappings of size, note"),
        (dict[str, float], "mapping to numbers"),
        (dict[str, tuple[int, ...]], "mapping to lists of whole numbers"),
        (Inner | None, "mapping of size, note or null"),
        (float | tuple[float, ...], "number or list of numbers"),
        (Literal[True, "auto"], "one of true, auto"),
        (Any, "anything"),
    ],
)
def test_types_are_described_in_words(hint: Any, words: str) -> None:
    assert describe_type(hint) == words


def test_the_schema_says_what_parse_demands() -> None:
    schema = Many.json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["rate"] == {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 10,
        "description": "r",
        "default": 1.0,
    }
    assert schema["properties"]["widths"] == {
        "type": "array",
        "items": {"type": "integer", "minimum": 1},
        "minItems": 1,
        "description": "widths",
        "default": [8, 16],
    }
    assert Inner.json_schema()["required"] == ["size"]
