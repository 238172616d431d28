"""`emobench sweep`: real searches on the smallest embedded set; faked where only words count."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.executor import execute
from emobench.runs.record import TargetScores

Command = Callable[..., Any]
PAGE = Path(__file__).parents[2] / "docs" / "sweeps.md"
QUICK = ("--set", "train.epochs=1", "--set", "backbone.hidden=[8]")


@pytest.fixture
def quick(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A sweep of three trials that train for a moment, on a set of 160 items."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    task = "name: tiny\ndataset: {use: synthetic-au, items: 160, identities: 10}\n"
    (folder / "tiny.yaml").write_text(f"{task}protocol: {{use: grouped-holdout}}\n")
    return ("sweep", "table.yaml", "--trials", "3", "--task", "tiny.yaml", "--name", "q", *QUICK)


def rows(folder: Path, name: str = "q") -> list[dict[str, Any]]:
    """The journal of a sweep."""
    text = (folder / "runs" / "sweeps" / name / "trials.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def attempts(folder: Path) -> dict[str, list[str]]:
    """When each run of a sweep was started, by id."""
    records = [json.loads(path.read_text()) for path in folder.glob("runs/sweeps/q/*/record.json")]
    return {
        record["id"]: [attempt["started"] for attempt in record["attempts"]] for record in records
    }


def test_a_sweep_keeps_a_journal_of_real_runs_and_a_winner_that_runs(
    emobench: Command, folder: Path
) -> None:
    outcome = emobench("sweep", "table.yaml", "--trials", "3", "--name", "real", *QUICK)
    assert outcome.code == 0, outcome.err
    journal = rows(folder, "real")
    assert [row["trial"] for row in journal] == [0, 1, 2]
    home = folder / "runs" / "sweeps" / "real"
    for row in journal:
        record = json.loads((home / row["run"] / "record.json").read_text())
        assert record["state"] == row["state"]
        assert record["scores"]["emotion"]["validation"]["uar"] == row["validation"]
        assert record["recipe"]["optimizer"]["lr"] == row["drawn"]["optimizer.lr"]
    winner = max(journal, key=lambda row: row["validation"])
    best = load_recipe(home / "best.yaml", registry=load_registry())
    assert best.optimizer.dump()["lr"] == winner["drawn"]["optimizer.lr"]
    assert "  emobench run runs/sweeps/real/best.yaml --seeds 5\n" in outcome.out

    again = emobench("run", "runs/sweeps/real/best.yaml", "--json")
    assert again.code == 0, again.err
    record = json.loads((home / winner["run"] / "record.json").read_text())
    assert json.loads(again.out)["runs"][0]["scores"] == record["scores"]["emotion"]["metrics"]


def test_no_trial_is_repeated_and_more_of_them_go_on_from_those_that_are_done(
    emobench: Command, folder: Path, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--trials", "2")
    before, started = rows(folder), attempts(folder)
    assert len(started) == 2
    emobench(*quick, "--trials", "2")
    assert (rows(folder), attempts(folder)) == (before, started)
    emobench(*quick)
    assert rows(folder)[:2] == before
    assert len(rows(folder)) == 3
    assert started.items() <= attempts(folder).items()


def test_the_same_call_elsewhere_gives_the_same_figures(
    emobench: Command, folder: Path, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--trials", "2")
    emobench(*quick, "--trials", "2", "--runs", "others")
    other = (folder / "others" / "sweeps" / "q" / "trials.jsonl").read_text()
    assert len(rows(folder)) == 2
    assert [json.loads(line) for line in other.splitlines()] == rows(folder)


def test_ctrl_c_tells_what_was_done_and_the_same_call_goes_on(
    emobench: Command,
    folder: Path,
    quick: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(plan: Any, **rest: Any) -> Any:
        if attempts(folder):
            raise KeyboardInterrupt
        return execute(plan, **rest)

    with monkeypatch.context() as patch:
        patch.setattr("emobench.runs.executor.execute", interrupted)
        stopped = emobench(*quick)
    assert stopped.code == 130
    assert stopped.err.endswith("interrupted; run the same command to go on where it stopped\n")
    assert [row["trial"] for row in rows(folder)] == [0]
    assert "best    the recipe as it stands, UAR" in stopped.out
    done = attempts(folder)

    rest = emobench(*quick)
    assert rest.code == 0, rest.err
    assert [row["trial"] for row in rows(folder)] == [0, 1, 2]
    assert done.items() <= attempts(folder).items()


def test_opened_kinds_are_chosen_and_a_refused_combination_is_a_row(
    emobench: Command, folder: Path, quick: tuple[str, ...]
) -> None:
    outcome = emobench(*quick, "--open", "loss,techniques", "--trials", "8")
    assert outcome.code == 0, outcome.err
    journal = rows(folder)
    assert len({row["drawn"]["loss"] for row in journal}) > 1
    assert len({tuple(row["drawn"]["techniques"]) for row in journal}) > 2
    refused = [row for row in journal if row["drawn"]["loss"] == "binary_cross_entropy"]
    assert refused
    assert all(row["state"] == "failed" and row["validation"] is None for row in refused)
    assert "takes targets of kind labels" in refused[0]["reason"]
    assert "takes targets of kind labels" in outcome.out
    assert any(row["state"] != "failed" for row in journal[1:])


def test_the_board_of_other_runs_does_not_rank_trials(
    emobench: Command, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--trials", "1")
    assert "no records in runs" in emobench("leaderboard").out


def test_no_test_figure_is_shown(
    emobench: Command, folder: Path, executor: Any, quick: tuple[str, ...]
) -> None:
    figures = TargetScores(metrics={"uar": 0.98765}, validation={"uar": 0.4321})
    executor.changes = lambda plan: {"id": plan.recipe.name, "scores": {"emotion": figures}}
    for outcome in (emobench(*quick), emobench(*quick, "--json")):
        assert outcome.code == 0, outcome.err
        assert "0.4321" in outcome.out or "43.2%" in outcome.out
        assert not re.search(r"98\.8|0\.98", outcome.out + outcome.err)


def test_a_sweep_without_any_score_ends_with_5(
    emobench: Command, executor: Any, quick: tuple[str, ...]
) -> None:
    executor.changes = lambda plan: {
        "id": plan.recipe.name,
        "state": "diverged",
        "reason": "the loss is not finite",
        "scores": {},
    }
    outcome = emobench(*quick)
    assert outcome.code == 5
    assert "trial 0, 1, 2 diverged: the loss is not finite" in outcome.out
    assert "no trial has a validation figure" in outcome.out


def test_the_winners_command_repeats_where_runs_and_data_are(
    emobench: Command, folder: Path, executor: Any, quick: tuple[str, ...]
) -> None:
    task = (folder / "tiny.yaml").read_text().replace("grouped-holdout", "grouped-kfold")
    (folder / "tiny.yaml").write_text(task)
    figures = TargetScores(metrics={}, validation={"uar": 0.5})
    executor.changes = lambda plan: {"id": plan.recipe.name, "scores": {"emotion": figures}}
    outcome = emobench(*quick, "--runs", "my runs", "--device", "cpu", "--data-root", "sets")
    assert (
        "  emobench run 'my runs/sweeps/q/best.yaml' --seeds 5 --fold 0 --runs 'my runs' "
        "--data-root sets --device cpu\n"
    ) in outcome.out
    best = load_recipe(folder / "my runs/sweeps/q/best.yaml", registry=load_registry())
    assert best.task == str(folder / "tiny.yaml")


def test_a_dry_run_shows_the_space_and_trains_nothing(
    emobench: Command, folder: Path, executor: Any
) -> None:
    outcome = emobench("sweep", "table.yaml", "--dry-run", "--open", "loss")
    assert outcome.code == 0, outcome.err
    lines = [re.split(r" {2,}", line) for line in outcome.out.splitlines()]
    assert ["optimizer.lr", "0.0001 to 0.01, log", "emobench-essentials"] in lines
    assert ["loss.gamma", "0.5 to 5.0", "loss is focal", "emobench-essentials"] in lines
    assert "20 trials: the recipe as it stands, and 19 draws from these ranges" in outcome.out
    assert "random search, one trial at a time on this machine" in outcome.out
    assert executor.seen == []
    assert not (folder / "runs").exists()


def test_a_dry_run_gives_the_space_as_data(emobench: Command) -> None:
    outcome = emobench("sweep", "table.yaml", "--dry-run", "--json", "--set", "optimizer.lr=0.1")
    keys = [row["key"] for row in json.loads(outcome.out)["space"]]
    assert "optimizer.weight_decay" in keys
    assert "optimizer.lr" not in keys


def test_without_a_recipe_the_enhanced_one_is_searched(emobench: Command) -> None:
    outcome = emobench("sweep", "--dry-run", "--json")
    document = json.loads(outcome.out)
    assert document["sweep"].startswith("enhanced-synthetic-speech-speakers-")
    assert "augmentations.noise.probability" in [row["key"] for row in document["space"]]


def test_another_sweep_of_the_same_name_is_refused(
    emobench: Command, refused: Command, executor: Any, quick: tuple[str, ...]
) -> None:
    figures = TargetScores(metrics={}, validation={"uar": 0.5})
    executor.changes = lambda plan: {"id": plan.recipe.name, "scores": {"emotion": figures}}
    emobench(*quick)
    message = refused(*quick, "--seed", "1", code=2)
    assert message.startswith("error: 'runs/sweeps/q' holds another sweep")


def test_a_sweep_with_nothing_to_search_is_refused(refused: Command) -> None:
    fixed = ("backbone.hidden=[8]", "backbone.dropout=0", "loss.label_smoothing=0")
    fixed += ("loss.class_weights=none", "optimizer.lr=0.1", "optimizer.weight_decay=0")
    sets = [word for each in (*fixed, "train.batch_size=8") for word in ("--set", each)]
    assert refused("sweep", "table.yaml", *sets, code=2) == (
        "error: there is nothing to search in recipe 'table': no option that is left to search "
        "has a range; open a kind, such as --open loss"
    )


def test_an_ensemble_is_refused(refused: Command, folder: Path) -> None:
    joint = "schema: 1\ncombiner: soft_vote\nmembers: [{use: table.yaml, copies: 2}]\n"
    (folder / "joint.yaml").write_text(joint)
    message = refused("sweep", "joint.yaml", code=2)
    assert message.startswith("error: joint.yaml: this is an ensemble, and only a recipe that tra")


@pytest.mark.parametrize("arguments", [["--help"], ["enhanced", "--dry-run"]], ids=" ".join)
def test_help_and_dry_run_load_nothing_heavy(folder: Path, arguments: list[str]) -> None:
    loaded = loaded_by(folder, ["sweep", *arguments])
    assert "emobench.cli.sweep" in loaded
    assert loaded & {"torch", "numpy", "pandas", "ray", "matplotlib", "rich", "scipy"} == set()


def loaded_by(folder: Path, arguments: list[str]) -> set[str]:
    script = (
        "import sys\n"
        "from emobench.cli.app import run_command_line\n"
        "run_command_line(sys.argv[1:])\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stderr.split())


def commands_of_the_page() -> list[str]:
    found = re.findall(r"^\$ (emobench sweep .*?)(?:  +#.*)?$", PAGE.read_text(), flags=re.M)
    return sorted(set(found))


@pytest.mark.parametrize("line", commands_of_the_page())
def test_commands_of_the_page_are_real(line: str, emobench: Command, folder: Path) -> None:
    (folder / "mine.yaml").write_text((folder / "table.yaml").read_text())
    outcome = emobench(*line.split()[1:], "--dry-run")
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_nothing_of_the_test_set_is_told_of_a_trial_that_collapsed(
    emobench: Command, folder: Path, executor: Any, flags: tuple[str, ...]
) -> None:
    reason = "predicts 'calm' for 95% of the test items; UAR 31.4% [28.1%, 34.7%]"
    scores = {"emotion": TargetScores(metrics={"uar": 0.314}, validation={"uar": 0.277})}
    executor.changes = lambda plan: {"state": "collapsed", "reason": reason, "scores": scores}
    outcome = emobench("sweep", "table.yaml", "--trials", "2", "--name", "q", *flags)
    assert outcome.code == 0, outcome.err
    assert "collapsed" in outcome.out
    assert {row["state"] for row in rows(folder)} == {"collapsed"}
    journal = (folder / "runs/sweeps/q/trials.jsonl").read_text()
    for said in (outcome.out, outcome.err, journal):
        assert "test items" not in said
        assert "31.4" not in said
        assert "0.314" not in said
