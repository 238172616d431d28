"""Commands on an ensemble: small, but nothing is faked but the drawing of plots."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

TASK = """\
dataset: {use: synthetic-au, items: 160, identities: 10}
protocol: {use: grouped-holdout}
"""
ENSEMBLE = """\
schema: 1
summary: One small network and two smaller ones.
task: tiny.yaml
members:
  - table.yaml
  - {use: table.yaml, copies: 2, set: {backbone.hidden: [4]}}
combiner: {use: soft_vote, weights: [2, 1, 1]}
"""


@pytest.fixture
def ensemble(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`together.yaml` and its task, with a cache of their own."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))

    def draw(*arguments: Any, title: str) -> None:
        arguments[-1].write_bytes(title.encode())

    monkeypatch.setattr("emobench.runs.plots.plot_confusion", draw)
    monkeypatch.setattr("emobench.runs.plots.plot_learning_curves", draw)
    (folder / "tiny.yaml").write_text(TASK)
    path = folder / "together.yaml"
    path.write_text(ENSEMBLE)
    return path


def test_check_names_members_and_combiner(emobench: Command, ensemble: Path) -> None:
    outcome = emobench("check", "together.yaml")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "ok  together.yaml: One small network and two smaller ones.",
        "      task      tiny.yaml",
        "      members   table, table (2 copies)",
        "      combiner  soft_vote",
    ]


def test_what_check_resolves_is_the_same_ensemble(emobench: Command, ensemble: Path) -> None:
    resolved = emobench("check", "together.yaml", "--resolved").out
    ensemble.write_text(resolved)
    assert emobench("check", "together.yaml", "--resolved").out == resolved


def test_a_dry_run_shows_the_members_below_their_ensemble(
    emobench: Command, ensemble: Path
) -> None:
    outcome = emobench("run", "together.yaml", "table.yaml", "--task", "tiny.yaml", "--dry-run")
    assert outcome.code == 0, outcome.err
    names = [line.split("  tiny")[0].rstrip() for line in outcome.out.splitlines()[2:7]]
    assert names == ["together", "  table", "  table", "  table", "table"]
    assert outcome.out.splitlines()[-1] == "4 runs to do on device auto"
    assert not Path("runs").exists()


def test_a_run_of_an_ensemble_tells_of_its_members(emobench: Command, ensemble: Path) -> None:
    outcome = emobench("run", "together.yaml")
    assert outcome.code == 0, outcome.err
    assert "together on tiny, seed 0: " in outcome.out
    assert "member: 2 of 3, table with seed 0" in outcome.err.splitlines()
    assert "combine: soft_vote" in outcome.err.splitlines()
    head = next(line for line in outcome.out.splitlines() if line.startswith("member"))
    assert head.split() == ["member", "seed", "UAR", "state", "record"]
    stored = emobench("run", "together.yaml")
    assert "stored record; --fresh runs again" in stored.out
    assert stored.err.splitlines() == ["together on tiny, seed 0"]
    dry = emobench("run", "together.yaml", "--dry-run").out
    assert dry.splitlines()[-1] == "0 runs to do on device auto"


def test_json_and_board_show_an_ensemble_like_any_recipe(
    emobench: Command, ensemble: Path, folder: Path
) -> None:
    document = json.loads(emobench("run", "together.yaml", "--json").out)
    (run,) = document["runs"]
    record = json.loads((folder / run["record"]).read_text())
    assert run["members"] == record["members"]
    assert all((folder / "runs" / one / "record.json").exists() for one in run["members"])
    (board,) = json.loads(emobench("leaderboard", "--json").out)["boards"]
    row = next(row for row in board["rows"] if row["recipe"] == "together")
    assert row["records"] == [run["id"]]
    assert row["score"] == run["scores"]["uar"]
    assert row["costs"]["parameters"] == record["costs"]["parameters"]


def test_the_boards_command_repeats_an_ensemble_without_its_files(
    emobench: Command, ensemble: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = json.loads(emobench("run", "together.yaml", "--json").out)["runs"]
    (board,) = json.loads(emobench("leaderboard", "--json").out)["boards"]
    row = next(row for row in board["rows"] if row["recipe"] == "together")
    for name in ("together.yaml", "table.yaml", "tiny.yaml"):
        (folder / name).unlink()
    monkeypatch.chdir(folder / "runs")
    again = emobench(*shlex.split(row["command"])[1:], "--json")
    (repeated,) = json.loads(again.out)["runs"]
    assert (repeated["id"], repeated["stored"]) == (run["id"], True)


def test_set_changes_every_member(emobench: Command, ensemble: Path, folder: Path) -> None:
    outcome = emobench("run", "together.yaml", "--set", "train.epochs=1", "--json")
    for member in json.loads(outcome.out)["runs"][0]["members"]:
        record = json.loads((folder / "runs" / member / "record.json").read_text())
        assert record["costs"]["epochs"] == 1


def test_python_runs_an_ensemble(ensemble: Path) -> None:
    import emobench

    (record,) = emobench.run(ensemble).records
    assert record.recipe_name == "together"
    assert len(record.members) == 3


def test_a_killed_ensemble_goes_on_and_ends_with_the_same_numbers(
    emobench: Command, ensemble: Path, folder: Path
) -> None:
    arguments = ["run", "together.yaml", "--set", "train.epochs=20", "--json"]
    program = [sys.executable, "-c", "from emobench.cli.app import main; main()"]
    with subprocess.Popen(
        [*program, *arguments], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(b"epoch 3/"):
                break
        os.kill(process.pid, signal.SIGKILL)
    states = [json.loads(path.read_text())["state"] for path in folder.glob("runs/*/record.json")]
    assert states == ["interrupted", "interrupted"]
    resumed = emobench(*arguments)
    assert "resume: after epoch" in resumed.err
    straight = emobench(*arguments, "--runs", "others")
    (one,), (other,) = (json.loads(each.out)["runs"] for each in (resumed, straight))
    assert one["scores"] == other["scores"]
