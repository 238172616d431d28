"""What a sweep may take: from like runs alone, scaled by the epochs that trials are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emobench.api import ProtocolOptions
from emobench.api.options import NoOptions, Search
from emobench.data.tasks import Task
from emobench.recipes.model import Block, Recipe, SweepBlock
from emobench.registry import Registry
from emobench.runs.record import Costs, Record, TaskStamp
from emobench.runs.store import RunStore
from emobench.sweeps import evidence
from emobench.sweeps.call import Call
from emobench.sweeps.estimate import (
    MEMBERS,
    OVERHEAD_S,
    STARTING_S,
    UNKNOWN,
    Estimate,
    estimate,
    final_trainings,
    trained_epochs,
)
from emobench.sweeps.folder import SweepFolder
from emobench.sweeps.greedy import SIZE
from emobench.sweeps.recipe_space import space_of
from emobench.sweeps.rungs import Rungs, asha, hyperband, unstopped
from emobench.sweeps.space import mean_of
from emobench.sweeps.sweep import Sweep

Ask = Callable[..., Estimate]


@pytest.fixture
def record(recipe: Recipe) -> Record:
    """Three epochs of the recipe on the task, a second each, after five of preparing."""
    stamp = TaskStamp(name="made/up", version=1, metric="uar", protocol={}, targets=("emotion",))
    costs = Costs(train_s=3.0, epochs=3, data_s=5.0)
    return Record(
        id="r",
        identity="i",
        recipe_name="mine",
        recipe=recipe.dump(),
        task=stamp,
        seed=0,
        state="ok",
        costs=costs,
    )


@pytest.fixture
def task() -> Task:
    dataset = Block(kind="dataset", use="made", options=NoOptions())
    return Task(name="made/up", dataset=dataset, protocol=ProtocolOptions())


@pytest.fixture
def ask(recipe: Recipe, registry: Registry, task: Task) -> Ask:
    """The estimate for the recipe, with changes."""

    def call(records: list[Record], *, said: SweepBlock | None = None, **changes: Any) -> Estimate:
        space = space_of(replace(recipe, sweep=said), registry=registry)
        given = {"rungs": unstopped(), "trials": 10, **changes}
        return estimate(space, task=task, records=records, **given)

    return call


def test_every_trial_costs_its_epochs_and_the_data_are_prepared_once(
    ask: Ask, record: Record
) -> None:
    found = ask([record])
    assert found.seconds == pytest.approx(5.0 + 10 * (3 * 1.0 + OVERHEAD_S))
    assert found.basis == "runs of mine on made/up, 1 s an epoch (median of 1)"


def test_trials_at_once_share_the_time_but_for_preparing(ask: Ask, record: Record) -> None:
    found = ask([record], concurrent=4)
    assert found.seconds == pytest.approx(5.0 + 10 * (3 + OVERHEAD_S) / 4)


def test_a_sweep_takes_no_less_than_its_longest_trial(ask: Ask, record: Record) -> None:
    assert ask([record], trials=2, concurrent=50).seconds == pytest.approx(5 + 3 + OVERHEAD_S)


def test_a_searched_frontend_is_prepared_for_every_trial(
    record: Record, recipe: Recipe, registry: Registry, task: Task
) -> None:
    searched = replace(recipe, frontend=replace(recipe.backbone, kind="frontend"))
    dear = replace(record, recipe=searched.dump())
    found = estimate(
        space_of(searched, registry=registry),
        task=task,
        records=[dear],
        rungs=unstopped(),
        trials=10,
    )
    assert found.seconds == pytest.approx(10 * (5 + 3 + OVERHEAD_S))


def test_published_runs_tell_where_those_stored_here_say_nothing(
    record: Record,
    recipe: Recipe,
    registry: Registry,
    task: Task,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = replace(record, task=replace(record.task, name="made/down"))

    def stored(_: RunStore) -> list[Record]:
        return [other]

    def published() -> list[Record]:
        return [record]

    monkeypatch.setattr(RunStore, "records", stored)
    monkeypatch.setattr(evidence, "read_records", published)
    sweep = Sweep(
        call=Call(trials=10),
        space=space_of(recipe, registry=registry),
        task=task,
        winner_task="made/up",
        folder=SweepFolder(tmp_path, "first"),
        definition={},
        registry=registry,
    )
    assert sweep.estimate().basis.startswith("runs of mine on made/up")


def test_the_finale_trains_to_the_end_as_many_at_once_as_trials(ask: Ask, record: Record) -> None:
    found = ask([record], trials=8, final_seeds=3, concurrent=2).finale
    assert (found.trainings, found.epochs) == (21, 63)
    assert found.seconds == pytest.approx(11 * (3 + OVERHEAD_S))


def test_without_final_seeds_there_is_no_finale(ask: Ask, record: Record) -> None:
    found = ask([record])
    assert (found.finale.trainings, found.finale.epochs, found.finale.seconds) == (0, 0, 0.0)


def test_ray_starts_again_for_the_finale(ask: Ask, record: Record) -> None:
    assert ask([record]).starting_s == STARTING_S
    assert ask([record], final_seeds=1).starting_s == 2 * STARTING_S


def test_how_many_trainings_there_are_is_told_where_no_time_is_known(ask: Ask) -> None:
    found = ask([], final_seeds=1).finale
    assert (found.trainings, found.seconds) == (7, None)


def test_an_ensemble_is_as_large_as_the_greedy_choice_makes_it() -> None:
    assert MEMBERS == SIZE


@given(st.integers(1, 4), st.integers(1, 3), st.data())
def test_no_finale_trains_more_than_was_said(trials: int, seeds: int, data: st.DataObject) -> None:
    pick = st.integers(0, trials - 1)
    members = data.draw(st.lists(pick, min_size=MEMBERS, max_size=MEMBERS))
    copies = {(trial, members[:place].count(trial)) for place, trial in enumerate(members)}
    alone = {(0, 0), (data.draw(pick), 0)}
    assert seeds * len(copies | alone) <= final_trainings(trials=trials, seeds=seeds)


def test_the_median_is_not_moved_by_a_slow_machine(ask: Ask, record: Record) -> None:
    slow = replace(record, costs=replace(record.costs, train_s=3000.0))
    assert ask([record, record, slow]).seconds == ask([record]).seconds


def test_runs_of_another_length_tell_as_much(ask: Ask, record: Record) -> None:
    longer = {**record.recipe, "train": {**record.recipe["train"], "epochs": 300}}
    costs = replace(record.costs, epochs=300, train_s=300.0)
    assert ask([replace(record, recipe=longer, costs=costs)]) == ask([record])


def test_other_options_of_the_same_components_tell_where_nothing_else_does(
    ask: Ask, record: Record
) -> None:
    other = replace(record, recipe={**record.recipe, "loss": {"use": "cross_entropy"}})
    found = ask([replace(other, costs=replace(other.costs, train_s=6.0))])
    assert found.basis.startswith("runs of values and dense on made/up, with other options, 2 s")
    assert ask([record, other]).basis.startswith("runs of mine on made/up")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "failed"},
        {"members": ("a",)},
        {"costs": Costs()},
        {"recipe": {"backbone": {"use": "other"}, "frontend": {"use": "values"}}},
        {"task": "elsewhere"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_nothing_is_said_where_nothing_is_known(
    changes: dict[str, Any], ask: Ask, record: Record
) -> None:
    if "task" in changes:
        changes = {"task": replace(record.task, name=changes["task"])}
    found = ask([replace(record, **changes)])
    assert (found.seconds, found.basis, found.epochs) == (None, UNKNOWN, 30)


def test_searched_epochs_count_by_their_mean(ask: Ask, record: Record) -> None:
    said = SweepBlock(ranges={"train.epochs": Search(5, 9)})
    assert ask([record], said=said).epochs == 70


@given(st.integers(1, 40), st.integers(1, 60), st.sampled_from(["asha", "hyperband", "none"]))
def test_no_trial_is_trained_longer_than_asked_and_the_first_to_the_end(
    trials: int, epochs: int, stop: str
) -> None:
    rungs = {"asha": asha, "hyperband": hyperband, "none": lambda _: unstopped()}[stop](epochs)
    found = trained_epochs(rungs, trials=trials, epochs=epochs)
    assert len(found) == trials
    assert found[0] == epochs
    assert all(1 <= count <= epochs for count in found)
    if stop == "none":
        assert set(found) == {epochs}


def test_two_thirds_end_at_the_first_rung() -> None:
    found = trained_epochs(Rungs([(3,)]), trials=1000, epochs=9)
    assert fmean(count == 3 for count in found) == pytest.approx(2 / 3, abs=0.05)


def test_asking_leaves_the_rungs_as_they_were() -> None:
    rungs = Rungs([(1,)])
    trained_epochs(rungs, trials=20, epochs=9)
    assert all(rungs.goes_on(trial, epoch=1, value=0.0) for trial in range(1, 3))


@pytest.mark.parametrize("search", [Search(2.0, 8.0), Search(1.0, 100.0, log=True)])
def test_the_mean_of_a_range_is_that_of_its_law(search: Search) -> None:
    assert search.low is not None
    assert search.high is not None
    law = stats.loguniform if search.log else stats.uniform
    ends = (search.low, search.high) if search.log else (search.low, search.high - search.low)
    assert mean_of(search) == pytest.approx(law(*ends).mean())


def test_the_mean_of_choices_is_theirs() -> None:
    assert mean_of(Search(choices=(1, 2, 6))) == 3
