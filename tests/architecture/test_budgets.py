"""Size budgets: they bind the tail, where newcomers drown."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTION_LINES = 60
FILE_LINES = 400
ARGUMENTS = 7
LOOP_LINES = 300

EXCEPTIONS: dict[str, str] = {}
"""`path` or `path::function` to the reason why a budget does not bind it."""


def sources() -> list[Path]:
    """Every Python file that ships, or that a reader is sent to."""
    folders = [ROOT / name for name in ("emobench", "benchmarks", "docs")]
    roots = [*folders, *ROOT.glob("plugins/*/emobench_*")]
    return sorted(path for root in roots for path in root.rglob("*.py"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def label(path: Path, function: str = "") -> str:
    name = str(path.relative_to(ROOT))
    return f"{name}::{function}" if function else name


def test_there_are_sources_to_judge() -> None:
    assert len(sources()) > 50


@pytest.mark.parametrize("path", sources(), ids=label)
def test_file_keeps_within_its_lines(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES or label(path) in EXCEPTIONS, f"{lines} lines"


@pytest.mark.parametrize("path", sources(), ids=label)
def test_functions_keep_within_their_lines_and_arguments(path: Path) -> None:
    too_much = []
    for function in functions(path):
        if label(path, function.name) in EXCEPTIONS:
            continue
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        count = sum(1 for argument in named if argument.arg not in ("self", "cls"))
        if lines > FUNCTION_LINES:
            too_much.append(f"{function.name} has {lines} lines")
        if count > ARGUMENTS and not is_command(path):
            too_much.append(f"{function.name} takes {count} arguments")
    assert too_much == []


def is_command(path: Path) -> bool:
    """A command's parameters are its flags; Field and Search-like declarations likewise."""
    return path.parent.name == "cli" or path.name == "options.py"


def test_the_loop_stays_small() -> None:
    loop = ROOT / "emobench" / "training" / "loop.py"
    assert len(loop.read_text(encoding="utf-8").splitlines()) < LOOP_LINES
