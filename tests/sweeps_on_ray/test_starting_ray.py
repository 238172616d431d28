"""Ray as a sweep starts it: nothing to spare, workers that load what trials need, and a sweep."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
import ray
from ray._private import worker as ray_worker
from ray._private.node import Node

from emobench.sweeps.cluster import UNUSED, cluster, quiet
from emobench.sweeps.watcher import Resources


def loaded(name: str) -> bool:
    return name in sys.modules


def test_a_worker_knows_what_trials_need_and_ray_has_no_process_to_spare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    usual = {name: vars(Node)[name] for name in UNUSED}
    with quiet(), cluster(Resources(concurrent=1)) as room:
        assert room.is_here
        assert room.places() == 1
        processes = set(ray_worker._global_node.all_processes)
        asked = ray.remote(loaded)
        assert ray.get(asked.remote("torch._dynamo"))
    assert "raylet" in processes
    assert not processes & {"dashboard", "log_monitor", "monitor"}
    assert {name: vars(Node)[name] for name in UNUSED} == usual
    assert not ray.is_initialized()


def test_a_fault_on_the_gpu_costs_its_own_trial_alone(troubled: ModuleType, tmp_path: Path) -> None:
    troubled.prepare(tmp_path)
    told = troubled.Told()
    troubled.sweep(
        tmp_path,
        troubles=["spoil", "none", "none"],
        resources=Resources(concurrent=1),
        watcher=told,
    )
    ends = troubled.audit(tmp_path)
    assert [ends[index].state for index in range(4)] == ["ok", "failed", "ok", "ok"]
    (again,) = (words for words in told.said if "is tried again" in words)
    assert "(1 of 3): the GPU fails in its worker after trial 1: CUDA error: device-side" in again
