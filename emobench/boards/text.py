"""Names and reasons come from strangers: made safe to stand in a markdown table or a file name."""

from __future__ import annotations

import hashlib
import re
import unicodedata

HEAD = "Written by `emobench leaderboard`; edits are lost."
"""Stands on every file that is written, so that none by another hand is replaced."""
LONGEST = 300
REPLACED = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "|": "&#124;",
        "\\": "&#92;",
        "`": "&#96;",
        "*": "&#42;",
        "_": "\\_",
        "[": "&#91;",
        "]": "&#93;",
        "~": "&#126;",
        "#": "&#35;",
        "@": "&#64;",
        "$": "&#36;",
    }
)
SAFE_IN_CODE = re.compile(r"[A-Za-z0-9 ./=,:'&_\"(){}+-]*")
BESIDE_THE_BOARDS = frozenset({"claims", "leak-premium", "readme"})
"""Pages of the same folder, which no board may replace."""
LIKE_A_MARK = re.compile(r"-[0-9a-f]{8}$")
SAFE_IN_FILE = re.compile(r"[a-z0-9][a-z0-9._/-]{0,99}")


def is_ours(text: str) -> bool:
    """Whether a file's text is of those that are written: near its top it says so."""
    return any(HEAD in line for line in text.splitlines()[:3])


def escape(text: str) -> str:
    """The text on one line, with nothing left in it that markdown or HTML would act on."""
    shown = one_line(text).translate(REPLACED)
    return shown.replace("://", "&#58;//").replace("www.", "www&#46;")


def code(text: str) -> str:
    """A code span; where its characters could end it early, an HTML one of escaped characters."""
    shown = one_line(text)
    if SAFE_IN_CODE.fullmatch(shown):
        return f"`{shown}`"
    return f"<code>{escape(shown)}</code>"


def one_line(text: str) -> str:
    """Without line breaks, control characters and invisible ones that turn text around."""
    spaced = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in text
        if unicodedata.category(letter) not in ("Cf", "Cs")
    )
    return " ".join(spaced.split())


def shorten(text: str) -> str:
    """At most 300 characters of it."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def board_file(task: str, *, mark: str = "") -> str:
    """The file name of a board; a task's name unfit for a file is replaced and told by a hash."""
    end = f"-{mark}.md" if mark else ".md"
    unfit = "--" in task or ".." in task or LIKE_A_MARK.search(task) or task in BESIDE_THE_BOARDS
    if SAFE_IN_FILE.fullmatch(task) and not unfit:
        return task.replace("/", "--") + end
    kept = re.sub(r"[^a-z0-9-]+", "-", task.lower()).strip("-")[:60]
    own = hashlib.sha256(task.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{kept}-{own}{end}" if kept else f"{own}{end}"
