"""Ensembles: members are ordinary runs, their cached predictions become one outcome."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from emobench.api import Component, DataError, NoOptions, PluginError, UsageError
from emobench.recipes.load import load_recipes
from emobench.recipes.model import EnsembleRecipe, Recipe
from emobench.registry import Plugin, Registry, load_registry
from emobench.runs import executor
from emobench.runs.ensemble import run_members
from emobench.runs.executor import execute
from emobench.runs.folder import RunFolder, read_predictions
from emobench.runs.listener import Listener
from emobench.runs.opening import OpenedEnsemble, open_any, stored_record
from emobench.runs.plan import COPY_SEEDS, EnsemblePlan, Plan, Settings, plan_runs
from emobench.runs.record import AuditVerdict, DataStamp, Finding, Record
from emobench.runs.store import RunStore

MakePlan = Callable[..., EnsemblePlan]

ENSEMBLE = """
schema: 1
task: task.yaml
members:
  - small.yaml
  - {use: small.yaml, set: {backbone.hidden: [4]}}
  - {use: small.yaml, set: {train.epochs: 1}}
combiner: {use: soft_vote, weights: [3, 2, 1]}
"""
COPIES = (
    "schema: 1\ntask: task.yaml\nmembers: [{use: small.yaml, copies: 3}]\ncombiner: soft_vote\n"
)


class Stages(Listener):
    """Notes the stages of a run."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def stage(self, name: str, detail: str = "") -> None:
        self.seen.append((name, detail))

    def named(self, name: str) -> list[str]:
        return [detail for stage, detail in self.seen if stage == name]


