"""One trial inside a worker: what it tells, how it ends, and what must never escape it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emobench.api import DataError, RunError, UsageError
from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import Registry, load_registry
from emobench.runs.executor import execute
from emobench.runs.folder import RunFolder, RunLocked
from emobench.runs.inputs import load_data
from emobench.runs.plan import Plan, Settings
from emobench.runs.store import RunStore
from emobench.sweeps import worker
from emobench.sweeps.assignment import WORKERS_FOLDER, Assignment, Progress
from emobench.sweeps.ear import HALTED
from emobench.sweeps.evidence import validation_figure
from emobench.sweeps.trial import Trial, TrialEnd
from emobench.sweeps.watchdog import Watchdog
from emobench.sweeps.worker import TrialRun, trace_name
from emobench.training.build import build_run

TROUBLED = Path(__file__).parents[2] / "data" / "troubled_plugin"
RECIPE = """\
schema: 1
task: task.yaml
frontend: {use: values}
backbone: {use: dense, hidden: [8]}
head: {use: linear}
loss: {use: cross_entropy}
optimizer: {use: adamw, lr: 0.01}
techniques: [{use: troubled}]
train: {epochs: 4, batch_size: 256}
"""
TASK = """\
name: tiny-table
dataset: {use: synthetic-au, items: 600, identities: 12}
protocol: {use: grouped-holdout}
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """Everything installed, and a technique that makes trouble."""
    metadata = tmp_path / "site" / "acme-2.1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 2.1\n")
    (metadata / "entry_points.txt").write_text("[emobench]\nacme = acme_troubled:components\n")
    monkeypatch.syspath_prepend(TROUBLED)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("EMOBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "task.yaml").write_text(TASK)
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    load_registry.cache_clear()
    yield load_registry()
    load_registry.cache_clear()
    sys.modules.pop("acme_troubled", None)


Assign = Callable[..., Assignment]


@pytest.fixture
def assign(tmp_path: Path, registry: Registry) -> Assign:
    """Makes the assignment of a trial with some trouble in it."""

    def made(*overrides: str, index: int = 1, **changes: Any) -> Assignment:
        recipe = load_recipe(tmp_path / "tiny.yaml", overrides=overrides, registry=registry)
        assert isinstance(recipe, Recipe)
        task = find_task(str(tmp_path / "task.yaml"), registry=registry)
        plan = Plan(recipe=recipe, task=task, seed=0)
        told = Assignment(
            trial=Trial(index=index, recipe=recipe, plan=plan, values={}),
            milestones=(),
            settings=Settings(runs=tmp_path / "runs", device="cpu"),
            halt=tmp_path / "halt",
            patience=1800.0,
        )
        return replace(told, **changes)

    return made


def all_of(run: TrialRun) -> list[Progress]:
    """Everything a trial tells, to its end."""
    told = [run.advance()]
    while told[-1].end is None:
        told.append(run.advance())
    return told


def end_of(assignment: Assignment, registry: Registry) -> TrialEnd:
    end = all_of(TrialRun(assignment, registry=registry))[-1].end
    assert end is not None
    return end


def record_of(assignment: Assignment) -> dict[str, Any]:
    (path,) = assignment.settings.runs.glob("*/record.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def trouble(kind: str, **more: object) -> list[str]:
    options = {"trouble": kind, **more}
    return [f"techniques.troubled.{key}={value}" for key, value in options.items()]


def test_a_trial_tells_every_epoch_and_pauses_at_milestones(
    assign: Assign, registry: Registry
) -> None:
    told = all_of(TrialRun(assign(milestones=(1, 3)), registry=registry))
    assert [[report.epoch for report in each.reports] for each in told] == [[1], [2, 3], [4]]
    assert [report.epochs for each in told for report in each.reports] == [4] * 4


def test_a_slow_trial_is_heard_after_every_epoch(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SLICE_S", 0.0)
    told = all_of(TrialRun(assign(), registry=registry))
    assert [len(each.reports) for each in told] == [1, 1, 1, 1, 0]


def test_a_trial_is_the_run_that_it_would_be_by_itself(
    assign: Assign, registry: Registry, tmp_path: Path
) -> None:
    first, second = assign(), assign("optimizer.lr=0.003")
    for each in (first, second):
        end = end_of(each, registry)
    alone = Settings(runs=tmp_path / "alone", device="cpu", plots=False)
    record = execute(second.trial.plan, settings=alone, registry=registry)
    assert (end.state, end.run_id) == ("ok", record.id)
    assert end.validation == record.scores["emotion"].validation[record.task.metric]
    for name in ("predictions.npz", "model.safetensors", "history.jsonl"):
        twin = tmp_path / "alone" / record.id / name
        assert (second.settings.runs / record.id / name).read_bytes() == twin.read_bytes()


def test_an_end_counts_what_was_trained_and_what_it_cost(
    assign: Assign, registry: Registry
) -> None:
    asked = assign(cost="parameters")
    end, costs = end_of(asked, registry), record_of(asked)["costs"]
    assert (end.epochs, end.cost) == (4, costs["parameters"])
    assert end.seconds == costs["train_s"]


@pytest.fixture
def slow_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that take longer to load than anything takes to train."""

    def slow(*arguments: Any, **named: Any) -> Any:
        time.sleep(1.5)
        return load_data(*arguments, **named)

    monkeypatch.setattr("emobench.runs.executor.load_data", slow)


@pytest.mark.usefixtures("slow_data")
def test_seconds_are_those_of_training_on_the_way_as_at_the_end(
    assign: Assign, registry: Registry
) -> None:
    told = all_of(TrialRun(assign(*trouble("none", seconds=0.1)), registry=registry))
    reports = [report for each in told for report in each.reports]
    end = told[-1].end
    assert end is not None
    assert 0.1 <= reports[0].seconds < 1.5
    assert reports[-1].seconds == pytest.approx(end.seconds, abs=0.3)


@pytest.mark.usefixtures("slow_data")
def test_a_stopped_trial_counts_the_seconds_that_it_trained(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "hopeless", lambda rows, *, options: "for good")
    end = end_of(assign(end_collapsing=True), registry)
    assert end.state == "stopped"
    assert 0.0 < end.seconds < 1.5


def test_no_figure_of_the_test_set_leaves_the_worker(assign: Assign, registry: Registry) -> None:
    asked = assign()
    told = str(all_of(TrialRun(asked, registry=registry)))
    for scores in record_of(asked)["scores"].values():
        for figure in {round(value, 6) for value in scores["metrics"].values()} - {0.0, 1.0}:
            assert str(figure) not in told


def test_a_trial_that_is_done_is_answered_from_its_record(
    assign: Assign, registry: Registry
) -> None:
    first = end_of(assign(), registry)
    told = all_of(TrialRun(assign(), registry=registry))
    assert [len(each.reports) for each in told] == [0]
    assert told[0].end == first
    assert len(record_of(assign())["attempts"]) == 1


def test_a_stopped_trial_goes_on_where_it_stopped(assign: Assign, registry: Registry) -> None:
    begun = TrialRun(assign(milestones=(2,)), registry=registry)
    begun.advance()
    begun.stop("others did better")
    record = record_of(assign())
    assert (record["state"], record["reason"]) == ("interrupted", "others did better")
    told = all_of(TrialRun(assign(), registry=registry))
    assert [report.epoch for each in told for report in each.reports] == [3, 4]
    assert record_of(assign())["attempts"][1]["resumed_from_epoch"] == 2


@pytest.mark.parametrize(
    ("kind", "state", "words"),
    [
        ("raise", "failed", "ValueError: trial number 7 was bound to fail"),
        ("exit", "failed", "SystemExit: 3"),
        ("diverge", "diverged", "not finite"),
    ],
)
def test_what_a_method_does_wrong_is_how_its_trial_ends(
    assign: Assign, registry: Registry, kind: str, state: str, words: str
) -> None:
    end = end_of(assign(*trouble(kind, number=7, at=2)), registry)
    assert end.state == state
    assert words in end.reason
    assert end.validation is None
    assert end.run_id is not None


class FaultyGPU:
    """A device on which work has failed: every use of it raises."""

    def is_initialized(self) -> bool:
        return True

    def synchronize(self) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered\nand more of it")


def test_a_fault_on_the_gpu_ends_its_trial_and_spoils_the_process(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "torch", SimpleNamespace(cuda=FaultyGPU()))
    run = TrialRun(assign(*trouble("raise")), registry=registry)
    end = all_of(run)[-1].end
    assert end is not None
    assert end.state == "failed"
    assert run.spoilt == (
        "the GPU fails in its worker after trial 1: CUDA error: device-side assert triggered"
    )


def test_a_method_that_fails_alone_spoils_no_process(assign: Assign, registry: Registry) -> None:
    run = TrialRun(assign(*trouble("raise")), registry=registry)
    all_of(run)
    assert run.spoilt == ""


def test_a_recipe_that_is_refused_ends_its_trial(assign: Assign, registry: Registry) -> None:
    end = end_of(assign("frontend=logmel"), registry)
    assert end.state == "failed"
    assert "frontend 'logmel' reads audio, but task tiny-table offers table" in end.reason


def test_a_trial_that_is_refused_at_once_names_no_run(assign: Assign, registry: Registry) -> None:
    end = end_of(assign("frontend=logmel"), registry)
    assert end.run_id is None
    assert not list(assign().settings.runs.glob("*/record.json"))


def test_a_trial_without_enough_memory_is_tried_with_less(
    assign: Assign, registry: Registry
) -> None:
    end = end_of(assign(*trouble("memory")), registry)
    assert (end.state, end.reduced) == ("ok", "batch 256 as 2 x 128")


def test_a_trial_is_tried_with_less_memory_only_once(assign: Assign, registry: Registry) -> None:
    end = end_of(assign(*trouble("memory"), "train.batch_size=512"), registry)
    assert (end.state, end.reduced) == ("out_of_memory", "batch 512 as 2 x 256")


def test_a_trial_that_is_under_way_with_less_memory_says_so(
    assign: Assign, registry: Registry
) -> None:
    run = TrialRun(assign(*trouble("memory"), milestones=(1,)), registry=registry)
    progress = run.advance()
    run.stop("others did better")
    assert (progress.end, progress.reduced) == (None, "batch 256 as 2 x 128")


def test_a_trial_whose_machine_ran_out_of_memory_begins_with_less(
    assign: Assign, registry: Registry
) -> None:
    end = end_of(assign(smaller=True), registry)
    whole = assign().trial.recipe.train.batch_size
    assert (end.state, end.reduced) == ("ok", f"batch {whole} as 2 x {whole // 2}")


def test_a_trial_that_cannot_do_with_less_is_tried_as_it_is(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "reduced", lambda recipe, *, registry: None)
    end = end_of(assign(smaller=True), registry)
    assert (end.state, end.reduced) == ("ok", "")


def test_a_hopeless_trial_is_stopped_where_that_is_asked(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hopeless(rows: Any, *, options: object) -> str:
        return "collapsing: for good" if rows[-1]["epoch"] == 2 else ""

    monkeypatch.setattr(worker, "hopeless", hopeless)
    end = end_of(assign(end_collapsing=True), registry)
    assert (end.state, end.reason, end.epochs) == ("stopped", "collapsing: for good", 2)
    assert record_of(assign())["state"] == "interrupted"
    assert end_of(assign(), registry).state == "ok"


def test_whether_a_trial_is_hopeless_is_judged_by_its_epochs_before_it_was_resumed_too(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[int]] = []

    def hopeless(rows: Any, *, options: object) -> str:
        seen.append([row["epoch"] for row in rows])
        return ""

    monkeypatch.setattr(worker, "hopeless", hopeless)
    begun = TrialRun(assign(milestones=(2,), end_collapsing=True), registry=registry)
    while begun.advance().reports[-1].epoch < 2:
        pass
    begun.stop("its process is gone")
    seen.clear()
    end_of(assign(end_collapsing=True), registry)
    assert seen == [[1, 2, 3]]  # after the last epoch there is nothing to end


def test_a_sound_trial_goes_on_under_the_rules_for_collapses(
    assign: Assign, registry: Registry
) -> None:
    sound = ("train.epochs=8", "train.batch_size=16")
    end = end_of(assign(*sound, end_collapsing=True), registry)
    assert (end.state, end.epochs) == (end_of(assign(*sound), registry).state, 8)


def test_a_sweep_that_is_halted_ends_its_trials_resumably(
    assign: Assign, registry: Registry
) -> None:
    run = TrialRun(assign(milestones=(1,)), registry=registry)
    run.advance()
    assign().halt.touch()
    end = run.advance().end
    assert end is not None
    assert (end.state, end.reason) == ("interrupted", HALTED)
    assert record_of(assign())["state"] == "interrupted"


def test_a_full_disk_concerns_all_trials(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: RunFolder, arrays: object) -> None:
        raise RunError("the disk that holds the runs folder is full")

    monkeypatch.setattr(RunFolder, "write_predictions", full)
    with pytest.raises(RunError, match="is full"):
        all_of(TrialRun(assign(), registry=registry))


def test_a_disk_that_fails_the_watchdog_concerns_all_trials(
    assign: Assign, registry: Registry
) -> None:
    runs = assign().settings.runs
    runs.mkdir()
    (runs / WORKERS_FOLDER).write_text("no folder")
    with pytest.raises(UsageError, match="something else lies at"):
        TrialRun(assign(), registry=registry).advance()


def test_data_that_are_gone_concern_all_trials(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise DataError("the folder is gone")

    monkeypatch.setattr("emobench.runs.opening.open_dataset", gone)
    with pytest.raises(DataError, match="the folder is gone"):
        TrialRun(assign(), registry=registry).advance()


def test_data_that_only_this_recipe_cannot_use_end_its_trial(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable(*_: object, **__: object) -> None:
        raise DataError("no item is long enough for this frontend")

    monkeypatch.setattr("emobench.runs.executor.load_data", unusable)
    end = end_of(assign(), registry)
    assert (end.state, end.reason) == ("failed", "no item is long enough for this frontend")


def test_a_run_that_a_dying_process_still_holds_is_waited_for(
    assign: Assign, registry: Registry
) -> None:
    end_of(assign(*trouble("raise")), registry)
    (folder,) = (path.parent for path in assign().settings.runs.glob("*/record.json"))
    held = RunFolder(folder, root=assign().settings.runs)
    threading.Timer(1.0, held.close).start()
    started = time.monotonic()
    assert end_of(assign(*trouble("raise")), registry).state == "failed"
    assert time.monotonic() - started > 0.9


def test_a_run_that_stays_held_is_no_fault_of_the_method(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOCK_WAIT_S", 0.1)
    end_of(assign(*trouble("raise")), registry)
    (folder,) = (path.parent for path in assign().settings.runs.glob("*/record.json"))
    with (
        RunFolder(folder, root=assign().settings.runs),
        pytest.raises(RunLocked, match="another process is working on run"),
    ):
        TrialRun(assign(*trouble("raise")), registry=registry).advance()


def test_a_run_is_waited_for_longer_than_a_file_server_keeps_the_locks_of_the_dead(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_of(assign(*trouble("raise")), registry)
    (folder,) = (path.parent for path in assign().settings.runs.glob("*/record.json"))
    held = RunFolder(folder, root=assign().settings.runs)
    begun = time.monotonic()
    waited: list[float] = []
    heard: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(10.0)
        if sum(waited) > 95.0:
            held.close()

    clock = SimpleNamespace(sleep=sleep, monotonic=lambda: begun + sum(waited))
    monkeypatch.setattr(worker, "time", clock)
    run = TrialRun(assign(*trouble("raise")), registry=registry)
    monkeypatch.setattr(Watchdog, "heard", lambda self: heard.append(sum(waited)))
    end = all_of(run)[-1].end
    assert end is not None
    assert (end.state, sum(waited)) == ("failed", 100.0)
    assert {10.0 * number for number in range(10)} <= set(heard)


def test_a_run_that_hung_is_waited_for_before_its_record_says_so(
    assign: Assign, registry: Registry
) -> None:
    begun = TrialRun(assign(milestones=(2,)), registry=registry)
    begun.advance()
    begun.stop("its machine is gone")
    leave_calls(assign())
    (folder,) = (path.parent for path in assign().settings.runs.glob("*/record.json"))
    held = RunFolder(folder, root=assign().settings.runs)
    threading.Timer(1.0, held.close).start()
    assert end_of(assign(), registry).state == "timed_out"
    assert record_of(assign())["state"] == "timed_out"


def test_a_sweep_that_is_stopped_while_a_run_is_waited_for_goes_on_with_it(
    assign: Assign, registry: Registry
) -> None:
    end_of(assign(*trouble("raise")), registry)
    (folder,) = (path.parent for path in assign().settings.runs.glob("*/record.json"))
    assign().halt.touch()
    with RunFolder(folder, root=assign().settings.runs):
        end = TrialRun(assign(*trouble("raise")), registry=registry).advance().end
    assert end is not None
    assert (end.state, end.reason) == ("interrupted", HALTED)


def leave_calls(asked: Assignment) -> None:
    """What the watchdog leaves of a trial that hung."""
    folder = asked.settings.runs / WORKERS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / trace_name(asked.trial.plan)).write_text(
        "Timeout (0:30:00)!\nThread 0x01 (most recent call first):\n"
        '  File "/a/b/acme/noise.py", line 33 in blur\n'
        '  File "/a/emobench/sweeps/worker.py", line 70 in advance\n'
    )


def test_a_trial_that_hung_is_not_tried_again(assign: Assign, registry: Registry) -> None:
    asked = assign(milestones=(2,))
    begun = TrialRun(asked, registry=registry)
    begun.advance()
    begun.stop("its process is gone")
    leave_calls(asked)
    end = end_of(asked, registry)
    words = "nothing was heard of it for 1800 s: it hung in b/acme/noise.py:33 in blur"
    assert (end.state, end.reason, end.epochs) == ("timed_out", words, 0)
    record = record_of(asked)
    assert (record["state"], record["reason"]) == ("timed_out", words)
    assert record["log"][1].endswith("worker.py:70 in advance")
    assert end.run_id == record["id"]


@pytest.mark.parametrize("change", [{"seed": 1}, {"recipe": "optimizer.lr=0.003"}])
def test_another_training_of_the_same_number_is_not_taken_for_one_that_hung(
    assign: Assign, registry: Registry, change: dict[str, Any]
) -> None:
    asked = assign()
    if "recipe" in change:
        change = {"recipe": assign(change["recipe"]).trial.recipe}
    plan = replace(asked.trial.plan, **change)
    leave_calls(asked)
    other = replace(asked, trial=replace(asked.trial, plan=plan))
    assert end_of(other, registry).state in ("ok", "collapsed")


def test_a_training_that_hung_is_known_under_another_number(
    assign: Assign, registry: Registry
) -> None:
    leave_calls(assign(index=51))
    assert end_of(assign(index=52), registry).state == "timed_out"


def test_what_hung_is_told_once(assign: Assign, registry: Registry) -> None:
    leave_calls(assign())
    ends = [end_of(assign(), registry).state for _ in range(2)]
    assert ends == ["timed_out", "ok"]


def test_a_trial_that_was_done_before_its_process_hung_keeps_its_answer(
    assign: Assign, registry: Registry
) -> None:
    done = end_of(assign(), registry)
    leave_calls(assign())
    assert end_of(assign(), registry) == done


MEMORY = """
import sys
from dataclasses import replace
from pathlib import Path
from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.plan import Plan, Settings
from emobench.sweeps.assignment import Assignment
from emobench.sweeps.trial import Trial
from emobench.sweeps.worker import TrialRun

def megabytes():
    fields = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(fields["VmRSS"].split()[0]) / 1024

registry = load_registry()
recipe = load_recipe("tiny.yaml", overrides=sys.argv[2:], registry=registry)
task = find_task("task.yaml", registry=registry)
for index in range(int(sys.argv[1])):
    plan = Plan(recipe=recipe, task=task, seed=index)
    run = TrialRun(Assignment(
        trial=Trial(index=index, recipe=recipe, plan=plan, values={}), milestones=(),
        settings=Settings(runs=Path("runs"), device="cpu"), halt=Path("halt"), patience=60.0,
    ), registry=registry)
    while run.advance().end is None:
        pass
    if index + 1 in (100, int(sys.argv[1])):
        print(megabytes(), flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_memory_does_not_creep_over_five_hundred_trials(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "memory.py").write_text(MEMORY)
    path = os.pathsep.join([str(tmp_path / "site"), str(TROUBLED)])
    told = subprocess.run(
        [sys.executable, "memory.py", "500", "train.epochs=1"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    after_100, after_500 = map(float, told.stdout.split())
    assert after_500 - after_100 < 20


def test_figures_that_are_no_numbers_are_told_as_none(registry: Registry, assign: Assign) -> None:
    end_of(assign(), registry)
    (record,) = RunStore(assign().settings.runs).records()
    scores = record.scores["emotion"]
    broken = replace(scores, validation={record.task.metric: float("nan")})
    assert validation_figure(replace(record, scores={"emotion": broken})) is None
    assert validation_figure(replace(record, scores={})) is None


def test_a_trial_that_would_train_longer_than_it_may_is_stopped_after_two_epochs(
    assign: Assign, registry: Registry
) -> None:
    asked = assign("train.epochs=1000", *trouble("none", seconds=0.05), allowance=40.0)
    end = end_of(asked, registry)
    assert (end.state, end.epochs) == ("stopped", 2)
    assert re.fullmatch(r"it would train for \d+ s, and may for 40 s \(--slowest\)", end.reason)


def test_a_cold_start_does_not_count_for_every_epoch(
    assign: Assign, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cold(*arguments: Any, **named: Any) -> Any:
        time.sleep(1.0)
        return build_run(*arguments, **named)

    monkeypatch.setattr("emobench.runs.executor.build_run", cold)
    end = end_of(assign("train.epochs=40", allowance=30.0), registry)
    assert end.state in ("ok", "collapsed")


@pytest.mark.parametrize(
    ("limit", "state", "words"),
    [
        (None, "stopped", "it trained longer than the 2 s it may (--slowest)"),
        (60.0, "stopped", "it trained longer than the 2 s it may (--slowest)"),
        (1.0, "timed_out", "training passed its time limit of 1 s"),
    ],
)
def test_a_trial_is_timed_out_only_by_a_limit_that_somebody_set(
    assign: Assign, registry: Registry, limit: float | None, state: str, words: str
) -> None:
    asked = assign("train.epochs=2", *trouble("none", at=1, seconds=1.5), allowance=2.0)
    asked = replace(asked, settings=replace(asked.settings, time_limit=limit))
    end = end_of(asked, registry)
    assert (end.state, end.reason) == (state, words)


def test_a_trial_that_trained_longer_than_it_may_keeps_its_last_figure(
    assign: Assign, registry: Registry
) -> None:
    asked = assign("train.epochs=2", *trouble("none", seconds=2.0), allowance=3.5)
    told = all_of(TrialRun(asked, registry=registry))
    (report,) = (report for each in told for report in each.reports)
    end = told[-1].end
    assert end is not None
    assert (end.validation, end.epochs) == (report.validation, 1)


def test_a_trial_within_its_allowance_is_trained_to_its_end(
    assign: Assign, registry: Registry
) -> None:
    run = TrialRun(assign(allowance=600.0), registry=registry)
    end = all_of(run)[-1].end
    assert end is not None
    assert end.state in ("ok", "collapsed")
