"""The command for Python: what a call says reaches the sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

import emobench
from emobench.registry import load_registry
from emobench.sweeps.call import Call, SweepOptions
from emobench.sweeps.sweep import Sweep, plan_sweep


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[Sweep]:
    """The sweeps that would run."""
    sweeps: list[Sweep] = []
    monkeypatch.setattr(
        "emobench.sweeps.python.run_sweep", lambda sweep, *, watcher: sweeps.append(sweep)
    )
    return sweeps


def test_settings_that_are_given_count_when_a_sweep_goes_on(
    tmp_path: Path, resumed: list[Sweep]
) -> None:
    began = emobench.Settings(runs=tmp_path, device="cuda", time_limit=60.0, plots=False)
    call = Call(
        recipe="aus/improved",
        task="synthetic-au/subjects",
        options=SweepOptions(name="first"),
        settings=began,
    )
    sweep = plan_sweep(call, registry=load_registry())
    with sweep.folder.held():
        sweep.folder.open(sweep.definition, call=call, starts=[])
    now = emobench.Settings(runs=tmp_path, device="cpu", data_root="elsewhere", time_limit=9.0)
    emobench.resume_sweep("first", settings=now)
    emobench.resume_sweep("first", settings=emobench.Settings(runs=tmp_path))
    told = [
        (one.device, one.data_root, one.time_limit, one.plots)
        for one in (sweep.call.settings for sweep in resumed)
    ]
    assert told == [("cpu", "elsewhere", 9.0, False), ("cuda", "", 60.0, False)]
