"""The tutorial followed to the letter: every file and every command of the page, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "write-a-plugin.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"`([\w/.-]+\.\w+)`")


def steps(page: str) -> Iterator[tuple[str, str, str]]:
    """Language, file and text of every block; the file is the last one named before the block."""
    for match in BLOCK.finditer(page):
        paragraphs = page[: match.start()].split("```")[-1]
        files = FILE_NAME.findall(paragraphs)
        yield match[1], files[-1] if files else "", match[2]


def as_script(page: str) -> str:
    """The page as one shell script: files are written where they are shown, commands are run."""
    lines = ["set -euo pipefail"]
    for language, file, text in steps(page):
        if language == "bash":
            lines.append(text)
        else:
            assert file, f"no file is named before this block:\n{text}"
            lines.append(f"cat > {file} <<'END OF FILE'\n{text}END OF FILE\n")
    return "\n".join(lines)


def test_every_block_of_the_page_is_a_command_or_a_named_file() -> None:
    found = [(language, file) for language, file, _ in steps(PAGE.read_text(encoding="utf-8"))]
    files = [file for language, file in found if language != "bash"]
    assert len(files) == len(set(files)) == 6
    assert len(found) - len(files) == 5


@pytest.mark.slow
def test_the_page_leads_from_nothing_to_a_swept_plugin(
    fresh_environment: Any, tmp_path: Path
) -> None:
    script = as_script(PAGE.read_text(encoding="utf-8"))
    told = fresh_environment.run("bash", "-c", script, cwd=tmp_path).stdout
    package = tmp_path / "emobench-logit-adjusted"
    assert (package / "runs" / "sweeps").is_dir()
    assert list((package / "dist").glob("emobench_logit_adjusted-*.whl"))
    board = "\n".join(path.read_text() for path in package.rglob("*.md") if "runs" in path.parts)
    assert "loss.strength" in told
    assert "try-logit_adjusted" in told + board
