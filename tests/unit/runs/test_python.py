"""`import emobench` is light, and `emobench.run` mirrors the command."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import emobench
from emobench.api import UsageError
from emobench.runs.python import Result, run
from emobench.runs.record import Record, TargetScores

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
    assert set(dir(emobench)) == {*emobench.__all__, "__version__"}


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
    assert frame["metric"].tolist() == ["uar", "uar"]
    assert frame["score"].iloc[0] == 0.5
    assert frame["score"].isna().tolist() == [False, True]
    assert frame["uar"].isna().tolist() == [False, True]


def test_a_result_shows_counts_states_and_mean_scores(make_record: MakeRecord) -> None:
    better = {"emotion": TargetScores(metrics={"uar": 0.75})}
    records = (
        make_record("a"),
        make_record("b", seed=1, scores=better),
        make_record("c", seed=2, state="failed", scores={}),
        make_record("d", recipe_name="mine", state="failed", scores={}),
    )
    assert repr(Result(records=records)) == (
        "<Result: 4 runs (2 ok, 2 failed); baseline on toy/people: uar 0.625; "
        "mine on toy/people: uar ->"
    )


def test_a_result_of_many_recipes_stays_short(make_record: MakeRecord) -> None:
    records = tuple(make_record(name, recipe_name=name) for name in "abcdefg")
    assert repr(Result(records=records)).endswith("d on toy/people: uar 0.500; and 3 more>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": 0}, "seeds=0: give how many, at least 1"),
        ({"seeds": -2}, "seeds=-2: give how many"),
        ({"seeds": []}, r"seeds=\[\]: give how many"),
        ({"seeds": [0, -1]}, r"seeds=\[0, -1\]: .* or a list of whole numbers from 0"),
        ({"seeds": True}, "seeds=True: give how many"),
        ({"seeds": "12"}, "seeds='12': give how many"),
        ({"seeds": [0.5]}, r"seeds=\[0.5\]: give how many"),
        ({"seeds": None}, "seeds=None: give how many"),
        ({"overrides": "train.epochs=3"}, "overrides='train.epochs=3': give a list of texts"),
        ({"overrides": {"train.epochs": 3}}, r"overrides=\{'train.epochs': 3\}: give a list"),
        ({"overrides": [3]}, r"overrides=\[3\]: give a list of texts KEY=VALUE, such as"),
        ({"recipe": []}, r"recipe=\[\]: give the name or the path of a recipe"),
        ({"recipe": {"loss": "focal"}}, r"recipe=\{'loss': 'focal'\}: give the name or the path"),
        ({"recipe": [{"schema": 1}]}, r"recipe=\[\{'schema': 1\}\]: give the name"),
        ({"recipe": ""}, "recipe='': give the name or the path of a recipe"),
        ({"task": []}, r"task=\[\]: give the name or the path of a task"),
    ],
)
def test_a_wrong_argument_says_what_to_give(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}"):
        run(**{"recipe": "baseline", **arguments})


@pytest.mark.parametrize(
    ("seeds", "ran"),
    [(2, [0, 1]), ((4, 7), [4, 7]), (range(1, 3), [1, 2]), (np.arange(2), [0, 1])],
)
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
