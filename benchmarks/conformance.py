"""How long the conformance suites take, in seconds a component; a second is what each may take.

Each suite of our own test files runs once, in this process, after one of each kind that nobody
counts: they load torch, and librosa, which references come from. A component with several suites
has their sum. Needs the packages of the test environment, and an idle machine.

    python benchmarks/conformance.py [--slowest 5]
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np

from emobench.testing.runner import Check, run_suite
from emobench.testing.suite import Suite

ROOT = Path(__file__).parents[1]
FILES = ("plugins/*/tests/test_conformance*.py", "tests/conformance/test_core_datasets.py")
BUDGET_S = 1.0


def our_suites() -> Iterator[type[Suite]]:
    """The suites in our test files."""
    for path in sorted(path for pattern in FILES for path in ROOT.glob(pattern)):
        name = f"measured_{path.parent.parent.name}_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # pickle finds classes by their module
        spec.loader.exec_module(module)
        for label, value in vars(module).items():
            if label.startswith("Test") and inspect.isclass(value) and issubclass(value, Suite):
                yield value


def main() -> None:
    """Measure and print, slowest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slowest", type=int, default=5, help="single checks to print")
    wanted = parser.parse_args()
    suites = list(our_suites())
    librosa.feature.melspectrogram(y=np.zeros(2048, dtype=np.float32), sr=16_000)
    for suite in {suite.kind: suite for suite in suites}.values():
        list(run_suite(suite))
    checks: dict[tuple[str, str], list[Check]] = defaultdict(list)
    for suite in suites:
        checks[suite.kind, suite.component] += run_suite(suite)
    seconds = {name: sum(check.seconds for check in ran) for name, ran in checks.items()}
    for (kind, component), ran in sorted(checks.items(), key=lambda pair: -seconds[pair[0]]):
        failed = sum(check.outcome == "failed" for check in ran)
        over = "  over its second" if seconds[kind, component] > BUDGET_S else ""
        told = f"  {failed} FAILED" if failed else ""
        print(f"{seconds[kind, component]:7.2f} s  {kind} {component}{over}{told}")
    total = sum(seconds.values())
    print(f"{total:7.2f} s  all {len(seconds)}, {total / len(seconds):.2f} s each on average")
    print(f"\nthe {wanted.slowest} slowest checks:")
    every = [check for ran in checks.values() for check in ran]
    for check in sorted(every, key=lambda check: -check.seconds)[: wanted.slowest]:
        print(f"{check.seconds:7.2f} s  {check.kind} {check.component}: {check.name}")


if __name__ == "__main__":
    main()
