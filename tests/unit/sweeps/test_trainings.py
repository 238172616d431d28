"""The finale's trainings, as an engine that runs trials sees them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from emobench.sweeps.trainings import Trainings
from emobench.sweeps.trial import Report, Trial, TrialEnd


@pytest.fixture
def trainings() -> Trainings:
    plans: list[Any] = [SimpleNamespace(recipe=name) for name in ("winner", "base")]
    return Trainings(plans, first=50)


def given_out(trainings: Trainings) -> list[Trial]:
    found = []
    while (trial := trainings.next_trial(count=99)) is not None:
        found.append(trial)
    return found


def test_every_plan_is_given_out_once_numbered_after_the_trials(trainings: Trainings) -> None:
    found = given_out(trainings)
    assert [(trial.index, trial.recipe) for trial in found] == [(50, "winner"), (51, "base")]
    assert [trial.plan.recipe for trial in found] == ["winner", "base"]


def test_a_training_goes_on_whatever_is_heard_of_it(trainings: Trainings) -> None:
    (trial, _) = given_out(trainings)
    assert trainings.milestones(trial) == ()
    assert trainings.heard(50, Report(epoch=1, epochs=9, validation=0.0))


def test_one_that_was_interrupted_is_given_out_again(trainings: Trainings) -> None:
    given_out(trainings)
    trainings.ended(50, TrialEnd(state="interrupted", run_id="a"))
    trainings.ended(51, TrialEnd(state="ok", run_id="b"))
    assert [trial.index for trial in given_out(trainings)] == [50]
    trainings.ended(50, TrialEnd(state="diverged", run_id="a"))
    assert trainings.run_ids == ["b", "a"]
    assert given_out(trainings) == []
