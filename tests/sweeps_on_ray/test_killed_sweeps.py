"""Sweeps whose processes are killed: no finished trial is lost, and none is done twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from emobench.api import RunError
from emobench.sweeps.engine import STARTING
from emobench.sweeps.watcher import Resources

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def start(folder: Path, **told: Any) -> subprocess.Popen[str]:
    """A sweep in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "troubled_sweep", json.dumps({"folder": str(folder), **told})],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(folder: Path, words: str, times: int, process: subprocess.Popen[str]) -> None:
    """Wait until the journal has these words so often."""
    journal = folder / "journal.jsonl"
    while not journal.exists() or journal.read_text().count(words) < times:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.2)


def complete(folder: Path, **told: Any) -> str:
    process = start(folder, **told)
    printed, _ = process.communicate(timeout=600)
    assert process.returncode == 0, printed
    return printed


def processes() -> Iterator[tuple[int, str]]:
    """Every process and the words it was started with."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue


def workers_of(folder: Path) -> list[int]:
    """The processes that work, or worked, for this sweep, newest last."""
    logs = (folder / "runs" / "workers").glob("*.log")
    return [int(path.stem.rpartition("-")[2]) for path in sorted(logs, key=os.path.getmtime)]


def wait_until_gone(pids: list[int]) -> None:
    """Workers notice the end of Ray, which takes them a moment."""
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.1)


def test_a_sweep_killed_at_ten_random_moments_loses_nothing(
    troubled: ModuleType, tmp_path: Path
) -> None:
    troubled.prepare(tmp_path)
    told = {"troubles": ["none"] * 19, "overrides": ["techniques.troubled.seconds=0.5"]}
    moments, known = random.Random(1), {}
    for _ in range(10):
        process = start(tmp_path, **told)
        deadline = time.monotonic() + 120
        lines = len((tmp_path / "journal.jsonl").read_bytes()) if known else 0
        journal = tmp_path / "journal.jsonl"
        while time.monotonic() < deadline and process.poll() is None:
            if journal.exists() and len(journal.read_bytes()) > lines:
                break
            time.sleep(0.1)
        time.sleep(moments.uniform(0.0, 6.0))
        process.kill()
        process.communicate()
        done = troubled.finished(tmp_path)
        for name, record in known.items():
            assert done[name] == record, f"{name} was done again"
        known = done
        troubled.audit(tmp_path)
    assert complete(tmp_path, **told) == f"{STARTING}\n"
    ends = troubled.audit(tmp_path)
    assert [ends[index].state for index in range(20)] == ["ok"] * 20
    assert len(troubled.finished(tmp_path)) == 20
    assert all(troubled.finished(tmp_path)[name] == record for name, record in known.items())


def test_workers_that_are_killed_cost_no_trial(troubled: ModuleType, tmp_path: Path) -> None:
    troubled.prepare(tmp_path)
    told = troubled.Told()
    over = threading.Event()

    def kill() -> None:
        journal = tmp_path / "journal.jsonl"
        for ended in (1, 3, 5):
            while not journal.exists() or journal.read_text().count('"ended"') < ended:
                if over.wait(0.1):
                    return
            alive = [pid for pid in workers_of(tmp_path) if Path(f"/proc/{pid}").exists()]
            os.kill(alive[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    troubled.sweep(
        tmp_path,
        troubles=["none"] * 9,
        overrides=["techniques.troubled.seconds=1.0"],
        watcher=told,
    )
    over.set()
    killer.join()
    ends = troubled.audit(tmp_path)
    assert [ends[index].state for index in range(10)] == ["ok"] * 10
    assert any("is tried again (1 of 3): its worker died" in line for line in told.said)


def test_a_trial_that_kills_its_worker_each_time_fails_in_the_end(
    troubled: ModuleType, tmp_path: Path
) -> None:
    troubled.prepare(tmp_path)
    troubled.sweep(tmp_path, troubles=["die", "none"])
    ends = troubled.audit(tmp_path)
    assert [ends[index].state for index in range(3)] == ["ok", "failed", "ok"]
    assert ends[1].reason == "tried 4 times, each time: its worker died"


def test_a_trial_that_hangs_says_where_and_is_tried_no_more(
    troubled: ModuleType, tmp_path: Path
) -> None:
    troubled.prepare(tmp_path)
    told = troubled.Told()
    troubled.sweep(
        tmp_path,
        troubles=["hang", "none"],
        resources=Resources(concurrent=1, patience=30.0),
        watcher=told,
    )
    ends = troubled.audit(tmp_path)
    assert [ends[index].state for index in range(3)] == ["ok", "timed_out", "ok"]
    assert "nothing was heard of it for 30 s: it hung in" in ends[1].reason
    assert ends[1].reason.endswith("in hang")
    assert sum("trial 1 " in line for line in told.said) == 1


@pytest.mark.parametrize("presses", [1, 2])
def test_an_interrupt_lets_go_of_the_runs_and_the_sweep_goes_on(
    troubled: ModuleType, tmp_path: Path, presses: int
) -> None:
    troubled.prepare(tmp_path)
    told = {"troubles": ["none"] * 3, "overrides": ["techniques.troubled.seconds=1.5"]}
    process = start(tmp_path, **told)
    wait_for(tmp_path, '"ended"', 1, process)
    pressed = time.monotonic()
    for _ in range(presses):
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
    printed, _ = process.communicate(timeout=60)
    assert time.monotonic() - pressed < 15
    assert printed.rstrip().endswith("KeyboardInterrupt")
    wait_until_gone(workers_of(tmp_path))
    known = troubled.finished(tmp_path)
    complete(tmp_path, **told)
    ends = troubled.audit(tmp_path)
    assert [ends[index].state for index in range(4)] == ["ok"] * 4
    assert all(troubled.finished(tmp_path)[name] == record for name, record in known.items())


def test_a_full_disk_ends_the_sweep_with_its_message(troubled: ModuleType, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a file system of its own cannot be mounted here: {mounted.stderr.strip()}")
    try:
        troubled.prepare(disk)
        with pytest.raises(RunError, match="the disk that holds the runs folder"):
            troubled.sweep(disk, troubles=["none"] * 60)
        ends = troubled.audit(disk)
        assert 0 < len(ends) < 60
        assert {end.state for end in ends.values()} == {"ok"}
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_machine_that_dies_has_its_trials_done_by_others(
    troubled: ModuleType, tmp_path: Path
) -> None:
    from ray.cluster_utils import Cluster

    from emobench.sweeps.cluster import quiet

    troubled.prepare(tmp_path)
    with quiet():
        head = {"num_cpus": 0, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            doomed = cluster.add_node(num_cpus=1)
            process = start(
                tmp_path,
                troubles=["none"] * 5,
                overrides=["techniques.troubled.seconds=2.0"],
                resources={"address": cluster.address},
            )
            wait_for(tmp_path, '"epoch"', 1, process)
            cluster.add_node(num_cpus=1)
            wait_for(tmp_path, '"asked"', 3, process)
            wait_for(tmp_path, '"ended"', 2, process)
            cluster.remove_node(doomed, allow_graceful=False)
            printed, _ = process.communicate(timeout=600)
        finally:
            cluster.shutdown()
    assert process.returncode == 0, printed
    ends = troubled.audit(tmp_path)
    assert [ends[index].state for index in range(6)] == ["ok"] * 6
    # Which of the two it was, Ray does not always know at once.
    lost = ("its machine is gone", "its worker died")
    assert any(f" is tried again (1 of 3): {words}" in printed for words in lost)
    assert len(workers_of(tmp_path)) >= 2
