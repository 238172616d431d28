"""Markdown as plain lines for a terminal: no marks but those of code, paragraphs wrapped."""

from __future__ import annotations

import re

from emobench.cli.text import wrapped

FENCE = "```"
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
STRONG = re.compile(r"\*\*(.+?)\*\*")
CODE = re.compile(r"(`[^`]*`)")
ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def plain_lines(markdown: str, *, width: int | None) -> list[str]:
    """The text without its marks, in lines of that width where one is given."""
    lines: list[str] = []
    for block in _blocks(COMMENT.sub("", markdown)):
        if lines:
            lines.append("")
        if block[0].startswith(FENCE):
            for line in block[1:]:
                lines += wrapped(line, width=width, indent="  ", hanging="    ") if line else [""]
        else:
            for text in _paragraphs(block):
                hanging = "  " if ITEM.match(text) else ""
                lines += wrapped(_unmarked(text), width=width, hanging=hanging)
    return lines


def _blocks(markdown: str) -> list[list[str]]:
    """Lines between blank ones; a fenced block is one, blank lines and all, without its end."""
    blocks: list[list[str]] = [[]]
    fenced = False
    for line in markdown.splitlines():
        if line.startswith(FENCE):
            blocks.append([] if fenced else [line])
            fenced = not fenced
        elif fenced or line.strip():
            blocks[-1].append(line)
        else:
            blocks.append([])
    return [block for block in blocks if block]


def _paragraphs(block: list[str]) -> list[str]:
    """The block's lines joined; items of a list, headings and rows of a table stay apart."""
    joined: list[str] = []
    for line in block:
        apart = ITEM.match(line) or line.startswith(("#", "|"))
        if joined and not apart and not joined[-1].startswith(("#", "|")):
            joined[-1] += f" {line.strip()}"
        else:
            joined.append(line.rstrip())
    return joined


def _unmarked(text: str) -> str:
    """Without marks, but for code spans: they tell names and values from words."""
    parts = CODE.split(text.lstrip("#").strip())
    parts[::2] = [
        STRONG.sub(r"\1", LINK.sub(lambda link: _link(link[1], link[2]), words))
        for words in parts[::2]
    ]
    return "".join(parts)


def _link(words: str, target: str) -> str:
    return words if words == target else f"{words} ({target})"
