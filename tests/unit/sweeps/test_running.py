"""A sweep from its first trial to its last word, over an engine in this process."""

from __future__ import annotations

import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emobench.api.errors import UsageError
from emobench.data.synthetic.table import SyntheticTable
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.plan import Settings
from emobench.sweeps import running
from emobench.sweeps.assignment import Assignment
from emobench.sweeps.call import Call, SweepOptions
from emobench.sweeps.folder import SweepFolder
from emobench.sweeps.result import SweepResult
from emobench.sweeps.running import run_sweep
from emobench.sweeps.storage import Storage
from emobench.sweeps.sweep import plan_sweep
from emobench.sweeps.trial import TrialEnd, TrialSource
from emobench.sweeps.watcher import Resources, Watcher
from emobench.sweeps.worker import TrialRun


class Engine(types.ModuleType):
    """Trains trial 0 to its end, and lets go of all others after an epoch."""

    def __init__(self) -> None:
        super().__init__("emobench.sweeps.engine")
        self.seen_checkpoints: list[bool] = []
        self.begun = 0
        self.interrupts = False

    def run_on_ray(
        self,
        source: TrialSource,
        *,
        trials: int,
        settings: Settings,
        resources: Resources,
        **_: Any,
    ) -> None:
        while trial := source.next_trial(count=trials):
            self.begun += 1
            milestones = (1,) if trial.index else ()
            assignment = Assignment(
                trial=trial,
                milestones=milestones,
                settings=settings,
                halt=settings.runs / "halt",
                patience=600.0,
                storage=resources.storage,
            )
            run = TrialRun(assignment, registry=load_registry())
            told = run.advance()
            while told.end is None and not trial.index:
                told = run.advance()
            end = told.end
            if trial.index:
                run.stop("others did better")
                end = TrialEnd(state="stopped", run_id=told.run_id, epochs=1)
                folder = settings.runs / str(told.run_id) / "checkpoints"
                self.seen_checkpoints.append(folder.is_dir())
            assert end is not None
            source.ended(trial.index, end)
            if self.interrupts:
                raise KeyboardInterrupt


@pytest.fixture
def engine(small: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setitem(sys.modules, "emobench.sweeps.engine", made)
    return made


def sweep(folder: Path, *, trials: int = 3, task: str | None = None, **options: Any) -> SweepResult:
    plain = SweepOptions(name="q", search="random", stop="none", warm_start="none", final_seeds=0)
    call = Call(
        recipe=str(folder / "small.yaml"),
        task=task,
        trials=trials,
        options=replace(plain, **options),
        settings=Settings(runs=folder / "runs", cache=folder / "cache", device="cpu", plots=False),
    )
    return run_sweep(plan_sweep(call, registry=load_registry()), watcher=Watcher())


def test_stopped_trials_leave_no_checkpoints(engine: Engine, tmp_path: Path) -> None:
    done = sweep(tmp_path)
    assert [row.state for row in done.rows[1:]] == ["stopped", "stopped"]
    assert engine.seen_checkpoints == [True, True]
    home = SweepFolder(tmp_path / "runs", "q").path
    assert list(home.glob("*/checkpoints")) == []
    assert len(list(home.glob("*/history.jsonl"))) == 3


def test_where_the_recipe_as_it_stands_wins_there_is_one_file_by_the_sweeps_name(
    engine: Engine, tmp_path: Path
) -> None:
    done = sweep(tmp_path, trials=1, final_seeds=1)
    home = SweepFolder(tmp_path / "runs", "q").path
    assert done.best is not None
    assert done.best.trial == 0
    assert done.winner == home / "q.yaml"
    assert sorted(path.name for path in home.glob("*.yaml")) in (
        ["q-ensemble.yaml", "q.yaml"],
        ["q.yaml"],
    )
    registry = load_registry()
    winner = load_recipe(done.winner, registry=registry)
    assert winner.method() == load_recipe(tmp_path / "small.yaml", registry=registry).method()
    assert winner.summary == "Best of 1 trial of sweep q, by uar on validation."


def test_a_sweep_goes_on_with_the_data_it_began_with_alone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep(tmp_path, trials=1)
    with monkeypatch.context() as patch:
        patch.setattr(SyntheticTable, "fingerprint", lambda _: "other clips")
        with pytest.raises(UsageError, match="the data of the task are others than those that sw"):
            sweep(tmp_path, trials=2)
    assert engine.begun == 1
    assert len(sweep(tmp_path, trials=2).rows) == 2


def test_a_sweep_goes_on_with_the_versions_it_began_with_alone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep(tmp_path, trials=1)
    monkeypatch.setattr(running, "package_version", lambda _: "99")
    with pytest.raises(UsageError, match=r"began with emobench .*, and now there is emobench 99;"):
        sweep(tmp_path, trials=2)
    assert engine.begun == 1


def test_a_sweep_that_is_through_is_told_without_its_data(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sweep(tmp_path, trials=1)
    monkeypatch.setattr(SyntheticTable, "fingerprint", lambda _: "other clips")
    assert sweep(tmp_path, trials=1).rows == before.rows


def test_storage_that_cannot_be_used_is_refused_before_a_trial_begins(
    engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="--storage 'nowhere://bucket/x' cannot be used"):
        sweep(tmp_path, storage="nowhere://bucket/x")
    assert engine.begun == 0


def test_checkpoints_of_stopped_trials_are_deleted_in_the_storage_too(
    engine: Engine, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    done = sweep(tmp_path, storage=shared.as_uri())
    for row in done.rows:
        (manifest, *_) = sorted(shared.glob(f"{row.run}/manifest-*.json"), reverse=True)
        assert "history.jsonl" in manifest.read_text()
        assert "checkpoints/" not in manifest.read_text()
    assert len(done.rows) == 3


def test_an_interrupted_sweep_fetches_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    real = Storage.fetch

    def fetch(storage: Storage, run_id: str, *, runs: Path, finished: bool = False) -> bool:
        if finished:
            fetched.append(run_id)
        return real(storage, run_id, runs=runs, finished=finished)

    monkeypatch.setattr(Storage, "fetch", fetch)
    engine.interrupts = True
    stopped = sweep(tmp_path, trials=2, storage=(tmp_path / "shared").as_uri())
    assert (stopped.interrupted, fetched) == (True, [])
    engine.interrupts = False
    done = sweep(tmp_path, trials=2, storage=(tmp_path / "shared").as_uri())
    assert fetched == [row.run for row in done.rows]


def test_a_recipe_that_cannot_take_the_tasks_input_is_refused_before_a_trial_begins(
    engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(
        UsageError, match="frontend 'values' reads table, but task synthetic-speech"
    ):
        sweep(tmp_path, task="synthetic-speech/speakers")
    assert engine.begun == 0
