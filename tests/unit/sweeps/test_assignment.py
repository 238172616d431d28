"""What a worker is told: where it works, on machines that are like the first and on others."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emobench.sweeps.assignment import Parcel, Workplace


def workplace(folder: Path) -> Workplace:
    return Workplace(folder=str(folder), path=(), environment={}, threads=1, output=folder)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a worker is before it is told anything."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.usefixtures("elsewhere")
def test_a_worker_works_in_the_folder_of_the_command(tmp_path: Path) -> None:
    workplace(tmp_path).go_there()
    assert Path.cwd() == tmp_path


def test_a_machine_without_the_folder_of_the_command_takes_up_trials_all_the_same(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emobench.sweeps.tune import _Worker

    monkeypatch.setattr("emobench.sweeps.worker.TrialRun", lambda told, *, registry: told)
    worker: Any = object.__new__(_Worker)
    worker._run = SimpleNamespace(stop=lambda reason: None, spoilt="")
    trial: Any = "a trial"
    assert worker.reset_config({"parcel": Parcel(trial, workplace(tmp_path / "missing"))})
    assert worker._run == "a trial"
    assert Path.cwd() == elsewhere


def test_a_trial_that_is_let_go_of_may_have_been_stopped_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emobench.sweeps.tune import _Worker

    reasons: list[str] = []
    monkeypatch.setattr("emobench.sweeps.worker.TrialRun", lambda told, *, registry: told)
    worker: Any = object.__new__(_Worker)
    worker._run = SimpleNamespace(stop=reasons.append, spoilt="")
    trial: Any = "the next trial"
    worker.reset_config({"parcel": Parcel(trial, workplace(tmp_path / "missing"))})
    assert reasons == ["the sweep's worker let go of it"]
