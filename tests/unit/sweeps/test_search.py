"""Trials, what ends one and what ends the sweep, and the best by validation alone."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emobench.api import ProtocolOptions
from emobench.api.errors import DataError, EmobenchError, PluginError, RunError, UsageError
from emobench.api.options import NoOptions
from emobench.data.tasks import Task
from emobench.recipes.model import Block, Recipe
from emobench.registry import Registry
from emobench.runs.listener import Listener
from emobench.runs.plan import Plan, Settings
from emobench.runs.record import Record, State, TargetScores, TaskStamp
from emobench.sweeps.recipe_space import space_of
from emobench.sweeps.search import (
    Trial,
    TrialEnd,
    best_trial,
    draw_trials,
    run_trials,
    validation_score,
)

Outcome = Callable[[int], Record]


@pytest.fixture
def task() -> Task:
    dataset = Block(kind="dataset", use="made", options=NoOptions())
    return Task(name="made/up", dataset=dataset, protocol=ProtocolOptions(use="grouped-kfold"))


@pytest.fixture
def trials(recipe: Recipe, registry: Registry, task: Task) -> list[Trial]:
    return draw_trials(space_of(recipe, registry=registry), task=task, count=3, seed=7)


def record(index: int = 0, **scores: float) -> Record:
    figures = {"emotion": TargetScores(metrics={"uar": 0.99}, validation=scores)}
    stamp = TaskStamp(name="t", version=1, metric="uar", protocol={}, targets=("emotion",))
    return Record(
        id=f"run-{index}",
        identity="i",
        recipe_name="r",
        recipe={},
        task=stamp,
        seed=0,
        state="ok",
        scores=figures,
    )


def ended(trial: Trial, validation: float | None, **changes: Any) -> TrialEnd:
    return TrialEnd(trial=trial, **{"state": "ok", "validation": validation, **changes})


@pytest.fixture
def carry_out(
    trials: list[Trial], registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Outcome], list[TrialEnd]]:
    """Run the trials with an executor that answers, or raises, by the number of the call."""

    def call(outcome: Outcome) -> list[TrialEnd]:
        seen: list[Plan] = []
        fake: Any = types.ModuleType("emobench.runs.executor")

        def execute(plan: Plan, **_: Any) -> Record:
            seen.append(plan)
            return outcome(len(seen) - 1)

        fake.execute = execute
        monkeypatch.setitem(sys.modules, "emobench.runs.executor", fake)
        return list(
            run_trials(
                trials,
                settings=Settings(),
                registry=registry,
                listener=Listener(),
                begin=lambda trial: None,
            )
        )

    return call


def raising(at: int, error: EmobenchError) -> Outcome:
    def outcome(index: int) -> Record:
        if index == at:
            raise error
        return record(index, uar=0.5)

    return outcome


def test_the_first_trial_is_the_recipe_as_it_stands(trials: list[Trial], recipe: Recipe) -> None:
    assert trials[0].plan.recipe.method() == recipe.method()
    assert trials[1].plan.recipe.method() != recipe.method()


def test_a_trial_is_the_same_however_many_there_are(
    trials: list[Trial], recipe: Recipe, registry: Registry, task: Task
) -> None:
    more = draw_trials(space_of(recipe, registry=registry), task=task, count=9, seed=7)
    assert more[:3] == trials


def test_another_seed_draws_other_trials(
    trials: list[Trial], recipe: Recipe, registry: Registry, task: Task
) -> None:
    other = draw_trials(space_of(recipe, registry=registry), task=task, count=3, seed=8)
    assert other[1].drawn != trials[1].drawn


def test_trials_of_a_task_in_folds_stay_on_the_first(trials: list[Trial]) -> None:
    assert {(trial.plan.fold, trial.plan.seed) for trial in trials} == {(0, 7)}


def test_a_refused_draw_is_a_row_and_the_sweep_goes_on(
    carry_out: Callable[[Outcome], list[TrialEnd]],
) -> None:
    ends = carry_out(raising(1, UsageError("two techniques replace the update")))
    assert [end.state for end in ends] == ["ok", "failed", "ok"]
    assert ends[1].reason == "two techniques replace the update"
    assert ends[1].validation is None


@pytest.mark.parametrize("error", [UsageError("x"), PluginError("x"), DataError("x")])
def test_a_sweep_whose_own_recipe_is_refused_ends_with_that_error(
    error: EmobenchError, carry_out: Callable[[Outcome], list[TrialEnd]]
) -> None:
    with pytest.raises(type(error)):
        carry_out(raising(0, error))


def test_a_full_disk_ends_the_sweep(carry_out: Callable[[Outcome], list[TrialEnd]]) -> None:
    with pytest.raises(RunError, match="disk is full"):
        carry_out(raising(2, RunError("the disk is full")))


def test_trials_are_scored_on_validation_not_on_test(
    carry_out: Callable[[Outcome], list[TrialEnd]],
) -> None:
    ends = carry_out(lambda index: record(index, uar=0.1 * index))
    assert [end.validation for end in ends] == pytest.approx([0.0, 0.1, 0.2])


def test_of_a_collapse_the_state_is_told_and_of_a_failure_the_reason(
    carry_out: Callable[[Outcome], list[TrialEnd]],
) -> None:
    states: list[State] = ["ok", "collapsed", "diverged"]
    reason = "predicts 'calm' for 95% of the test items; UAR 12.5%"
    ends = carry_out(lambda at: replace(record(at, uar=0.5), state=states[at], reason=reason))
    assert [(end.state, end.reason) for end in ends] == [
        ("ok", reason),
        ("collapsed", ""),
        ("diverged", reason),
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_figure_that_is_no_number_is_none(value: float) -> None:
    assert validation_score(record(uar=value)) is None


def test_the_best_has_the_highest_figure(trials: list[Trial]) -> None:
    ends = [ended(trial, value) for trial, value in zip(trials, (0.3, 0.5, 0.4), strict=True)]
    assert best_trial(ends, metric="uar") is ends[1]


def test_the_best_of_an_error_has_the_lowest_figure(trials: list[Trial]) -> None:
    ends = [ended(trial, value) for trial, value in zip(trials, (0.3, 0.2, 0.4), strict=True)]
    assert best_trial(ends, metric="log_loss") is ends[1]


@pytest.mark.parametrize("metric", ["uar", "mae"])
def test_of_equals_the_earliest_is_best(metric: str, trials: list[Trial]) -> None:
    ends = [ended(trial, 0.5) for trial in trials]
    assert best_trial(ends, metric=metric) is ends[0]


def test_what_the_test_set_says_of_a_trial_does_not_choose(trials: list[Trial]) -> None:
    ends = [ended(trials[0], 0.4), ended(trials[1], 0.5, state="collapsed")]
    assert best_trial(ends, metric="uar") is ends[1]


def test_without_a_figure_there_is_no_best(trials: list[Trial]) -> None:
    assert best_trial([ended(trials[0], None, state="failed")], metric="uar") is None
