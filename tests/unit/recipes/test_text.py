from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench.api import RecipeError
from emobench.recipes.text import (
    MappingNode,
    Place,
    locate,
    parse_mapping,
    parse_text,
    parse_value,
    plain,
)


def values(text: str) -> object:
    return plain(parse_text(text, file="f").mapping())


def faults(text: str) -> list[str]:
    return [str(fault) for fault in parse_text(text, file="f").faults]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 0.001),
        ("1E+2", 100.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-12", -12),
        ("+3", 3),
        ("007", 7),
        ("0o14", 12),
        ("0x1F", 31),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("no", "no"),
        ("off", "off"),
        ("y", "y"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("0b11", "0b11"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("1e", "1e"),
        ("tRue", "tRue"),
    ],
)
def test_scalars_follow_yaml_1_2(word: str, value: object) -> None:
    result = values(f"a: {word}")["a"]  # type: ignore[index]
    assert (result, type(result)) == (value, type(value))


def test_nan_is_a_number() -> None:
    assert math.isnan(values("a: .nan")["a"])  # type: ignore[index]


def test_keys_and_values_know_their_places() -> None:
    root = parse_text("a: 1\nblock:\n  - {use: x,\n     lr:   2}\n", file="f").mapping()
    path = ("block", 0, "lr")
    assert locate(root, path) == Place("f", 4, 12)
    assert locate(root, path, at_key=True) == Place("f", 4, 6)


def test_a_path_that_ends_early_is_located_at_its_deepest_value() -> None:
    root = parse_text("a: {b: 1}", file="f").mapping()
    assert locate(root, ("a", "missing")) == Place("f", 1, 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\na: 2", "f:2:1: key 'a' is given twice (first in line 1)"),
        ("a: 1\n1: x", "f:2:1: a key must be text; quote it if you mean it: '1'"),
        ("~: x", "f:1:1: a key must be text; quote it if you mean it: 'null'"),
        ("<<: {a: 1}", "f:1:1: merge keys ('<<') are not taken; use 'extends'"),
        ("? [a]\n: 1", "f:1:3: a key must be a word, not a list or mapping"),
        ("a: !!python/name:os.system x", "f:1:4: tags are not taken (here"),
        ("a: ! x", "f:1:4: tags are not taken (here '!')"),
        ("a: 1\n---\nb: 2", "f:2:1: a second document starts here"),
        ("a: *b", "f:1:4: alias '*b' is not defined above"),
        ("a: &a [*a]", "f:1:8: alias '*a' stands inside itself"),
        ("a: [1", "f:1:6: not valid YAML: while parsing a flow sequence, expected ',' or ']'"),
        ("a:\n\tb: 1", "indent with spaces, not tabs"),
        ("a: 'x\ny\x01'", "f:2:2: not valid YAML: character U+0001 is not allowed"),
        ('a: "\\UFFFFFFFF"', "f:1:7: not valid YAML"),
        ('a: "\\ud800"', "half a surrogate pair"),
        ('a: "\\0"', "the text holds a NUL character"),
        ("a: 99999999999999999999", "whole number 99999999999999999999 does not fit in 64 bits"),
        ("- a", "f:1:1: expected a mapping of keys to values here"),
        ("# nothing", "f: is empty"),
        (f"{'k' * 101}: 1", "a key of 101 characters; at most 100 are taken"),
        ("%YAML 3.0\n---\na: 1", "not valid YAML: found incompatible YAML document"),
    ],
)
def test_a_fault_says_where_and_what(text: str, words: str) -> None:
    assert words in "\n".join(faults(text))


def test_reading_goes_on_after_a_fault() -> None:
    assert len(faults("a: 1\na: 2\nb: !x y\n3: z\n")) == 3


def test_the_faults_of_one_file_are_limited() -> None:
    assert faults("\n".join(["a: 1"] * 1000))[-1].endswith("the rest was not read")


NESTED = "a0: &a0 [x]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 60))
LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)
)
TEXT_LAUGHS = f"a: &a {'x' * 100_000}\nb: [{','.join(['*a'] * 100)}]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested deeper than 40 levels"),
        ("a: " + "{a: " * 50_000, "nested deeper than 40 levels"),
        ("- " * 100_000, "nested deeper than 40 levels"),
        (NESTED, "nested deeper than 40 levels, aliases written out"),
        (LAUGHS, "too many values once every alias is written out"),
        (TEXT_LAUGHS, "too many values once every alias is written out"),
        ("a: " + "9" * 200_000, "does not fit in 64 bits"),
        ("a: 0x" + "f" * 200_000, "does not fit in 64 bits"),
        ("a: " + "x" * 300_000, "is larger than 256 KiB"),
        ("%YAML " + "9" * 5000 + ".1\n---\na: 1", "not valid YAML"),
    ],
    ids=[
        "list",
        "mapping",
        "dashes",
        "aliases",
        "laughs",
        "words",
        "digits",
        "hex",
        "size",
        "yaml",
    ],
)
def test_hostile_text_ends_in_a_fault_and_soon(text: str, words: str) -> None:
    start = time.monotonic()
    found = faults(text)
    assert words in "\n".join(found)
    assert time.monotonic() - start < 10
    assert max(map(len, found)) < 500


def test_an_alias_within_the_budget_is_written_out() -> None:
    assert values("a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: \xff\xfe", "is not UTF-8 text (byte 3)"),
        (bytes(range(256)), "is not UTF-8 text"),
        (b"", "is empty"),
        (b"x" * 300_000, "is larger than 256 KiB"),
    ],
)
def test_a_file_that_is_no_text_is_a_fault(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(data)
    document = parse_mapping(path, file="f.yaml")
    assert words in str(document.faults[0])
    assert document.root is None


def test_folders_missing_files_and_pipes_are_faults(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = [
        str(parse_mapping(path, file="f").faults[0])
        for path in (tmp_path, tmp_path / "none", tmp_path / "pipe", Path("x" * 5000))
    ]
    assert found[:3] == [
        "f: is a folder, not a YAML file",
        "f: there is no such file",
        "f: is not a regular file",
    ]
    assert "cannot be read: File name too long" in found[3]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    root = parse_mapping(tmp_path / "f.yaml", file="f").mapping()
    assert root.entries["a"].key_place == Place("f", 1, 1)


def test_mapping_raises_every_fault_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        parse_text("a: 1\na: 2\n1: 2", file="f").mapping()
    assert len(caught.value.faults) == 2


def test_a_single_value_stands_where_it_is_told_to() -> None:
    node, found = parse_value("[1e-3, {a: no}]", place=Place("--set x"))
    assert found == []
    assert node is not None
    assert plain(node) == [0.001, {"a": "no"}]
    assert locate(node, (1, "a")) == Place("--set x")
    assert str(parse_value("[", place=Place("--set x"))[1][0]).startswith("--set x: not valid")


PIECES = (
    *("a", "b: ", "- ", "\n", "  ", "\n  ", "{", "}", "[", "]", ",", ": ", "? ", "&x ", "*x"),
    *("!t ", "|", ">", "'", '"', "\\", "#", "%", "---", "...", "\t", "<<: ", "1e999", "é", "~"),
)
yamlish = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(st.one_of(st.text(), st.characters(exclude_categories=()).map(str), yamlish))
@settings(max_examples=150, deadline=2000)
def test_any_text_is_a_mapping_or_faults(text: str) -> None:
    document = parse_text(text, file="f")
    assert isinstance(document.root, MappingNode) or document.faults