@pytest.fixture(autouse=True)
def plots_that_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes ten times as long as everything else here."""

    def draw(*arguments: Any, title: str) -> None:
        arguments[-1].write_bytes(title.encode())

    monkeypatch.setattr("emobench.runs.plots.plot_confusion", draw)
    monkeypatch.setattr("emobench.runs.plots.plot_learning_curves", draw)


@pytest.fixture
def make_plan(recipe: Recipe, tmp_path: Path) -> MakePlan:
    def make(text: str = ENSEMBLE, *, seed: int = 0, registry: Registry | None = None) -> Any:
        path = tmp_path / "together.yaml"
        path.write_text(text)
        known = registry or load_registry()
        (only,) = plan_runs(load_recipes([path], registry=known), seeds=[seed], registry=known)
        return only

    return make


def run(
    plan: Plan | EnsemblePlan,
    settings: Settings,
    *,
    listener: Listener | None = None,
    registry: Registry | None = None,
) -> Record:
    return execute(plan, settings=settings, registry=registry or load_registry(), listener=listener)


def members_of(record: Record, settings: Settings) -> list[dict[str, np.ndarray]]:
    return [read_predictions(settings.runs / run_id) for run_id in record.members]


def test_soft_vote_is_the_weighted_mean_of_the_members_predictions(
    make_plan: MakePlan, settings: Settings
) -> None:
    record = run(make_plan(), settings)
    stored = read_predictions(settings.runs / record.id)
    members = members_of(record, settings)
    for part in ("validation", "test"):
        first, second, third = (each[f"{part}/emotion/after"] for each in members)
        expected = (3 * first + 2 * second + third) / 6
        np.testing.assert_allclose(stored[f"{part}/emotion/after"], expected, atol=1e-12)
        plain = (first + second + third) / 3
        np.testing.assert_allclose(stored[f"{part}/emotion/before"], plain, atol=1e-12)
    accuracy = np.mean(stored["test/emotion/after"].argmax(axis=1) == stored["test/emotion/truth"])
    assert record.metrics["accuracy"] == pytest.approx(float(accuracy))


def test_members_are_ordinary_runs_shared_with_a_plain_run_of_the_recipe(
    make_plan: MakePlan, plan: Plan, settings: Settings
) -> None:
    alone = run(plan, settings)
    listener = Stages()
    record = run(make_plan(), settings, listener=listener)
    assert record.members[0] == alone.id
    assert len(listener.named("train")) == 2
    assert [one.recipe_name for one in RunStore(settings.runs).records()].count("small") == 3


def test_a_finished_ensemble_is_answered_from_its_record(
    make_plan: MakePlan, settings: Settings
) -> None:
    first = run(make_plan(), settings)
    listener = Stages()
    assert run(make_plan(), settings, listener=listener) == first
    assert listener.seen == []


def test_another_combiner_trains_nothing(make_plan: MakePlan, settings: Settings) -> None:
    first = run(make_plan(), settings)
    listener = Stages()
    second = run(make_plan(ENSEMBLE.replace("[3, 2, 1]", "[1, 1, 1]")), settings, listener=listener)
    assert second.members == first.members
    assert second.id != first.id
    assert listener.named("train") == []
    assert listener.named("member") == [f"{n} of 3, small with seed 0" for n in (1, 2, 3)]


def test_the_record_tells_what_the_members_cost_together(
    make_plan: MakePlan, settings: Settings
) -> None:
    record = run(make_plan(), settings)
    store = RunStore(settings.runs)
    found = [store.get(run_id) for run_id in record.members]
    costs = [one.costs for one in found if one is not None]
    assert record.costs.train_s == pytest.approx(sum(one.train_s for one in costs))
    assert record.costs.parameters == sum(one.parameters for one in costs)
    assert record.costs.ms_per_item > sum(one.ms_per_item for one in costs)
    assert record.costs.total_s < sum(one.total_s for one in costs)
    assert store.get(record.id) == record


def test_an_ensemble_has_predictions_and_a_plot_but_no_weights(
    make_plan: MakePlan, settings: Settings
) -> None:
    record = run(make_plan(), settings)
    folder = settings.runs / record.id
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files - {".lock"} == {
        "plots/confusion_emotion.png",
        "predictions.npz",
        "record.json",
        "recipe.yaml",
        "task.yaml",
    }
    assert set(record.hashes) == {"predictions.npz"}


def test_data_and_audit_are_those_of_the_members(make_plan: MakePlan, settings: Settings) -> None:
    record = run(make_plan(), settings)
    member = RunStore(settings.runs).get(record.members[0])
    assert member is not None
    assert (record.data, record.audit) == (member.data, member.audit)


def test_copies_have_seeds_of_their_own_and_the_first_that_of_the_ensemble(
    make_plan: MakePlan,
) -> None:
    seeds = [member.seed for member in make_plan(COPIES, seed=5).members]
    assert seeds[0] == 5
    assert len(set(seeds)) == 3
    assert all(0 <= seed < COPY_SEEDS for seed in seeds)
    assert seeds == [member.seed for member in make_plan(COPIES, seed=5).members]
    assert not set(seeds) & {member.seed for member in make_plan(COPIES, seed=6).members}


def test_a_recipe_named_twice_counts_as_copies(make_plan: MakePlan) -> None:
    listed = COPIES.replace(
        "[{use: small.yaml, copies: 3}]", "[small.yaml, small.yaml, small.yaml]"
    )
    assert make_plan(listed).members == make_plan(COPIES).members


def test_different_recipes_all_have_the_ensembles_seed(make_plan: MakePlan) -> None:
    assert [member.seed for member in make_plan(seed=7).members] == [7, 7, 7]


def test_a_copys_seed_that_is_taken_moves_on(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emobench.runs.plan.seed_for", lambda *_: COPY_SEEDS - 1)
    seeds = [member.seed for member in make_plan(COPIES, seed=0).members]
    assert seeds == [0, COPY_SEEDS - 1, 1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weights: [3, 2, 1]", "weights: [3, 2, 2]"),
        ("hidden: [4]", "hidden: [5]"),
        ("  - small.yaml\n", "  - {use: small.yaml, set: {train.batch_size: 16}}\n"),
    ],
)
def test_what_moves_a_score_changes_the_identity(
    make_plan: MakePlan, settings: Settings, old: str, new: str
) -> None:
    def identity(text: str) -> str:
        plan = make_plan(text)
        return open_any(plan, settings=settings, registry=load_registry()).identity

    assert old in ENSEMBLE
    assert identity(ENSEMBLE.replace(old, new)) != identity(ENSEMBLE)


def test_an_ensemble_is_repeated_from_what_lies_beside_its_record(
    make_plan: MakePlan, settings: Settings
) -> None:
    record = run(make_plan(), settings)
    folder = settings.runs / record.id
    registry = load_registry()
    (again,) = plan_runs(
        load_recipes([folder / "recipe.yaml"], registry=registry),
        task_names=[str(folder / "task.yaml")],
        registry=registry,
    )
    assert stored_record(again, settings=settings, registry=registry) == record


def fail_training(monkeypatch: pytest.MonkeyPatch, error: BaseException, *, on: int) -> None:
    """Make the training of the member of that number raise."""
    fit_by_epochs, calls = executor.fit_by_epochs, [0]

    def failing(*arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] == on:
            raise error
        return fit_by_epochs(*arguments)

    monkeypatch.setattr(executor, "fit_by_epochs", failing)


def test_a_member_that_fails_is_the_reason_why_the_ensemble_has_no_score(
    make_plan: MakePlan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_training(monkeypatch, ZeroDivisionError("its own fault"), on=2)
    record = run(make_plan(), settings)
    assert (record.state, record.scores) == ("failed", {})
    assert record.reason == (
        "member 2 of 3, small with seed 0, failed: ZeroDivisionError: its own fault "
        f"(run {record.members[1]})"
    )
    assert run(make_plan(), settings).state in ("ok", "collapsed")


def test_a_fault_of_a_member_is_raised_with_its_name(
    make_plan: MakePlan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_training(monkeypatch, PluginError("acme gave up"), on=3)
    told = "member 3 of 3, small with seed 0: acme gave up"
    with pytest.raises(PluginError) as caught:
        run(make_plan(), settings)
    assert str(caught.value) == told
    reasons = {record.recipe_name: record.reason for record in RunStore(settings.runs).records()}
    assert reasons["together"] == told


def restate(record: Record, settings: Settings, **changes: Any) -> None:
    """Change what is stored of a run."""
    with RunFolder(settings.runs / record.id, root=settings.runs) as folder:
        folder.finish(replace(record, **changes))


def test_a_collapsed_member_takes_part(make_plan: MakePlan, settings: Settings) -> None:
    plan = make_plan()
    restate(run(plan.members[1], settings), settings, state="collapsed", reason="all 'calm'")
    assert run(plan, settings).scores


def test_a_diverged_member_is_not_trained_again(make_plan: MakePlan, settings: Settings) -> None:
    plan = make_plan()
    second = run(plan.members[1], settings)
    restate(second, settings, state="diverged", reason="no number", scores={})
    listener = Stages()
    record = run(plan, settings, listener=listener)
    assert (record.state, record.reason) == (
        "failed",
        f"member 2 of 3, small with seed 0, diverged: no number (run {second.id})",
    )
    assert len(listener.named("train")) == 1


def test_what_was_found_on_any_member_is_told_of_the_ensemble(
    make_plan: MakePlan, settings: Settings, make_record: Callable[..., Record]
) -> None:
    def found(verdict: Any, *messages: str) -> AuditVerdict:
        findings = [Finding(check="c", severity="warned", message=text) for text in messages]
        return AuditVerdict(verdict=verdict, findings=tuple(findings))

    def seen(train: int, *skipped: str) -> DataStamp:
        left_out = tuple((name, "broken") for name in skipped)
        return DataStamp(fingerprint="f", train=train, validation=1, test=1, skipped=left_out)

    records = [
        make_record("one", audit=found("clean"), data=seen(9, "a.wav")),
        make_record("two", audit=found("leaky", "x", "y"), data=seen(8, "a.wav", "b.wav")),
        make_record("three", audit=found("warned", "y"), data=seen(9, "a.wav")),
    ]
    opened = open_any(make_plan(), settings=settings, registry=load_registry())
    assert isinstance(opened, OpenedEnsemble)
    answers = iter(records)
    joined = run_members(opened, run=lambda _: next(answers), listener=Listener())
    assert joined.audit.verdict == "leaky"
    assert [finding.message for finding in joined.audit.findings] == ["x", "y"]
    assert joined.data is not None
    assert joined.data.train == 8
    assert [name for name, _ in joined.data.skipped] == ["a.wav", "b.wav"]


def test_an_interrupt_leaves_member_and_ensemble_to_be_resumed(
    make_plan: MakePlan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_training(patch, KeyboardInterrupt(), on=2)
        with pytest.raises(KeyboardInterrupt):
            run(make_plan(), settings)
    states = [record.state for record in RunStore(settings.runs).records()]
    assert sorted(states) == ["interrupted", "interrupted", "ok"]
    listener = Stages()
    record = run(make_plan(), settings, listener=listener)
    assert [attempt.state for attempt in record.attempts] == ["interrupted", "ok"]
    assert len(listener.named("train")) == 2


def test_fresh_runs_the_members_again_too(make_plan: MakePlan, settings: Settings) -> None:
    first = run(make_plan(), settings)
    listener = Stages()
    again = run(make_plan(), replace(settings, fresh=True), listener=listener)
    assert again.scores == first.scores
    assert len(listener.named("train")) == 3
    for run_id in (first.id, *first.members):
        assert (settings.runs / run_id / "earlier" / "1" / "record.json").exists()


def test_weights_that_do_not_fit_are_refused_and_leave_the_members(
    make_plan: MakePlan, settings: Settings
) -> None:
    with pytest.raises(UsageError, match="has 2 weights for 3 members"):
        run(make_plan(ENSEMBLE.replace("[3, 2, 1]", "[2, 1]")), settings)
    assert {one.recipe_name for one in RunStore(settings.runs).records()} == {"small"}


def test_a_target_without_classes_is_refused_before_anything_trains(
    make_plan: MakePlan, settings: Settings
) -> None:
    plan = make_plan()
    task = replace(plan.task, targets=("intensity",), metric="ccc")
    listener = Stages()
    with pytest.raises(UsageError) as caught:
        run(replace(plan, task=task), settings, listener=listener)
    assert str(caught.value) == (
        "ensemble 'together' cannot be run on task tiny-table: combiners take targets of kind "
        "class or distribution, and 'intensity' is of kind number"
    )
    assert listener.seen == []


def change_predictions(run_id: str, settings: Settings, **changes: np.ndarray) -> None:
    path = settings.runs / run_id
    with RunFolder(path, root=settings.runs) as folder:
        stored = folder.read_predictions()
        named = {name.replace("__", "/"): value for name, value in changes.items()}
        folder.write_predictions({**stored, **named})


def test_members_that_judged_other_items_are_not_combined(
    make_plan: MakePlan, settings: Settings
) -> None:
    plan = make_plan()
    second = run(plan.members[1], settings)
    items = read_predictions(settings.runs / second.id)["test/items"].copy()
    items[0] = "zz-stranger"
    change_predictions(second.id, settings, test__items=items)
    with pytest.raises(DataError, match="were not given the same test items") as caught:
        run(plan, settings)
    assert plan.members[0].recipe.name in str(caught.value)
    assert second.id in str(caught.value)


def test_a_members_damaged_predictions_are_named(make_plan: MakePlan, settings: Settings) -> None:
    plan = make_plan()
    second = run(plan.members[1], settings)
    (settings.runs / second.id / "predictions.npz").write_bytes(b"no archive")
    with pytest.raises(DataError, match=f"the predictions of run {second.id} cannot be read"):
        run(plan, settings)


class Probe:
    """A combiner that notes what it is given and answers with the first member."""

    objective: ClassVar[str] = ""
    built: ClassVar[list[Probe]] = []

    def __init__(self, options: NoOptions, context: Any) -> None:
        self.context, self.applied = context, []
        Probe.built.append(self)

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        self.members, self.targets = members.copy(), targets.copy()
        members[:] = -1
        targets[:] = -1

    def apply(self, members: np.ndarray) -> np.ndarray:
        self.applied.append(members.shape)
        first: np.ndarray = members[0]
        return first


class Narrow(Probe):
    """A combiner that loses a class."""

    def apply(self, members: np.ndarray) -> np.ndarray:
        return members[0][:, 1:]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The installed components, and the combiners `probe` and `narrow`."""
    module = types.ModuleType("acme_combiners")
    module.Probe, module.Narrow = Probe, Narrow  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acme_combiners", module)
    monkeypatch.setattr(Probe, "built", [])
    known = load_registry()
    extended = replace(known, components=dict(known.components))
    plugin = Plugin(package="acme", version="1.0", module="acme_combiners")
    for name in ("Probe", "Narrow"):
        target = f"acme_combiners:{name}"
        component = Component(name=name.lower(), target=target, summary="for tests")
        extended.add("combiner", component, plugin)
    return extended


