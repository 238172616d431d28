"""`import emobench` is light, and `emobench.run` mirrors the command."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import emobench
from emobench.runs.python import Result, run
from emobench.runs.record import Record

MakeRecord = Callable[..., Record]


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = "import sys, emobench; dir(emobench); print('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    heavy = {"torch", "numpy", "pandas", "ray", "matplotlib"}
    assert set(result.stdout.split()) & heavy == set()


def test_every_public_name_is_there() -> None:
    assert [name for name in emobench.__all__ if getattr(emobench, name, None) is None] == []
    assert set(emobench.__all__) <= set(dir(emobench))


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert emobench.__version__ == version("emobench")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'emobench' has no attribute 'runn'"):
        _ = emobench.runn


def test_a_result_is_a_frame_of_one_row_a_run(make_record: MakeRecord) -> None:
    frame = Result(records=(make_record("a"), make_record("b", seed=1, scores={}))).frame()
    assert frame["id"].tolist() == ["a", "b"]
    assert frame["seed"].tolist() == [0, 1]
    assert frame["uar"].iloc[0] == 0.5
    assert frame["uar"].isna().tolist() == [False, True]


@pytest.mark.parametrize(("seeds", "ran"), [(2, [0, 1]), ((4, 7), [4, 7])])
def test_run_makes_the_plans_of_the_command(
    make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch, seeds: Any, ran: list[int]
) -> None:
    fake = types.ModuleType("emobench.runs.executor")
    seen = []

    def execute(plan: Any, **_rest: Any) -> Record:
        seen.append(plan)
        return make_record(seed=plan.seed)

    fake.execute = execute  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "emobench.runs.executor", fake)
    result = run(Path("baseline"), seeds=seeds, overrides=["train.epochs=3"])
    assert [record.seed for record in result.records] == ran
    assert {plan.recipe.train.epochs for plan in seen} == {3}
