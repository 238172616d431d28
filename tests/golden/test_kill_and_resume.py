"""A run that is killed, whenever that happens, ends with the numbers of one that was not."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "data"
PROGRAM = "import sys; from emobench.cli.app import main; sys.exit(main())"


@dataclass(frozen=True)
class Finished:
    predictions: bytes
    weights: bytes
    history: bytes
    scores: dict[str, object]
    attempts: int


def start(runs: Path, cache: Path) -> subprocess.Popen[bytes]:
    command = ["run", str(HERE / "tiny.yaml"), "--task", str(HERE / "tiny-task.yaml")]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command, "--runs", str(runs), "--json"],
        env={**os.environ, "EMOBENCH_CACHE": str(cache), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def complete(runs: Path, cache: Path) -> Finished:
    process = start(runs, cache)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    return read(runs)


def read(runs: Path) -> Finished:
    (folder,) = [path.parent for path in runs.glob("*/record.json")]
    record = json.loads((folder / "record.json").read_text())
    assert record["state"] == "ok", record["reason"]
    return Finished(
        predictions=(folder / "predictions.npz").read_bytes(),
        weights=(folder / "model.safetensors").read_bytes(),
        history=(folder / "history.jsonl").read_bytes(),
        scores=record["scores"],
        attempts=len(record["attempts"]),
    )


def same_numbers(first: Finished, second: Finished) -> bool:
    return (first.predictions, first.weights, first.history, first.scores) == (
        second.predictions,
        second.weights,
        second.history,
        second.scores,
    )


def kill_at_random_moments(folder: Path, *, kills: int) -> tuple[Finished, list[Finished]]:
    """One run left alone, and runs each killed once at a random moment and run again."""
    cache = folder / "cache"
    complete(folder / "warm", cache)
    started = time.monotonic()
    straight = complete(folder / "straight", cache)
    seconds = time.monotonic() - started
    moments = random.Random(0)
    resumed = []
    for index in range(kills):
        runs = folder / f"killed{index}"
        process = start(runs, cache)
        time.sleep(moments.uniform(0.2, 1.0) * seconds)
        process.kill()
        process.communicate()
        for path in runs.glob("*/record.json"):
            assert json.loads(path.read_text())["state"] in ("interrupted", "ok")
        resumed.append(complete(runs, cache))
    return straight, resumed


def test_a_killed_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    straight, resumed = kill_at_random_moments(tmp_path, kills=2)
    assert [same_numbers(straight, run) for run in resumed] == [True] * 2


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_killed_runs_end_with_the_same_bits(tmp_path: Path) -> None:
    straight, resumed = kill_at_random_moments(tmp_path, kills=20)
    assert [same_numbers(straight, run) for run in resumed] == [True] * 20
    assert sum(run.attempts > 1 for run in resumed) >= 10
