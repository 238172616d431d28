"""The suites in the tests of our own packages."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from emobench.testing.suite import Suite

ROOT = Path(__file__).parents[2]
CORE = ROOT / "tests" / "conformance" / "test_core_datasets.py"


def suites_in(path: Path) -> Iterator[type[Suite]]:
    """The suites that pytest runs from a test file."""
    spec = importlib.util.spec_from_file_location(f"scanned_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # pickle finds classes by their module
    spec.loader.exec_module(module)
    for name, value in vars(module).items():
        if name.startswith("Test") and inspect.isclass(value) and issubclass(value, Suite):
            yield value


@cache
def our_suites() -> tuple[type[Suite], ...]:
    """Every suite that we run, in the order of its files."""
    files = [*sorted(ROOT.glob("plugins/*/tests/test_conformance*.py")), CORE]
    return tuple(suite for path in files for suite in suites_in(path))
