"""One run from start to record: what is answered, resumed, refused and recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from emobench.api import DataError, NoOptions, PluginError, UsageError
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Block
from emobench.registry import load_registry
from emobench.runs import executor
from emobench.runs.executor import Stopped, execute, execute_by_epochs, to_the_end
from emobench.runs.folder import read_predictions
from emobench.runs.opening import stored_record
from emobench.runs.plan import Plan, Settings, plan_runs
from emobench.runs.record import Record
from emobench.runs.store import RunStore


def run(plan: Plan, settings: Settings) -> Record:
    return execute(plan, settings=settings, registry=load_registry())


def break_training(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(executor, "fit_by_epochs", fail)


def test_a_run_leaves_a_record_whose_scores_follow_from_its_predictions(
    plan: Plan, settings: Settings
) -> None:
    record = run(plan, settings)
    stored = read_predictions(settings.runs / record.id)
    predicted = stored["test/emotion/after"].argmax(axis=1)
    accuracy = float(np.mean(predicted == stored["test/emotion/truth"]))
    assert record.scores["emotion"].metrics["accuracy"] == pytest.approx(accuracy)
    assert record.data is not None
    assert len(predicted) == record.data.test
    assert record.costs.parameters > 0
    assert not (settings.runs / record.id / "checkpoints").exists()


def test_no_test_group_was_trained_or_validated_on(plan: Plan, settings: Settings) -> None:
    record = run(plan, settings)
    stored = read_predictions(settings.runs / record.id)
    assert not set(stored["test/groups"]) & set(stored["validation/groups"])
    assert record.audit.verdict == "clean"
    assert record.data is not None
    assert sum(record.data.groups.values()) == 10


def test_a_finished_run_is_answered_from_its_record(
    plan: Plan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(plan, settings)
    break_training(monkeypatch, AssertionError("trained again"))
    assert run(plan, settings) == first


def test_fresh_runs_again_and_keeps_the_earlier_record(plan: Plan, settings: Settings) -> None:
    first = run(plan, settings)
    again = run(plan, replace(settings, fresh=True))
    assert again.scores == first.scores
    assert len(again.attempts) == 1
    assert (settings.runs / first.id / "earlier" / "1" / "record.json").exists()


def test_fresh_mends_a_damaged_record(plan: Plan, settings: Settings) -> None:
    first = run(plan, settings)
    (settings.runs / first.id / "record.json").write_text("{")
    with pytest.raises(DataError, match="run it again with --fresh"):
        run(plan, settings)
    assert run(plan, replace(settings, fresh=True)).scores == first.scores


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (MemoryError("all of it"), "out_of_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory"),
        (torch.cuda.OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (ZeroDivisionError("a method's own fault"), "failed"),
    ],
)
def test_what_stops_a_run_is_its_state_and_not_the_end_of_the_program(
    plan: Plan,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    state: str,
) -> None:
    break_training(monkeypatch, error)
    record = run(plan, settings)
    assert (record.state, record.scores) == (state, {})
    assert str(error).splitlines()[0] in record.reason
    assert RunStore(settings.runs).get(record.id) == record


def test_the_log_of_a_failed_run_names_no_folder_of_the_machine(
    plan: Plan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_training(monkeypatch, ZeroDivisionError("broken"))
    record = run(plan, settings)
    assert record.log[-1] == "ZeroDivisionError: broken"
    assert "test_executor.py" in record.log[-2]
    assert not any(line.startswith("/") for line in record.log)


def test_a_declared_fault_is_recorded_and_raised(
    plan: Plan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_training(monkeypatch, PluginError("plugin acme 1.0 gave up"))
    with pytest.raises(PluginError, match="acme"):
        run(plan, settings)
    (record,) = RunStore(settings.runs).records()
    assert (record.state, record.reason) == ("failed", "plugin acme 1.0 gave up")


def test_an_interrupted_run_goes_on_and_counts_its_attempts(
    plan: Plan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        break_training(patch, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            run(plan, settings)
    (stopped,) = RunStore(settings.runs).records()
    assert stopped.state == "interrupted"
    record = run(plan, settings)
    assert [attempt.state for attempt in record.attempts] == ["interrupted", "ok"]


def test_a_run_may_be_asked_for_epoch_by_epoch(plan: Plan, settings: Settings) -> None:
    registry = load_registry()
    epochs = execute_by_epochs(plan, settings=settings, registry=registry)
    done = [next(epochs), next(epochs)]
    assert [(one.epoch, one.epochs) for one in done] == [(1, 2), (2, 2)]
    assert "validation_uar" in done[0].metrics
    apart = run(plan, replace(settings, runs=settings.runs / "apart"))
    assert to_the_end(epochs).scores == apart.scores


def test_a_run_stopped_between_epochs_says_why_and_can_go_on(
    plan: Plan, settings: Settings
) -> None:
    epochs = execute_by_epochs(plan, settings=settings, registry=load_registry())
    next(epochs)
    with pytest.raises(StopIteration) as end:
        epochs.throw(Stopped("behind its peers after epoch 1"))
    assert end.value.value.state == "interrupted"
    assert end.value.value.reason == "behind its peers after epoch 1"
    record = run(plan, settings)
    assert [attempt.resumed_from_epoch for attempt in record.attempts] == [0, 1]
    assert record.scores == run(plan, replace(settings, runs=settings.runs / "apart")).scores


def test_a_run_that_nobody_asks_on_gives_its_folder_free(plan: Plan, settings: Settings) -> None:
    epochs = execute_by_epochs(plan, settings=settings, registry=load_registry())
    next(epochs)
    epochs.close()
    assert run(plan, settings).state in ("ok", "collapsed")


def test_a_time_limit_ends_a_run_and_a_longer_one_lets_it_end(
    plan: Plan, settings: Settings
) -> None:
    short = run(plan, replace(settings, time_limit=1e-9))
    assert (short.state, short.scores) == ("timed_out", {})
    assert run(plan, settings).state in ("ok", "collapsed")


def test_prepared_features_are_shared_by_seeds_and_made_anew_for_other_data(
    plan: Plan, settings: Settings
) -> None:
    assert settings.cache is not None
    run(plan, settings)
    run(replace(plan, seed=1), settings)
    assert len(list(settings.cache.glob("*/meta.json"))) == 1
    block = plan.task.dataset
    other = replace(block, options=block.options.replace(seed=9))
    run(replace(plan, task=replace(plan.task, dataset=other)), settings)
    assert len(list(settings.cache.glob("*/meta.json"))) == 2


def test_the_record_names_no_host_and_no_folder(plan: Plan, settings: Settings) -> None:
    record = run(plan, settings)
    text = (settings.runs / record.id / "record.json").read_text()
    assert str(settings.runs) not in text
    assert json.loads(text)["provenance"]["device"] == "cpu"


def test_a_run_is_repeated_from_what_lies_beside_its_record(plan: Plan, settings: Settings) -> None:
    record = run(plan, settings)
    folder = settings.runs / record.id
    registry = load_registry()
    recipe = load_recipe(folder / "recipe.yaml", registry=registry)
    (again,) = plan_runs([recipe], task_names=[str(folder / "task.yaml")], registry=registry)
    assert stored_record(again, settings=settings, registry=registry) == record


def test_a_fault_of_the_call_leaves_no_record(plan: Plan, settings: Settings) -> None:
    loss = Block(kind="loss", use="mean_squared_error", options=NoOptions())
    wrong = replace(plan, recipe=replace(plan.recipe, loss=loss))
    with pytest.raises(UsageError, match="mean_squared_error"):
        run(wrong, settings)
    assert RunStore(settings.runs).records() == []
    assert list(settings.runs.glob("*/*")) == []


def test_a_fault_of_the_call_takes_no_earlier_record_along(
    plan: Plan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(plan, replace(settings, time_limit=1e-9))
    break_training(monkeypatch, UsageError("a component changed its mind"))
    with pytest.raises(UsageError):
        run(plan, settings)
    (record,) = RunStore(settings.runs).records()
    assert [attempt.state for attempt in record.attempts] == ["timed_out", "failed"]
