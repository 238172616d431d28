"""Rooms import one way, and listing plugins stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "numpy", "pandas", "ray", "matplotlib", "librosa", "scipy", "sklearn")


def test_import_contracts_hold() -> None:
    result = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def loaded_by(code: str) -> set[str]:
    listing = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import emobench",
        "import emobench.api",
        "from emobench.registry import load_registry; load_registry()",
        "from emobench.recipes.load import load_recipe\n"
        "from emobench.registry import load_registry\n"
        "load_recipe('recipes/enhanced.yaml', registry=load_registry())",
    ],
    ids=["package", "api", "registry", "recipe"],
)
def test_light_imports_load_nothing_heavy(code: str) -> None:
    assert loaded_by(code) & set(HEAVY) == set()
