"""Commands from end to end, on the smallest embedded set: nothing is faked here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[..., Any]


def test_a_run_leaves_a_record_that_the_leaderboard_ranks(command: Command, folder: Path) -> None:
    first = command("run", "table.yaml", "--json")
    assert first.code == 0, first.err
    run = json.loads(first.out)["runs"][0]
    record = json.loads((folder / run["record"]).read_text())
    assert record["scores"]["emotion"]["metrics"] == run["scores"]
    assert record["state"] == run["state"]

    again = command("run", "table.yaml")
    assert "stored record; --fresh runs again" in again.out

    board = command("leaderboard", "--json")
    rows = json.loads(board.out)["boards"][0]["rows"]
    assert [row["records"] for row in rows] == [[run["id"]]]
    assert rows[0]["score"] == run["scores"]["uar"]


def test_ctrl_c_leaves_an_interrupted_record_and_the_same_command_resumes(
    command: Command, folder: Path
) -> None:
    arguments = ["run", "table.yaml", "--set", "train.epochs=60"]
    program = [sys.executable, "-c", "from emobench.cli.app import main; main()"]
    with subprocess.Popen(
        [*program, *arguments],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 3/"):
                break
        os.kill(process.pid, signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait() == 130
    assert rest.endswith("interrupted; run the same command to resume\n")
    (path,) = folder.glob("runs/*/record.json")
    record = json.loads(path.read_text())
    assert record["state"] == "interrupted"
    assert "Traceback" not in rest

    resumed = command(*arguments)
    assert resumed.code == 0, resumed.err
    record = json.loads(path.read_text())
    assert [attempt["state"] for attempt in record["attempts"]] == ["interrupted", record["state"]]
    assert record["attempts"][1]["resumed_from_epoch"] >= 3