def with_combiner(name: str) -> str:
    return ENSEMBLE.replace("{use: soft_vote, weights: [3, 2, 1]}", name)


def test_a_combiner_is_fitted_on_validation_and_knows_its_task(
    make_plan: MakePlan, settings: Settings, registry: Registry
) -> None:
    record = run(make_plan(with_combiner("probe"), registry=registry), settings, registry=registry)
    (probe,) = Probe.built
    members = members_of(record, settings)
    expected = np.stack([each["validation/emotion/after"] for each in members])
    np.testing.assert_array_equal(probe.members, expected)
    np.testing.assert_array_equal(probe.targets, members[0]["validation/emotion/truth"])
    assert probe.applied == [expected.shape, (3, *members[0]["test/emotion/after"].shape)]
    assert probe.context.target.name == "emotion"
    assert probe.context.stream.name == "run/combiner.probe"
    assert record.data is not None
    assert probe.context.task.train_items == record.data.train
    assert sum(probe.context.task.class_counts["emotion"]) == record.data.train
    assert record.provenance is not None
    assert record.provenance.components["combiner/probe"] == "acme 1.0"


def test_what_a_combiner_does_to_its_arguments_moves_nothing(
    make_plan: MakePlan, settings: Settings, registry: Registry
) -> None:
    record = run(make_plan(with_combiner("probe"), registry=registry), settings, registry=registry)
    stored, first = read_predictions(settings.runs / record.id), members_of(record, settings)[0]
    for key in ("test/emotion/after", "validation/emotion/after", "validation/emotion/truth"):
        np.testing.assert_array_equal(stored[key], first[key])


def test_a_combiner_that_loses_a_class_is_named(
    make_plan: MakePlan, settings: Settings, registry: Registry
) -> None:
    with pytest.raises(PluginError, match="combiner 'narrow' of plugin acme"):
        run(make_plan(with_combiner("narrow"), registry=registry), settings, registry=registry)


def test_blocks_of_an_ensemble_are_the_combiner_and_the_members(make_plan: MakePlan) -> None:
    recipe = make_plan().recipe
    assert isinstance(recipe, EnsembleRecipe)
    names = [block.use for block in recipe.blocks()]
    assert names[0] == "soft_vote"
    assert names.count("cross_entropy") == 3
