"""The finale: what is trained anew, with which seeds, and what its runs are said to show."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from emobench.api import Component, NoOptions, PluginError
from emobench.recipes.load import load_recipe, load_recipes
from emobench.recipes.model import EnsembleRecipe, Recipe
from emobench.registry import Plugin, Registry, load_registry
from emobench.runs import executor
from emobench.runs.executor import execute
from emobench.runs.folder import read_predictions
from emobench.runs.plan import Plan, Settings, plan_runs
from emobench.runs.record import Record
from emobench.runs.store import RunStore
from emobench.sweeps.finale import Naming, Programme, averaging, judge, perform, programme_of
from emobench.sweeps.journal import Journal
from emobench.sweeps.outcome import Final, Finale
from emobench.sweeps.recipe_space import space_of
from emobench.sweeps.rungs import unstopped
from emobench.sweeps.searcher import RandomSearch
from emobench.sweeps.study import Study
from emobench.sweeps.trial import FOLD, Trial, TrialEnd
from emobench.testing.tiny import tiny_context

RECIPE = """
schema: 1
task: task.yaml
frontend: values
backbone: {use: dense, hidden: [8]}
head: linear
loss: cross_entropy
optimizer: {use: adam, lr: 0.003}
train: {epochs: 2, batch_size: 32}
"""
TASK = """
name: tiny-table
dataset: {use: synthetic-au, items: 160, identities: 10}
protocol: {use: PROTOCOL}
"""
SEED = 40
NAMING = Naming(sweep="hunt", task="tiny-table")


class Sweep:
    """A sweep of a few trials that were really trained, and where its runs lie."""

    def __init__(self, folder: Path, *, protocol: str, trials: int) -> None:
        (folder / "task.yaml").write_text(TASK.replace("PROTOCOL", protocol))
        path = folder / "small.yaml"
        path.write_text(RECIPE)
        self.registry = load_registry()
        self.recipe = load_recipe(str(path), registry=self.registry)
        self.runs, self.trials = folder / "runs", folder / "runs" / "sweeps" / "hunt"
        self.settings = Settings(runs=self.runs, cache=folder / "cache", device="cpu", plots=False)
        self.journal = Journal(folder / "journal.jsonl", root=folder)
        self.study = self.study_of(self.journal)
        while trial := self.study.next_trial(count=trials):
            self.study.ended(trial.index, self.train(trial))

    def study_of(self, journal: Journal) -> Study:
        (plan, *_) = plan_runs([self.recipe], registry=self.registry)
        return Study(
            space_of(self.recipe, registry=self.registry),
            task=plan.task,
            seed=SEED,
            searcher=RandomSearch(seed=SEED),
            rungs=unstopped(),
            journal=journal,
        )

    def train(self, trial: Trial) -> TrialEnd:
        settings = replace(self.settings, runs=self.trials)
        record = execute(trial.plan, settings=settings, registry=self.registry)
        validation = record.scores["emotion"].validation["uar"]
        return TrialEnd(state=record.state, run_id=record.id, validation=validation)

    def programme(self, *, seeds: int = 2) -> Programme:
        found = programme_of(
            self.study,
            naming=NAMING,
            trials=self.trials,
            seeds=seeds,
            registry=self.registry,
        )
        assert found is not None
        return found

    def perform(self, programme: Programme) -> Finale:
        return perform(programme, settings=self.settings, registry=self.registry)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    made = Sweep(tmp_path_factory.mktemp("sweep"), protocol="grouped-holdout", trials=4)
    yield made
    made.journal.close()


@pytest.fixture(scope="module")
def finale(sweep: Sweep) -> Finale:
    return sweep.perform(sweep.programme())


def end_of(sweep: Sweep, index: int) -> TrialEnd:
    end = sweep.study.stories[index].end
    assert end is not None
    return end


def records_of(sweep: Sweep, final: Final) -> list[Record]:
    found = [RunStore(sweep.runs).get(run_id) for run_id in final.runs]
    return [record for record in found if record is not None]


def pooled_uar(sweep: Sweep, record: Record) -> float:
    stored = read_predictions(sweep.runs / record.id)
    chosen = stored["test/emotion/after"].argmax(axis=1)
    return float(balanced_accuracy_score(stored["test/emotion/truth"], chosen))


def test_no_run_of_the_finale_has_the_seed_of_a_trial(sweep: Sweep) -> None:
    plans = sweep.programme(seeds=3).plans()
    assert {plan.seed for plan in plans} == {41, 42, 43}
    assert SEED not in {plan.seed for plan in sweep.programme().trainings()}


def test_winner_and_ensemble_are_called_after_the_sweep(sweep: Sweep) -> None:
    names = [each.recipe.name for each in sweep.programme().contenders()]
    assert names == ["hunt", "small", "hunt-ensemble"]


def test_the_winner_does_what_the_best_trial_did(sweep: Sweep) -> None:
    best = sweep.study.best()
    assert best is not None
    winner = sweep.programme().winner
    assert isinstance(winner.recipe, Recipe)
    assert winner.recipe.method() == best.trial.recipe.method()
    assert winner.searched == max(end_of(sweep, index).validation or 0 for index in range(4))


def test_the_ensemble_has_five_members_and_the_plain_mean(sweep: Sweep) -> None:
    ensemble = sweep.programme().ensemble
    assert ensemble is not None
    assert isinstance(ensemble.recipe, EnsembleRecipe)
    assert sum(member.copies for member in ensemble.recipe.members) == 5
    assert sweep.registry.get("combiner", ensemble.recipe.combiner.use).component.averages


def test_the_ensembles_figure_is_that_of_the_mean_of_cached_predictions(sweep: Sweep) -> None:
    programme = sweep.programme()
    assert programme.ensemble is not None
    recipe = programme.ensemble.recipe
    assert isinstance(recipe, EnsembleRecipe)
    by_method = {
        str(story.trial.recipe.method()): story.end.run_id
        for story in sweep.study.stories
        if story.end
    }
    parts, weights = [], []
    for member in recipe.members:
        run_id = by_method[str(member.recipe.method())]
        assert run_id is not None
        parts.append(read_predictions(sweep.trials / run_id))
        weights.append(member.copies)
    mean = np.average([part["validation/emotion/after"] for part in parts], axis=0, weights=weights)
    expected = balanced_accuracy_score(parts[0]["validation/emotion/truth"], mean.argmax(axis=1))
    assert programme.ensemble.searched == pytest.approx(expected)


def test_members_that_are_trained_anyway_keep_their_names(sweep: Sweep) -> None:
    programme = sweep.programme()
    assert programme.ensemble is not None
    recipe = programme.ensemble.recipe
    assert isinstance(recipe, EnsembleRecipe)
    for member in recipe.members:
        same = [
            each.recipe
            for each in (programme.winner, programme.as_it_stands)
            if isinstance(each.recipe, Recipe) and each.recipe.method() == member.recipe.method()
        ]
        assert member.recipe.name == (same[0].name if same else member.recipe.name)
        assert same or member.recipe.name.startswith("hunt-trial-")


def test_trainings_hold_each_run_once_and_all_that_ensembles_need(sweep: Sweep) -> None:
    programme = sweep.programme()
    trainings = programme.trainings()
    assert len(set(trainings)) == len(trainings)
    needed = {part for plan in programme.plans() for part in plan.members}
    assert needed <= set(trainings)
    assert all(isinstance(plan, Plan) for plan in trainings)


def test_figures_are_those_of_the_runs(sweep: Sweep, finale: Finale) -> None:
    for final in (finale.winner, finale.as_it_stands, finale.ensemble):
        assert final is not None
        records = records_of(sweep, final)
        assert [record.seed for record in records] == [41, 42]
        assert final.test is not None
        expected = np.mean([pooled_uar(sweep, record) for record in records])
        assert final.test.estimate == pytest.approx(expected, abs=1e-8)
        assert final.test.low < final.test.estimate < final.test.high
        assert final.test.seeds == 2
        fresh = [record.scores["emotion"].validation["uar"] for record in records]
        assert final.validation == pytest.approx(np.mean(fresh))


def test_optimism_is_what_the_search_promised_beyond_what_came(finale: Finale) -> None:
    winner = finale.winner
    assert winner.searched is not None
    assert winner.validation is not None
    assert winner.test is not None
    assert winner.optimism == pytest.approx(winner.searched - winner.validation)
    assert winner.optimism_against_test == pytest.approx(winner.searched - winner.test.estimate)


def test_the_gain_is_paired_with_the_recipe_as_it_stands(finale: Finale) -> None:
    winner, base = finale.winner, finale.as_it_stands
    assert winner.gain is not None
    assert winner.test is not None
    assert base.test is not None
    assert winner.gain.paired
    expected = winner.test.estimate - base.test.estimate
    assert winner.gain.estimate == pytest.approx(expected, abs=1e-8)
    assert base.gain is None


def test_going_on_repeats_no_run(
    sweep: Sweep, finale: Finale, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a run is trained that is stored")

    monkeypatch.setattr(executor._Attempt, "run", refuse)
    assert sweep.perform(sweep.programme()) == finale


def test_the_sweep_brought_back_from_its_journal_has_the_same_programme(sweep: Sweep) -> None:
    again = programme_of(
        sweep.study_of(Journal(sweep.journal.path, root=sweep.runs)),
        naming=NAMING,
        trials=sweep.trials,
        seeds=2,
        registry=sweep.registry,
    )
    before = sweep.programme()
    assert again is not None
    # The journal of this fixture holds the ends; recipes are built anew from their values.
    assert [each.recipe for each in again.contenders()] == [
        each.recipe for each in before.contenders()
    ]


def test_the_ensembles_file_runs_as_what_it_is(
    sweep: Sweep, tmp_path: Path, finale: Finale
) -> None:
    programme = sweep.programme()
    path = programme.write_ensemble(tmp_path, root=tmp_path)
    assert path is not None
    assert path.name == "hunt-ensemble.yaml"
    assert programme.ensemble is not None
    assert load_recipes([path], registry=sweep.registry) == [programme.ensemble.recipe]
    assert replace(programme, ensemble=None).write_ensemble(tmp_path, root=tmp_path) is None


def test_a_recipe_with_a_run_that_failed_has_no_figures(sweep: Sweep, finale: Finale) -> None:
    programme = sweep.programme()
    records: list[Record | None] = [
        RunStore(sweep.runs).get(run_id)
        for one in (finale.winner, finale.as_it_stands, finale.ensemble)
        if one is not None
        for run_id in one.runs
    ]
    assert records[1] is not None
    records[1] = replace(records[1], state="diverged", reason="the loss is nan")
    found = judge(programme, records, runs=sweep.runs)
    assert found.winner.state == found.state == "diverged"
    assert found.winner.reason == f"the loss is nan (run {records[1].id})"
    assert found.winner.test is None
    assert found.winner.gain is None
    assert found.as_it_stands.test == finale.as_it_stands.test


def test_a_run_without_a_record_is_told(sweep: Sweep, finale: Finale) -> None:
    programme = sweep.programme()
    found = judge(programme, [None] * len(programme.plans()), runs=sweep.runs)
    assert found.state == "failed"
    assert found.winner.reason == "a run has no record; give the same command again"


def test_where_nothing_beats_the_recipe_as_it_stands_it_is_the_winner(sweep: Sweep) -> None:
    stories = sweep.study.stories
    sweep.study.stories = stories[:1]
    try:
        programme = sweep.programme()
    finally:
        sweep.study.stories = stories
    assert programme.winner == programme.as_it_stands
    assert programme.winner.recipe.name == "small"
    found = sweep.perform(replace(programme, ensemble=None))
    assert found.winner == found.as_it_stands
    assert found.winner.gain is None


def test_a_trial_that_did_not_fit_into_memory_is_trained_in_smaller_parts(sweep: Sweep) -> None:
    best = sweep.study.best()
    assert best is not None
    assert best.end is not None
    before, best.end = best.end, replace(best.end, reduced="batch 32 as 2 x 16")
    try:
        recipe = sweep.programme().winner.recipe
    finally:
        best.end = before
    assert isinstance(recipe, Recipe)
    assert recipe.train.batch_size == best.trial.recipe.train.batch_size // 2


def test_without_a_figure_there_is_no_finale(sweep: Sweep, tmp_path: Path) -> None:
    empty = sweep.study_of(Journal(tmp_path / "journal.jsonl", root=tmp_path))
    found = programme_of(
        empty, naming=NAMING, trials=sweep.trials, seeds=2, registry=sweep.registry
    )
    assert found is None


def test_trials_without_predictions_leave_the_ensemble_out(sweep: Sweep, tmp_path: Path) -> None:
    found = programme_of(
        sweep.study, naming=NAMING, trials=tmp_path, seeds=2, registry=sweep.registry
    )
    assert found is not None
    assert found.ensemble is None
    assert found.no_ensemble == "no trial's predictions can be read"


def test_only_a_combiner_that_says_so_is_taken_for_the_mean() -> None:
    registry = Registry()
    plugin = Plugin(package="acme", version="2.0", module="acme")
    for name, averages in (("a_vote", False), ("mean", True), ("other_mean", True)):
        component = Component(name=name, target="a:B", summary="made up", averages=averages)
        registry.add("combiner", component, plugin)
    block = averaging(registry)
    assert block is not None
    assert (block.use, block.package, block.options) == ("mean", "acme", NoOptions())
    assert averaging(Registry()) is None


def test_what_says_that_it_averages_does() -> None:
    registry = load_registry()
    block = averaging(registry)
    assert block is not None
    combiner = registry.get("combiner", block.use).build(block.options, tiny_context())
    random = np.random.default_rng(0)
    members = random.dirichlet(np.ones(3), size=(4, 20))
    combiner.fit(members.copy(), random.integers(0, 3, 20))
    np.testing.assert_allclose(combiner.apply(members.copy()), members.mean(axis=0))


def test_an_error_that_leaves_no_record_ends_the_finale(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def raising(*_: object, **__: object) -> None:
        raise PluginError("it cannot be built")

    monkeypatch.setattr(executor, "execute", raising)
    with pytest.raises(PluginError, match="it cannot be built"):
        perform(
            sweep.programme(),
            settings=replace(sweep.settings, runs=tmp_path),
            registry=sweep.registry,
        )


def test_on_folds_the_finale_stays_on_the_one_whose_test_items_no_trial_has_seen(
    tmp_path: Path,
) -> None:
    made = Sweep(tmp_path, protocol="grouped-kfold, folds: 3", trials=1)
    made.journal.close()
    programme = made.programme(seeds=2)
    assert {plan.fold for plan in programme.plans()} == {FOLD}
    run_id = end_of(made, 0).run_id
    assert run_id is not None
    used = read_predictions(made.trials / run_id)["validation/items"].tolist()
    for record in records_of(made, made.perform(programme).winner):
        tested = read_predictions(made.runs / record.id)["test/items"].tolist()
        assert not set(tested) & set(used)


def test_a_dump_holds_what_json_can_hold(finale: Finale) -> None:
    gain = finale.winner.gain
    assert gain is not None
    endless = replace(
        finale, winner=replace(finale.winner, gain=replace(gain, error=math.inf, degrees=1.0))
    )
    plain = json.loads(json.dumps(endless.dump(), allow_nan=False))
    assert plain["winner"]["gain"]["low"] is None
    assert plain["winner"]["test"]["estimate"] == finale.winner.test.estimate  # type: ignore[union-attr]
    assert plain["winner"]["optimism"] == finale.winner.optimism
    assert plain["ensemble"]["name"] == "hunt-ensemble"
