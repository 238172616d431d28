"""Markdown on a terminal."""

from __future__ import annotations

import pytest

from emobench.cli.plain import plain_lines


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("one\ntwo\n\nthree", ["one two", "", "three"]),
        ("**When it helps.** With `a ** b` and `x`.", ["When it helps. With `a ** b` and `x`."]),
        ("## Heading\ntext", ["Heading", "text"]),
        ("See [the paper](https://a.example/b).", ["See the paper (https://a.example/b)."]),
        ("- one\n  more\n- two", ["- one more", "- two"]),
        ("a\n\n```text\nx  =  1\n\n  y\n```\n\nb", ["a", "", "  x  =  1", "", "    y", "", "b"]),
        ("a <!-- hidden\nmark --> b", ["a  b"]),
        ("", []),
    ],
)
def test_marks_go_and_structure_stays(markdown: str, lines: list[str]) -> None:
    assert plain_lines(markdown, width=None) == lines


def test_paragraphs_and_code_keep_within_the_width() -> None:
    text = f"{'word ' * 30}\n\n- {'item ' * 20}\n\n```\n{'code ' * 20}\n```"
    lines = plain_lines(text, width=40)
    assert max(map(len, lines)) <= 40
    assert " ".join(" ".join(lines).split()) == " ".join(text.replace("```", "").split())
