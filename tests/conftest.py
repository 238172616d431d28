"""What tests of all lanes share: a fresh environment, and published runs made without training."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emobench.api import Target
from emobench.runs.judging import judge_target
from emobench.runs.published import Predictions, Published, TargetPredictions
from emobench.runs.record import Attempt, AuditVerdict, Costs, DataStamp, Record, TaskStamp

SCRIPTS = {"emobench": "emobench.cli.app", "pip": "pip._internal.cli.main", "pytest": "pytest"}
"""Commands of a fresh environment and the modules whose `main` they call."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment of its own that sees, but cannot change, the project's packages."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a command as a user would who has activated the environment; it must succeed."""
        result = subprocess.run(
            command,
            cwd=cwd,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, (
            f"{' '.join(command)[:500]} ended with {result.returncode}:\n"
            f"{result.stdout[-8000:]}\n{result.stderr[-8000:]}"
        )
        return result

    def variables(self) -> dict[str, str]:
        """Nothing is downloaded: what builds a package is the project's own."""
        kept = {
            key: os.environ[key] for key in ("HOME", "LANG", "XDG_CACHE_HOME") if key in os.environ
        }
        return {
            **kept,
            "PATH": f"{self.folder / 'bin'}:{os.defpath}",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONWARNINGS": "",
        }


@pytest.fixture
def fresh_environment(tmp_path: Path) -> Environment:
    """An environment in which nothing is installed but what the project itself stands on."""
    folder = tmp_path / "environment"
    venv.create(folder)
    environment = Environment(folder)
    packages = (
        folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    )
    project = sysconfig.get_path("purelib")
    (packages / "project.pth").write_text(f"import site; site.addsitedir({project!r})\n")
    for name, module in SCRIPTS.items():
        script = folder / "bin" / name
        script.write_text(
            f"#!{environment.python}\nimport sys\nfrom {module} import main\nsys.exit(main())\n"
        )
        script.chmod(0o755)
    return environment


EMOTIONS = ("calm", "angry", "happy")
SPEAKERS = 4
"""A fold's test set has that many, and no other fold has any of them."""


def published_run(
    recipe: str = "enhanced",
    *,
    skill: float = 0.5,
    seed: int = 0,
    fold: int = 0,
    folds: int = 1,
    items: int = 60,
    audit: str = "clean",
    state: str = "",
    task: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Published:
    """A run whose answers are right with about that skill; its scores follow from them.

    The truth depends on the fold alone. With another `state` than ok or collapsed it has no score.
    """
    random = np.random.default_rng([seed, fold, *recipe.encode()])
    truth = np.arange(items) % len(EMOTIONS)
    logits = random.normal(size=(items, len(EMOTIONS)))
    right = random.random(items) < skill
    logits[np.arange(items), truth] += np.where(right, 6.0, 0.0)
    if state == "collapsed":
        logits[:, 1] += 50.0
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
    target = Target(name="emotion", kind="class", classes=EMOTIONS)
    scores, collapse = judge_target(
        target, probabilities=shares, truth=truth, validation={"uar": 0.5}
    )
    scored = state in ("", "collapsed")
    record = Record(
        id=f"{recipe}-fold{fold}-seed{seed}",
        identity=f"{recipe}{fold}{seed}",
        recipe_name=recipe,
        recipe={"name": recipe, "train": {"epochs": 2}},
        task=TaskStamp(
            **{
                "name": "synthetic-speech/speakers",
                "version": 1,
                "metric": "uar",
                "protocol": {"use": "grouped-kfold", "folds": folds},
                "targets": ("emotion",),
                "fold": fold,
                "folds": folds,
                **(task or {}),
            }
        ),
        seed=seed,
        state=state or "ok",  # type: ignore[arg-type]
        reason=collapse.reason if collapse else "",
        attempts=(Attempt(started="2026-01-01T00:00:00+00:00"),),
        scores={"emotion": scores} if scored else {},
        collapse=collapse,
        audit=AuditVerdict(verdict=audit),  # type: ignore[arg-type]
        data=DataStamp(fingerprint="f" * 32, train=90, validation=30, test=items),
        costs=Costs(train_s=30.0, parameters=120_000, ms_per_item=0.25),
    )
    predictions = Predictions(
        items=tuple(f"fold{fold}-{number:03}" for number in range(items)),
        groups=tuple(f"fold{fold}-speaker{number % SPEAKERS}" for number in range(items)),
        targets=(
            TargetPredictions(target=target, probabilities=shares, truth=truth, number_type="<f4"),
        ),
    )
    return Published(
        record=replace(record, **changes),
        history={"epoch": [1, 2], "train_loss": [1.1, 0.9]},
        predictions=predictions if scored else None,
    )


@pytest.fixture
def published() -> Callable[..., Published]:
    """Makes published runs; see `published_run`."""
    return published_run
