"""The finale's trainings: as an engine sees them, and what becomes of those that go wrong."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from emobench.recipes.model import EnsembleRecipe, Member, Recipe
from emobench.registry import load_registry
from emobench.runs import executor
from emobench.runs.plan import Plan, Settings
from emobench.runs.record import Record
from emobench.runs.store import RunStore
from emobench.sweeps.assignment import Assignment
from emobench.sweeps.call import Call, SweepOptions
from emobench.sweeps.finale import Contender, Programme, averaging, perform
from emobench.sweeps.outcome import Finale
from emobench.sweeps.recipe_space import as_trial
from emobench.sweeps.sweep import Sweep, plan_sweep
from emobench.sweeps.trainings import Trained, Trainings, train
from emobench.sweeps.trial import SCORED, Report, Trial, TrialEnd, TrialSource
from emobench.sweeps.watcher import Watcher
from emobench.sweeps.worker import TrialRun
from emobench.training.build import build_run


@dataclass(frozen=True)
class MadeUpPlan:
    recipe: str


@pytest.fixture
def trainings() -> Trainings:
    plans: list[Any] = [MadeUpPlan(name) for name in ("winner", "base")]
    return Trainings(plans, first=50)


def given_out(trainings: Trainings) -> list[Trial]:
    found = []
    while (trial := trainings.next_trial(count=99)) is not None:
        found.append(trial)
    return found


def test_every_plan_is_given_out_once_numbered_after_the_trials(trainings: Trainings) -> None:
    found: list[Any] = given_out(trainings)
    assert [(trial.index, trial.recipe) for trial in found] == [(50, "winner"), (51, "base")]
    assert [trial.plan.recipe for trial in found] == ["winner", "base"]


def test_a_training_goes_on_whatever_is_heard_of_it(trainings: Trainings) -> None:
    (trial, _) = given_out(trainings)
    assert trainings.milestones(trial) == ()
    assert trainings.heard(50, Report(epoch=1, epochs=9, validation=0.0))


def test_one_that_was_interrupted_is_given_out_again(trainings: Trainings) -> None:
    first, second = given_out(trainings)
    trainings.ended(50, TrialEnd(state="interrupted", run_id="a"))
    trainings.ended(51, TrialEnd(state="ok", run_id="b"))
    assert [trial.index for trial in given_out(trainings)] == [50]
    trainings.ended(50, TrialEnd(state="failed"))
    assert trainings.ends == {
        second.plan: TrialEnd(state="ok", run_id="b"),
        first.plan: TrialEnd(state="failed"),
    }
    assert given_out(trainings) == []


@dataclass
class Hunt:
    """A sweep whose winner is trained with three seeds by an engine in this process.

    `trouble` is called with each recipe that is about to be trained, and may raise. The worker of
    training `ended_for_memory` is ended as Ray does it, until it trains in smaller parts.
    """

    sweep: Sweep
    trouble: Callable[[Recipe], None] = lambda _: None
    built: list[Recipe] = field(default_factory=list)
    dying: bool = False
    ended_for_memory: int | None = None

    @property
    def programme(self) -> Programme:
        recipe = as_trial(self.sweep.space.recipe, self.sweep.space.recipe)
        alone = Contender(recipe=recipe, searched=0.5)
        return Programme(
            winner=alone,
            as_it_stands=alone,
            ensemble=None,
            no_ensemble="",
            task=self.sweep.task,
            seeds=(1, 2, 3),
        )

    def train(self) -> Trained:
        return train(self.programme, sweep=self.sweep, first=9, watcher=Watcher())

    def perform(self, trained: Trained) -> Finale:
        before = len(self.built)
        found = perform(
            trained.programme,
            settings=self.sweep.call.settings,
            registry=self.sweep.registry,
            ends=trained.ends,
        )
        assert len(self.built) == before, "the finale trained something again"
        return found

    def records(self) -> list[Record]:
        return RunStore(self.sweep.call.settings.runs).records()

    def engine(self, source: TrialSource, *, trials: int, settings: Settings, **_: Any) -> None:
        while trial := source.next_trial(count=trials):
            if self.dying:
                source.ended(trial.index, TrialEnd(state="failed", reason="its worker died"))
                continue
            assignment = Assignment(
                trial=trial,
                milestones=(),
                settings=settings,
                halt=settings.runs / "halt",
                patience=600.0,
            )
            if trial.index == self.ended_for_memory:
                tried = replace(assignment, milestones=(1,))
                first = TrialRun(tried, registry=self.sweep.registry)
                first.advance()
                first.stop("its worker is ended")
                assignment = replace(assignment, smaller=True)
            run = TrialRun(assignment, registry=self.sweep.registry)
            while (end := run.advance().end) is None:
                pass
            source.ended(trial.index, end)


@pytest.fixture
def hunt(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hunt:
    call = Call(
        recipe=str(small),
        options=SweepOptions(name="hunt", warm_start="none"),
        settings=Settings(
            runs=tmp_path / "runs", cache=tmp_path / "cache", device="cpu", plots=False
        ),
    )
    made = Hunt(plan_sweep(call, registry=load_registry()))
    made.sweep.folder.path.mkdir(parents=True)
    real = build_run

    def build(recipe: Recipe, **more: Any) -> Any:
        made.built.append(recipe)
        made.trouble(recipe)
        return real(recipe, **more)

    monkeypatch.setattr(executor, "build_run", build)
    engine = types.ModuleType("emobench.sweeps.engine")
    engine.run_on_ray = made.engine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "emobench.sweeps.engine", engine)
    return made


def bound_to_fail(_: Recipe) -> None:
    raise RuntimeError("bound to fail")


def test_a_training_that_failed_is_told_and_not_tried_again_here(hunt: Hunt) -> None:
    hunt.trouble = bound_to_fail
    trained = hunt.train()
    assert {end.state for end in trained.ends.values()} == {"failed"}
    found = hunt.perform(trained)
    assert (found.state, found.winner.test) == ("failed", None)
    assert "bound to fail" in found.winner.reason
    assert [record.state for record in hunt.records()] == ["failed"] * 3


def test_a_training_that_killed_its_workers_is_told_though_it_has_no_record(hunt: Hunt) -> None:
    hunt.dying = True
    found = hunt.perform(hunt.train())
    assert (found.state, found.winner.reason) == ("failed", "its worker died")


def test_the_next_call_tries_what_failed_and_its_run_takes_the_others_place(hunt: Hunt) -> None:
    hunt.trouble = bound_to_fail
    hunt.train()
    hunt.trouble = lambda _: None
    found = hunt.perform(hunt.train())
    assert found.winner.test is not None
    assert all(record.state in SCORED for record in hunt.records())
    built = len(hunt.built)
    assert hunt.perform(hunt.train()) == found
    assert len(hunt.built) == built


def test_one_that_failed_alone_is_tried_by_the_engine_too(hunt: Hunt) -> None:
    def fails_first(_: Recipe) -> None:
        if len(hunt.built) == 1:
            raise RuntimeError("bound to fail")

    hunt.trouble = fails_first
    hunt.train()
    (end,) = hunt.train().ends.values()
    assert end.state in SCORED


def test_what_did_not_fit_with_one_seed_is_trained_in_smaller_parts_with_all(hunt: Hunt) -> None:
    def too_big_first(_: Recipe) -> None:
        if len(hunt.built) == 1:
            raise MemoryError("a batch of that size")

    hunt.trouble = too_big_first
    trained = hunt.train()
    recipe = trained.programme.winner.recipe
    assert isinstance(recipe, Recipe)
    assert recipe.train.batch_size == 16
    found = hunt.perform(trained)
    assert found.winner.test is not None
    stored = {record.id: record for record in hunt.records()}
    sizes = [stored[run_id].recipe["train"]["batch_size"] for run_id in found.winner.runs]
    assert sizes == [16, 16, 16]
    built = len(hunt.built)
    assert hunt.perform(hunt.train()) == found
    assert len(hunt.built) == built


def test_what_ray_ended_for_memory_is_not_trained_whole_by_the_next_call(hunt: Hunt) -> None:
    hunt.ended_for_memory = 9
    trained = hunt.train()
    found = hunt.perform(trained)
    states = {record.state for record in RunStore(hunt.sweep.folder.path).records()}
    assert states == {"interrupted"}
    hunt.ended_for_memory = None
    built = len(hunt.built)
    again = hunt.train()
    assert len(hunt.built) == built
    assert again.programme == trained.programme
    assert hunt.perform(again) == found


def test_members_of_an_ensemble_are_replaced_with_their_recipes(hunt: Hunt) -> None:
    recipe = hunt.programme.winner.recipe
    combiner = averaging(hunt.sweep.registry)
    assert isinstance(recipe, Recipe)
    assert combiner is not None
    other = replace(recipe, name="other", train=recipe.train.replace(batch_size=8))
    together = EnsembleRecipe(
        name="all",
        members=(Member(recipe=recipe, copies=2), Member(recipe=other)),
        combiner=combiner,
    )
    programme = replace(hunt.programme, ensemble=Contender(recipe=together, searched=None))
    smaller = replace(recipe, train=recipe.train.replace(batch_size=16))
    changed = programme.instead({recipe: smaller})
    sizes = {plan.recipe.train.batch_size for plan in changed.trainings() if isinstance(plan, Plan)}
    assert sizes == {16, 8}
    assert programme.instead({}) == programme
