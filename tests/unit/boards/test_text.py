"""Text of strangers, read back through a markdown reader."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from emobench.boards.text import board_file, code, escape, one_line, shorten

READER = MarkdownIt("commonmark", {"html": True}).enable("table")
HOSTILE = st.text(alphabet=[*"ab |\\`*_[]()<>&!#~$@\n\r\t-:/.'\"=é\u202e\x00"])


def cells(text: str) -> list[list[Token]]:
    """The inline tokens of a one-row table's cells that hold the text and the word 'end'."""
    page = READER.parse(f"| a | b |\n| --- | --- |\n| {text} | end |\n")
    rows = [token.children or [] for token in page if token.type == "inline"]
    return rows[2:]


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_escaped_text_is_read_back_as_plain_text_in_its_own_cell(text: str) -> None:
    first, second = cells(escape(text))
    assert {token.type for token in first} <= {"text", "text_special"}
    assert "".join(token.content for token in first).strip() == one_line(text)
    assert "".join(token.content for token in second) == "end"


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_code_is_read_back_as_code_in_its_own_cell(text: str) -> None:
    first, second = cells(code("x" + text))
    kept = [token for token in first if token.type != "html_inline"]
    tags = [token.content for token in first if token.type == "html_inline"]
    assert tags in ([], ["<code>", "</code>"])
    assert "".join(token.content for token in kept) == one_line("x" + text)
    assert "".join(token.content for token in second) == "end"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n# b", "a &#35; b"),
        ("<script>", "&lt;script&gt;"),
        ("[x](http://y)", "&#91;x&#93;(http&#58;//y)"),
        ("see www.site", "see www&#46;site"),
        ("a\u202eb", "ab"),
    ],
)
def test_what_would_act_is_written_out(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_plain_commands_stay_readable() -> None:
    assert code("emobench run a --seeds 3") == "`emobench run a --seeds 3`"


def test_long_text_is_cut() -> None:
    assert shorten("x" * 301) == "x" * 299 + "…"
    assert shorten("x" * 300) == "x" * 300


@pytest.mark.parametrize(
    ("task", "expected"),
    [("synthetic-speech/speakers", "synthetic-speech--speakers.md"), ("mine", "mine.md")],
)
def test_a_boards_file_is_named_after_its_task(task: str, expected: str) -> None:
    assert board_file(task) == expected


@pytest.mark.parametrize(
    "task",
    ["../../etc/passwd", "Mine", "???", "a--b", "x" * 500, "a-0123abcd", "claims", "readme"],
)
def test_a_name_unfit_for_a_file_is_told_by_its_hash(task: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]{0,70}[0-9a-f]{8}\.md", board_file(task))


TASKS = st.text(min_size=1) | st.sampled_from(["a", "a-0123abcd", "a/0123abcd"])
MARKS = st.sampled_from(["", "0123abcd"])


@given(st.tuples(TASKS, MARKS), st.tuples(TASKS, MARKS))
def test_file_names_are_safe_and_differ_where_boards_do(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    names = board_file(one[0], mark=one[1]), board_file(other[0], mark=other[1])
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-") for name in names)
    assert all(not name.startswith((".", "-")) for name in names)
    assert (one == other) == (names[0] == names[1])


def test_a_board_that_shares_its_tasks_name_has_its_mark_in_its_file() -> None:
    assert board_file("data/clips", mark="0123abcd") == "data--clips-0123abcd.md"
