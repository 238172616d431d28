"""Commands run in a temporary folder, in this process or, where start-up matters, in their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emobench.cli.app import run_command_line
from emobench.registry import load_registry
from emobench.runs.listener import StepReport
from emobench.runs.record import (
    AuditVerdict,
    ClassScore,
    DataStamp,
    Finding,
    Record,
    TargetScores,
    TaskStamp,
)
from emobench.runs.store import RunStore
from emobench.sweeps.trial import Report, TrialEnd

DATA = Path(__file__).parent / "data"
ONE_SCREEN = 25
TONES = {"angry": 220, "happy": 440, "sad": 880}

TABLE_RECIPE = """\
schema: 1
summary: A small network on action units.
task: synthetic-au/subjects
frontend: {use: values}
backbone: {use: dense, hidden: [16]}
head: {use: linear}
loss: {use: cross_entropy}
optimizer: {use: adamw, lr: 0.01}
train: {epochs: 2, batch_size: 256}
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands run; holds `table.yaml`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EMOBENCH_DATA", raising=False)
    (tmp_path / "table.yaml").write_text(TABLE_RECIPE)
    return tmp_path


@pytest.fixture
def emobench(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a command in this process."""

    def call(*arguments: str) -> Outcome:
        code = run_command_line(arguments)
        captured = capsys.readouterr()
        return Outcome(code=code, out=captured.out, err=captured.err)

    return call


@pytest.fixture
def command(folder: Path) -> Callable[..., Outcome]:
    """Run a command as a user does: in a process of its own."""

    def call(*arguments: str) -> Outcome:
        result = subprocess.run(
            [sys.executable, "-c", "from emobench.cli.app import main; main()", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(code=result.returncode, out=result.stdout, err=result.stderr)

    return call


@pytest.fixture
def refused(emobench: Callable[..., Outcome]) -> Callable[..., str]:
    """Run a command that must end with that code and one clear screen; gives its last line."""

    def call(*arguments: str, code: int) -> str:
        outcome = emobench(*arguments)
        assert outcome.code == code, outcome.err
        assert outcome.out == ""
        assert "Traceback" not in outcome.err
        assert len(outcome.err.splitlines()) <= ONE_SCREEN
        last = outcome.err.splitlines()[-1]
        assert last.startswith("error: ")
        return last

    return call


@pytest.fixture(scope="session")
def all_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real audio files: three classes of two clips by each of six speakers."""
    import numpy as np
    import soundfile

    root = tmp_path_factory.mktemp("audio") / "clips"
    random = np.random.default_rng(0)
    times = np.arange(1600) / 8000
    for name, tone in TONES.items():
        (root / name).mkdir(parents=True)
        for speaker in range(6):
            for take in range(2):
                clip = 0.3 * np.sin(2 * np.pi * tone * times) + 0.02 * random.standard_normal(1600)
                soundfile.write(root / name / f"S{speaker}_{take}.wav", clip, 8000)
    return root


@pytest.fixture
def clips(folder: Path, all_clips: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clips of this test alone; beside them lie `clips.yaml`, a recipe, and `task.yaml`."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    for path in DATA.glob("*.yaml"):
        shutil.copy(path, folder)
    copied: Path = shutil.copytree(all_clips, folder / "clips")
    return copied


class FakeExecutor(types.ModuleType):
    """Stands in for training: answers each plan with a record, or raises what it is told to."""

    def __init__(self) -> None:
        super().__init__("emobench.runs.executor")
        self.seen: list[Any] = []
        self.changes: Callable[[Any], dict[str, Any]] = lambda plan: {}

    def execute(self, plan: Any, *, settings: Any, registry: Any, listener: Any) -> Record:
        self.seen.append((plan, settings))
        record = fake_record(plan, **self.changes(plan))
        store = RunStore(settings.runs)
        stored = store.get(record.id)
        if stored is not None and not settings.fresh:
            return stored
        listener.stage("data", plan.task.name)
        listener.progress(10, 10)
        listener.step(
            StepReport(
                epoch=1, epochs=1, step=1, steps=1, loss=1.5, accuracy=0.5, learning_rate=1e-3
            )
        )
        listener.epoch(1, 1, {"train_loss": 1.5, "validation_uar": 0.4, "learning_rate": 1e-3})
        with store.begin(record, fresh=settings.fresh) as run:
            run.finish(record)
        return record


def fake_record(plan: Any, **changes: Any) -> Record:
    score = 0.6 + plan.seed / 10
    values: dict[str, Any] = {
        "id": f"{plan.recipe.name}-{plan.seed}-{plan.fold}",
        "identity": "i",
        "recipe_name": plan.recipe.name,
        "recipe": plan.recipe.dump(),
        "task": TaskStamp(
            name=plan.task.name,
            version=1,
            metric="uar",
            protocol=plan.task.protocol.dump(),
            targets=("emotion",),
            fold=plan.fold,
        ),
        "seed": plan.seed,
        "state": "ok",
        "scores": {
            "emotion": TargetScores(
                metrics={"uar": score, "accuracy": 0.7, "macro_f1": 0.65},
                classes=(
                    ClassScore(name="angry", precision=0.75, recall=0.77, f1=0.76, support=100),
                    ClassScore(name="disgust", precision=0.5, recall=0.5, f1=0.5, support=10),
                ),
                confusion=((77, 23), (5, 5)),
            )
        },
        "audit": AuditVerdict(
            verdict="warned",
            findings=(Finding(check="twins", severity="warned", message="two clips are alike"),),
        ),
        "data": DataStamp(
            fingerprint="f",
            train=70,
            validation=10,
            test=110,
            skipped=tuple((f"clip{number}.wav", "no sound in it") for number in range(7)),
        ),
    }
    return Record(**{**values, **changes})


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> FakeExecutor:
    """Training replaced by ready answers."""
    fake = FakeExecutor()
    monkeypatch.setitem(sys.modules, "emobench.runs.executor", fake)
    return fake


class FakeEngine(types.ModuleType):
    """Stands in for Ray: runs a sweep's trials here, one after the other.

    `answer` says how a trial ends; `real` trains it. After `most` trials the user interrupts.
    """

    def __init__(self) -> None:
        super().__init__("emobench.sweeps.engine")
        self.seen: list[Any] = []
        self.resources: Any = None
        self.answer: Callable[[Any], dict[str, Any]] = lambda trial: {}
        self.real = False
        self.most = 10**6

    def run_on_ray(
        self, study: Any, *, trials: int, settings: Any, resources: Any, watcher: Any
    ) -> None:
        self.resources = resources
        done = 0
        while (trial := study.next_trial(count=trials)) is not None:
            watcher.began(trial)
            self.seen.append(trial)
            if done == self.most:
                raise KeyboardInterrupt
            end = self.train(trial, settings) if self.real else self.play(study, trial, watcher)
            study.ended(trial.index, end)
            watcher.ended(trial, end)
            done += 1

    def play(self, study: Any, trial: Any, watcher: Any) -> TrialEnd:
        values = {"state": "ok", "validation": 0.4 + trial.index / 100, "run_id": f"r{trial.index}"}
        values |= {"epochs": 3, "seconds": 1.5, **self.answer(trial)}
        heard = values["validation"] is not None
        for epoch in study.milestones(trial) if heard else ():
            report = Report(epoch=epoch, epochs=3, validation=values["validation"], seconds=0.5)
            watcher.heard(trial, report)
            if not study.heard(trial.index, report):
                reason = f"others did better after epoch {epoch}"
                return TrialEnd(
                    state="stopped", reason=reason, validation=report.validation, epochs=epoch
                )
        return TrialEnd(**values)

    @staticmethod
    def train(trial: Any, settings: Any) -> TrialEnd:
        from emobench.runs.executor import execute

        record = execute(trial.plan, settings=settings, registry=load_registry())
        scores = next(iter(record.scores.values()), None)
        return TrialEnd(
            state=record.state,
            reason="" if record.state == "collapsed" else record.reason,
            run_id=record.id,
            validation=scores.validation[record.task.metric] if scores else None,
            epochs=record.costs.epochs,
        )


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Ray replaced by trials in this process, and no pictures drawn."""
    fake = FakeEngine()
    monkeypatch.setitem(sys.modules, "emobench.sweeps.engine", fake)
    monkeypatch.setattr("emobench.sweeps.plots.write_pictures", lambda *_, **__: [])
    monkeypatch.setattr("emobench.sweeps.page.write_page", lambda *_, **__: None)
    return fake
