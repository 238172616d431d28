"""Two `emobench sweep` at once among the same runs: each does its own work, and nobody's twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from emobench.runs.store import RunStore
from emobench.sweeps.journal import Asked, Ended, read_events

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RECIPE = """\
schema: 1
task: task.yaml
frontend: values
backbone: {use: dense, hidden: [8]}
head: linear
loss: cross_entropy
optimizer: adam
train: {epochs: 6, batch_size: 32}
"""
TASK = """\
name: tiny-table
dataset: {use: synthetic-au, items: 400, identities: 10}
protocol: {use: grouped-holdout}
"""


def start(folder: Path, name: str) -> subprocess.Popen[str]:
    """The command, in a process of its own; all of them search the same, and train the same."""
    few = "--trials 4 --final-seeds 2 --concurrent 1 --warm-start none --stop none --search random"
    return subprocess.Popen(
        [sys.executable, "-m", "emobench", "sweep", "small.yaml", "--name", name, *few.split()],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_sweeps_at_once_share_the_runs_and_each_has_its_own_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "small.yaml").write_text(RECIPE)
    (tmp_path / "task.yaml").write_text(TASK)
    both = {name: start(tmp_path, name) for name in ("one", "other")}
    journal = tmp_path / "runs" / "sweeps" / "one" / "journal.jsonl"
    while not journal.exists():
        assert both["one"].poll() is None, both["one"].communicate()[0]
        time.sleep(0.2)
    refused = start(tmp_path, "one")
    said = refused.communicate(timeout=300)[0]
    assert refused.returncode == 2, said
    assert f"sweep 'one' is at work in runs/sweeps/one (process {both['one'].pid}" in said
    for name, process in both.items():
        said = process.communicate(timeout=600)[0]
        assert process.returncode == 0, said
        events = list(read_events(tmp_path / "runs" / "sweeps" / name / "journal.jsonl"))
        asked = Counter(event.trial for event in events if isinstance(event, Asked))
        ended = Counter(event.trial for event in events if isinstance(event, Ended))
        assert asked == ended == Counter(range(4))
    records = list(RunStore(tmp_path / "runs").records())
    assert {record.state for record in records} <= {"ok", "collapsed"}
    standing = [record.seed for record in records if record.recipe_name == "small"]
    assert sorted(standing) == sorted(set(standing)), "the recipe as it stands ran twice"
    assert len(standing) == 2
