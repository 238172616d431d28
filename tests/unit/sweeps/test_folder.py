"""A sweep's folder: its name, what it refuses, what its files hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emobench.api import ProtocolOptions
from emobench.api.errors import UsageError
from emobench.api.options import NoOptions
from emobench.data.tasks import Task
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Block, Recipe
from emobench.registry import Registry
from emobench.runs.plan import Plan
from emobench.sweeps.folder import SweepFolder, default_name
from emobench.sweeps.search import Trial, TrialEnd

DEFINITION = {"recipe": {"name": "faces/Mine"}, "task": {"name": "a/b"}, "seed": 0}


@pytest.fixture
def end(recipe: Recipe) -> TrialEnd:
    dataset = Block(kind="dataset", use="made", options=NoOptions())
    task = Task(name="made/up", dataset=dataset, protocol=ProtocolOptions())
    plan = Plan(recipe=recipe, task=task, seed=0)
    trial = Trial(index=2, recipe=recipe, plan=plan, drawn={"loss.gamma": 1.5})
    return TrialEnd(trial=trial, state="ok", run_id="run-2", validation=0.5)


def test_a_name_is_readable_and_follows_what_is_searched() -> None:
    assert default_name(DEFINITION).startswith("faces-mine-a-b-")
    assert default_name(DEFINITION) == default_name(dict(DEFINITION))
    assert default_name(DEFINITION) != default_name({**DEFINITION, "seed": 1})


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b"])
def test_a_name_that_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no name for a sweep: letters, digits"):
        SweepFolder(tmp_path, name)


def test_the_same_sweep_goes_on_in_its_folder_and_another_is_refused(tmp_path: Path) -> None:
    SweepFolder(tmp_path, "one").open(DEFINITION)
    SweepFolder(tmp_path, "one").open(DEFINITION)
    with pytest.raises(UsageError) as caught:
        SweepFolder(tmp_path, "one").open({**DEFINITION, "seed": 1})
    assert str(caught.value) == (
        f"'{tmp_path / 'sweeps' / 'one'}' holds another sweep (its recipe, task, space or seed "
        "differ); name this one with --name, or repeat that call to go on with it"
    )


def test_the_journal_has_a_line_a_trial(tmp_path: Path, end: TrialEnd) -> None:
    folder = SweepFolder(tmp_path, "one")
    folder.open(DEFINITION)
    folder.write_journal([end, end], metric="uar")
    first, second = map(json.loads, folder.journal.read_text().splitlines())
    assert first == second
    assert first == {
        "trial": 2,
        "run": "run-2",
        "state": "ok",
        "reason": "",
        "metric": "uar",
        "validation": 0.5,
        "drawn": {"loss.gamma": 1.5},
    }


def test_the_winner_loads_as_the_recipe_that_won(
    tmp_path: Path, recipe: Recipe, registry: Registry
) -> None:
    folder = SweepFolder(tmp_path, "one")
    folder.open(DEFINITION)
    folder.write_best(recipe, task="made/other", summary="Best of 2 trials.")
    winner = load_recipe(folder.best, registry=registry)
    assert winner.method() == recipe.method()
    assert (winner.task, winner.summary) == ("made/other", "Best of 2 trials.")
