from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench.recipes.emit import to_yaml
from emobench.recipes.text import parse_text, plain

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
keys = texts.filter(lambda key: key != "<<")
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40, deadline=2000)
@given(st.dictionaries(keys, values, max_size=5))
def test_what_is_written_reads_back_the_same(value: dict[str, Any]) -> None:
    back = plain(parse_text(to_yaml(value), file="f").mapping())
    assert repr(back) == repr(value)


@pytest.mark.parametrize("word", ["no", "On", "y", "true", "null", "0o14", "1e5", "", "a: b"])
def test_words_mean_the_same_to_a_reader_of_yaml_1_1(word: str) -> None:
    assert yaml.safe_load(to_yaml({"a": word})) == {"a": word}


def test_blocks_stand_one_a_line() -> None:
    text = to_yaml({"train": {"epochs": 3}, "techniques": [{"use": "mixup"}, {"use": "swa"}]})
    assert text == "train: {epochs: 3}\ntechniques:\n  - {use: mixup}\n  - {use: swa}\n"


def test_special_numbers_read_back() -> None:
    text = to_yaml({"a": math.inf, "b": -math.inf})
    assert plain(parse_text(text, file="f").mapping()) == {"a": math.inf, "b": -math.inf}
