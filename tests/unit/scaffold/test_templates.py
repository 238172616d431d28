"""Every kind's package, as it is written, is as clean as our own code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emobench.api import KINDS
from emobench.scaffold.names import plugin_names
from emobench.scaffold.package import new_package

ROOT = Path(__file__).parents[3]
COMMANDS = Path(sys.executable).parent
LONG = "a-name-of-twenty-four-ch"
"""So long a name keeps every line of a package within its width."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One package of every kind, and some with the shortest and longest names."""
    folder = tmp_path_factory.mktemp("packages")
    for kind in KINDS:
        new_package(plugin_names(f"my-{kind}", kind=kind), folder=folder, core_version="0.1.0")
        for name in ("a", LONG):
            out = folder / name / kind
            new_package(plugin_names(name, kind=kind), folder=out, core_version="0.1.0")
    return folder


def assert_passes(*command: str, cwd: Path, **variables: str) -> None:
    result = subprocess.run(
        [str(COMMANDS / command[0]), *command[1:]],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_ruff_finds_nothing_to_format(packages: Path) -> None:
    assert_passes("ruff", "format", "--no-cache", "--diff", ".", cwd=packages)


def test_ruff_finds_nothing_to_mend(packages: Path) -> None:
    assert_passes("ruff", "check", "--no-cache", ".", cwd=packages)


def test_mypy_is_content_at_its_strictest(packages: Path) -> None:
    roots = [packages / f"emobench-my-{kind}" for kind in KINDS]
    assert_passes(
        "mypy",
        "--strict",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(ROOT / ".mypy_cache"),
        *(str(root / f"emobench_my_{kind}") for root, kind in zip(roots, KINDS, strict=True)),
        cwd=packages,
        MYPYPATH=os.pathsep.join(map(str, [*roots, ROOT])),
    )


def test_no_spelling_mistakes(packages: Path) -> None:
    folders = [str(packages / f"emobench-my-{kind}") for kind in KINDS]
    assert_passes("codespell", *folders, cwd=packages)
