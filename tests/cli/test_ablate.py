"""`emobench ablate`: which runs it asks for, the table it ends in, and runs that end badly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.api import PluginError

Command = Callable[..., Any]

CHILD = """\
schema: 1
extends: table.yaml
loss: {use: focal}
optimizer: {lr: 0.02}
"""


@pytest.fixture
def child(folder: Path) -> Path:
    """A recipe that differs from `table.yaml` in two things."""
    path = folder / "child.yaml"
    path.write_text(CHILD)
    return path


@pytest.fixture
def fake(executor: Any) -> Any:
    """Training replaced by ready answers, whose ids take the names of variants."""
    executor.changes = named
    return executor


def named(plan: Any, **changes: Any) -> dict[str, Any]:
    return {"id": f"{plan.recipe.name}-{plan.seed}".replace(" ", "-"), **changes}


def cells_of(change: str, out: str) -> list[str]:
    """What the last table says of a change, added alone and removed alone."""
    row = [line for line in out.splitlines() if line.startswith(f"{change}  ")][-1]
    return [cell.strip() for cell in row.split("  ")[1:] if cell]


@pytest.mark.usefixtures("child")
def test_every_change_is_run_both_ways_with_every_seed(emobench: Command, fake: Any) -> None:
    outcome = emobench("ablate", "child.yaml", "--against", "table.yaml", "--seeds", "2")
    assert outcome.code == 0, outcome.err
    asked = [(plan.recipe.name, plan.seed) for plan, _ in fake.seen]
    # Of two changes each one added alone is the other one removed alone, under another name.
    recipes = ["table", "child", "table with loss", "table with optimizer.lr"]
    assert asked == [(name, seed) for name in recipes for seed in (0, 1)]


@pytest.mark.usefixtures("child")
def test_a_dry_run_tells_the_changes_and_trains_nothing(emobench: Command, fake: Any) -> None:
    outcome = emobench("ablate", "child.yaml", "--against", "table.yaml", "--dry-run")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert "loss          cross_entropy  focal" in lines
    assert "optimizer.lr  0.01           0.02" in lines
    assert "4 runs to do on device auto" in lines
    assert fake.seen == []


def test_the_table_holds_the_differences_of_the_runs_scores(
    emobench: Command, folder: Path
) -> None:
    """Trains for real, twice an epoch: of one change, on is the child and off the parent."""
    (folder / "child.yaml").write_text("schema: 1\nextends: table.yaml\nloss: {use: focal}\n")
    call = ("ablate", "child.yaml", "--against", "table.yaml")
    told = json.loads(emobench(*call, "--json").out)
    scores = {run["recipe"]: run["scores"]["uar"] for run in told["runs"]}
    (one,) = told["ablation"]["changes"]
    assert (one["change"], one["before"], one["after"]) == ("loss", "cross_entropy", "focal")
    gain = scores["child"] - scores["table"]
    for effect, expected in (
        (one["added"], gain),
        (one["removed"], -gain),
        (told["ablation"]["together"], gain),
    ):
        assert effect["difference"]["estimate"] == pytest.approx(expected, abs=1e-6)
    lines = emobench(*call).out.splitlines()
    place = next(at for at, line in enumerate(lines) if line.startswith("change  added alone"))
    assert lines[place].endswith("removed alone")
    assert lines[place + 2].count("points [") == 2


@pytest.mark.usefixtures("child")
def test_a_run_that_fails_is_told_in_its_cell_and_the_others_go_on(
    emobench: Command, fake: Any
) -> None:
    def changes(plan: Any) -> dict[str, Any]:
        failed = {"state": "failed", "scores": {}, "reason": "it fell"}
        return named(plan, **(failed if plan.recipe.name == "table with loss" else {}))

    fake.changes = changes
    outcome = emobench("ablate", "child.yaml", "--against", "table.yaml")
    assert outcome.code == 5
    assert len(fake.seen) == 4
    assert cells_of("loss", outcome.out) == ["1 failed of 1 run", "its runs hold no predictions"]


@pytest.mark.usefixtures("child")
def test_an_error_ends_its_own_run_and_leaves_its_cell_empty(emobench: Command, fake: Any) -> None:
    def changes(plan: Any) -> dict[str, Any]:
        if plan.recipe.name == "table with loss":
            raise PluginError("gone")
        return named(plan)

    fake.changes = changes
    outcome = emobench("ablate", "child.yaml", "--against", "table.yaml")
    assert outcome.code == 3
    assert cells_of("loss", outcome.out) == ["not run", "its runs hold no predictions"]


@pytest.mark.usefixtures("child")
def test_an_interrupt_still_ends_in_the_table_of_what_there_is(
    emobench: Command, fake: Any
) -> None:
    def changes(plan: Any) -> dict[str, Any]:
        if len(fake.seen) == 3:
            raise KeyboardInterrupt
        return named(plan)

    fake.changes = changes
    outcome = emobench("ablate", "child.yaml", "--against", "table.yaml")
    assert outcome.code == 130
    assert len(fake.seen) == 3
    assert cells_of("optimizer.lr", outcome.out) == ["not run", "not run"]
    assert outcome.err.splitlines()[-1] == "interrupted; run the same command to resume"


def test_recipes_that_do_the_same_are_refused(refused: Command) -> None:
    line = refused("ablate", "table.yaml", "--against", "table.yaml", code=2)
    assert "recipes 'table' and 'table' do the same: there is nothing to take apart" in line


def test_an_ensemble_is_refused(refused: Command) -> None:
    line = refused("ablate", "ensemble", "--against", "baseline", code=2)
    assert "this is an ensemble, and only a recipe that trains can be used here" in line
