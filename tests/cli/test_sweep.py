"""`emobench sweep`: trials in this process; on Ray where that alone would show a fault."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import emobench as package
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.sweeps.folder import SweepFolder

Command = Callable[..., Any]
PAGE = Path(__file__).parents[2] / "docs" / "sweeps.md"
TASK = "name: tiny\ndataset: {use: synthetic-au, items: 160, identities: 10}\n"
HEAVY = {"torch", "numpy", "pandas", "ray", "optuna", "matplotlib", "rich", "scipy"}


@pytest.fixture
def quick(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A sweep of three trials that train for a moment, on a set of 160 items; no finale."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    (folder / "tiny.yaml").write_text(f"{TASK}protocol: {{use: grouped-holdout}}\n")
    sets = ("train.epochs=3", "backbone.hidden=[8]")
    given = ("--trials", "3", "--task", "tiny.yaml", "--name", "q", "--search", "random")
    given += ("--warm-start", "none", "--final-seeds", "0")
    return ("sweep", "table.yaml", *given, *(word for each in sets for word in ("--set", each)))


def events(folder: Path, name: str = "q") -> list[dict[str, Any]]:
    text = (folder / "runs" / "sweeps" / name / "journal.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def ends(folder: Path, name: str = "q") -> list[int]:
    """The trials that are over, as the journal has them."""
    return [event["trial"] for event in events(folder, name) if event["event"] == "ended"]


@pytest.mark.timeout(600)
def test_a_sweep_on_ray_ends_with_a_winner_and_its_page(
    emobench: Command, folder: Path, quick: tuple[str, ...]
) -> None:
    outcome = emobench(*quick, "--search", "tpe", "--json")
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert [row["trial"] for row in told["trials"]] == [0, 1, 2]
    home = folder / "runs" / "sweeps" / "q"
    for row in told["trials"]:
        if row["state"] in ("ok", "collapsed"):
            record = json.loads((home / row["run"] / "record.json").read_text())
            assert record["scores"]["emotion"]["validation"]["uar"] == row["validation"]
    winner = load_recipe(home / "q.yaml", registry=load_registry())
    assert winner.optimizer.dump()["lr"] == told["best"]["values"]["optimizer.lr"]
    assert all((folder / path).stat().st_size for path in told["pages"])
    assert {"q", "history"} <= {Path(path).stem for path in told["pages"]}


def test_the_finale_is_trained_by_the_engine_and_lies_where_boards_look(
    emobench: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    engine.real = True
    outcome = emobench(*quick, "--final-seeds", "1", "--stop", "none")
    assert outcome.code == 0, outcome.err
    finale = [trial for trial in engine.seen if trial.origin == "finale"]
    assert len(finale) >= 3
    assert 0 not in {trial.plan.seed for trial in finale}
    assert [trial.index for trial in finale] == list(range(3, 3 + len(finale)))
    boards = {path.parent.name for path in folder.glob("runs/*/record.json")}
    trials = {path.parent.name for path in folder.glob("runs/sweeps/q/*/record.json")}
    assert len(boards) == len(finale) + 1  # the ensemble, which trains nothing
    assert len(trials) == 3
    assert "finale: [1/" in outcome.err
    assert "finale: train " not in outcome.err
    assert "optimism of the search's figure" in outcome.out
    told = json.loads(emobench(*quick, "--final-seeds", "1", "--stop", "none", "--json").out)
    final = told["final"]["winner"]
    assert final["searched"] == told["best"]["validation"]
    assert set(final["runs"]) <= boards
    assert final["test"]["low"] <= final["test"]["estimate"] <= final["test"]["high"]
    begun = len(engine.seen)
    again = emobench(*quick, "--final-seeds", "1", "--stop", "none")
    assert again.out == outcome.out
    assert len(engine.seen) == begun


def test_each_trial_is_a_line_and_the_best_come_first_in_the_table(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    outcome = emobench(*quick, "--stop", "none")
    assert outcome.code == 0, outcome.err
    lines = outcome.err.splitlines()
    assert lines[0].startswith("[1/3 trials, 1 ok, ")
    assert lines[0].endswith("trial 0: ok, validation UAR 40.0%")
    assert lines[2] == "[3/3 trials, 3 ok] trial 2: ok, validation UAR 42.0%"
    rows = [line.split()[0] for line in outcome.out.splitlines() if re.match(r" +\d", line)]
    assert rows == ["2", "1", "0"]
    assert "best    trial 2, UAR 42.0% on validation; the best of 3 tries flatters" in outcome.out
    assert "  emobench run runs/sweeps/q/q.yaml --seeds 5\n" in outcome.out


def test_trials_that_do_worse_are_stopped_and_are_no_failures(
    emobench: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    engine.answer = lambda trial: {"validation": 0.5 - trial.index / 100}
    outcome = emobench(*quick, "--trials", "8")
    assert outcome.code == 0, outcome.err
    told = [event for event in events(folder) if event["event"] == "ended"]
    stopped = [event["trial"] for event in told if event["state"] == "stopped"]
    assert stopped
    assert "5 stopped" in outcome.out or f"{len(stopped)} stopped" in outcome.out
    assert "others did better" not in outcome.out
    assert "best    the recipe as it stands, UAR 50.0%" in outcome.out


def test_a_reason_that_several_trials_share_is_told_once(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    broken = {"state": "failed", "reason": "two techniques replace the update", "validation": None}
    engine.answer = lambda trial: broken if trial.index else {}
    outcome = emobench(*quick)
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("two techniques replace the update") == 1
    assert "trial 1, 2 failed: two techniques replace the update" in outcome.out
    assert "and 2 trials not trained to their end: 2 failed" in outcome.out


def test_no_trial_is_repeated_and_more_of_them_go_on_from_those_that_are_done(
    emobench: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--trials", "2")
    emobench(*quick, "--trials", "2")
    assert ends(folder) == [0, 1]
    assert emobench("sweep", "--resume", "--name", "q", "--trials", "4").code == 0
    assert ends(folder) == [0, 1, 2, 3]
    assert [trial.index for trial in engine.seen] == [0, 1, 2, 3]


def test_ctrl_c_tells_what_was_done_and_resume_goes_on_with_the_same_trials(
    emobench: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    engine.most = 1
    stopped = emobench(*quick)
    assert stopped.code == 130
    assert stopped.err.endswith(
        "interrupted; the same command goes on where it stopped, or\n"
        "  emobench sweep --resume --name q\n"
    )
    assert "best    the recipe as it stands, UAR 40.0%" in stopped.out
    begun = engine.seen[-1]
    engine.most = 99
    rest = emobench("sweep", "--resume", "--name", "q")
    assert rest.code == 0, rest.err
    assert ends(folder) == [0, 1, 2]
    again = next(trial for trial in engine.seen[2:] if trial.index == 1)
    assert (again.values, again.plan) == (begun.values, begun.plan)


def test_resume_takes_every_argument_from_the_sweep_but_those_given(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--cost", "parameters", "--concurrent", "2", "--patience", "5")
    assert (engine.resources.cost, engine.resources.concurrent) == ("parameters", 2)
    given = ("--trials", "4", "--patience", "7")
    assert emobench("sweep", "--resume", "--name", "q", *given).code == 0
    assert (engine.resources.cost, engine.resources.concurrent) == ("parameters", 2)
    assert engine.resources.patience == 7


def test_to_resume_a_sweep_that_is_not_there_is_refused(
    emobench: Command, refused: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    emobench(*quick)
    message = refused("sweep", "--resume", "--name", "qq", code=2)
    assert message.startswith("error: unknown sweep 'qq'; did you mean 'q'?; known: q; ")
    assert "unknown sweep 'table-tiny-" in refused(
        "sweep", "table.yaml", "--task", "tiny.yaml", "--resume", code=2
    )


def test_another_sweep_of_the_same_name_is_refused(
    emobench: Command, refused: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    emobench(*quick)
    message = refused(*quick, "--seed", "1", code=2)
    assert message.startswith(
        "error: 'runs/sweeps/q' holds another sweep (it differs in: seed); name"
    )


def test_a_sweep_that_is_at_work_is_refused_a_second_time(
    emobench: Command, refused: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    emobench(*quick, "--trials", "1")
    with SweepFolder(Path("runs"), "q").held():
        message = refused(*quick, code=2)
        standing = json.loads(emobench("sweep", "status", "q", "--json").out)
    assert message.startswith("error: sweep 'q' is at work in runs/sweeps/q (process ")
    assert standing["at_work"].startswith("process ")
    assert "nobody is at work" in emobench("sweep", "status", "q").out
    assert ends(folder) == [0]


def test_a_journal_whose_trials_are_no_longer_of_the_space_is_told(
    emobench: Command, refused: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    emobench(*quick)
    journal = folder / "runs" / "sweeps" / "q" / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    next(line for line in lines if line["trial"] == 1)["values"]["optimizer.lr"] = 99.0
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    message = refused(*quick, "--trials", "4", code=2)
    assert message.startswith("error: sweep 'q' holds trials that cannot be made any more: 'optim")


def test_an_older_folder_without_a_journal_is_told(
    refused: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    home = folder / "runs" / "sweeps" / "q"
    home.mkdir(parents=True)
    (home / "sweep.json").write_text('{"recipe": {"name": "table"}, "seed": 0}')
    assert "which kept no journal to go on from" in refused(*quick, code=2)
    assert "which kept no journal to go on from" in refused("sweep", "status", "q", code=2)


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_nothing_of_the_test_set_is_told_of_a_trial(
    emobench: Command, folder: Path, engine: Any, quick: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    engine.real = True
    outcome = emobench(*quick, *flags)
    assert outcome.code == 0, outcome.err
    home = folder / "runs" / "sweeps" / "q"
    records = [json.loads(path.read_text()) for path in home.glob("*/record.json")]
    assert len(records) == 3
    journal = (home / "journal.jsonl").read_text()
    for record in records:
        scores = record["scores"]["emotion"]
        for value in set(scores["metrics"].values()) - set(scores["validation"].values()):
            assert not value or f"{value!r}" not in outcome.out + outcome.err + journal
        assert not record["reason"] or record["reason"] not in outcome.out + outcome.err + journal


def test_a_sweep_without_any_score_ends_with_5(
    emobench: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    engine.answer = lambda trial: {"state": "diverged", "reason": "not finite", "validation": None}
    outcome = emobench(*quick)
    assert outcome.code == 5
    assert "trial 0, 1, 2 diverged: not finite" in outcome.out
    assert "no trial has a validation figure; the states say why" in outcome.out
    assert not (folder / "runs" / "sweeps" / "q" / "q.yaml").exists()


def test_what_the_recipe_is_refused_for_is_told_before_anything_is_started(
    refused: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    message = refused(*quick, "--task", "ravdess/actors", "--data-root", "nowhere", code=4)
    assert "nowhere" in message
    assert engine.seen == []


def test_the_winners_command_repeats_where_runs_and_data_are(
    emobench: Command, folder: Path, engine: Any, quick: tuple[str, ...]
) -> None:
    outcome = emobench(*quick, "--runs", "my runs", "--device", "cpu", "--data-root", "sets")
    assert (
        "  emobench run 'my runs/sweeps/q/q.yaml' --seeds 5 --runs 'my runs' "
        "--data-root sets --device cpu\n"
    ) in outcome.out
    best = load_recipe(folder / "my runs/sweeps/q/q.yaml", registry=load_registry())
    assert best.task == str(folder / "tiny.yaml")


def test_with_a_cost_the_trials_that_no_other_beats_are_told(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    engine.answer = lambda trial: {"cost": [3.0, 2.0, 9.0][trial.index]}
    given = ("--cost", "ms_per_item", "--stop", "none")
    told = json.loads(emobench(*quick, *given, "--json").out)
    assert told["pareto"] == [1, 2]
    assert [row["cost"] for row in told["trials"]] == [3.0, 2.0, 9.0]
    lines = emobench(*quick, *given).out.splitlines()
    begin = lines.index("no other trial beats these in both:")
    assert [line.split() for line in lines[begin + 3 : begin + 5]] == [
        ["1", "41.0%", "2"],
        ["2", "42.0%", "9"],
    ]


def test_what_collapses_is_ended_unless_it_is_not_wanted(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    emobench(*quick)
    assert engine.resources.end_collapsing is True
    uses = [block.use for block in engine.seen[0].recipe.techniques]
    assert "stop_collapsing" not in uses
    emobench(*quick, "--trials", "4", "--no-stop-collapsing")
    assert engine.resources.end_collapsing is False


def test_the_document_has_every_part(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    told = json.loads(emobench(*quick, "--json").out)
    assert (told["sweep"], told["task"], told["metric"]) == ("q", "tiny", "uar")
    assert told["best"] == told["trials"][2]
    first = told["trials"][0]
    assert (first["state"], first["run"], first["validation"]) == ("ok", "r0", 0.4)
    assert (first["origin"], first["epochs"]) == ("as it stands", 3)
    assert told["recipe"] == "runs/sweeps/q/q.yaml"
    assert told["journal"] == "runs/sweeps/q/journal.jsonl"
    assert (told["final"], told["interrupted"]) == (None, False)
    assert told["pages"] == ["runs/sweeps/q/q.html"]


def test_the_board_of_other_runs_does_not_rank_trials(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    engine.real = True
    emobench(*quick, "--trials", "1")
    assert "no records in runs" in emobench("leaderboard").out


def test_status_tells_where_a_sweep_stands(
    emobench: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    assert "no sweeps in runs/sweeps" in emobench("sweep", "status").out
    engine.most = 2
    emobench(*quick)
    page = emobench("sweep", "status", "q").out
    assert "sweep   q, nobody is at work on it" in page
    assert "trials  2 of 3 over: 2 ok" in page
    assert "best    trial 1, UAR 41.0% on validation" in page
    assert "go on with it: emobench sweep --resume --name q" in page
    told = json.loads(emobench("sweep", "status", "q", "--json").out)
    assert (told["states"], told["wanted"], told["best"]["trial"]) == ({"ok": 2}, 3, 1)
    assert told["trials"][2]["state"] is None
    assert (
        "q      tiny  2 of 3 over: 2 ok  trial 1, UAR 41.0%  –" in emobench("sweep", "status").out
    )


def test_status_of_a_sweep_that_is_not_there_names_the_nearest(
    emobench: Command, refused: Command, engine: Any, quick: tuple[str, ...]
) -> None:
    emobench(*quick)
    assert "unknown sweep 'p'; known: q" in refused("sweep", "status", "p", code=2)


def test_a_recipe_file_named_status_is_reached_by_its_path(
    emobench: Command, engine: Any, folder: Path, quick: tuple[str, ...]
) -> None:
    (folder / "status.yaml").write_text((folder / "table.yaml").read_text())
    outcome = emobench("sweep", "./status.yaml", *quick[2:], "--dry-run", "--json")
    assert json.loads(outcome.out)["sweep"] == "q"


def test_a_dry_run_shows_space_search_and_rungs_and_trains_nothing(
    emobench: Command, folder: Path, engine: Any
) -> None:
    outcome = emobench("sweep", "table.yaml", "--dry-run", "--open", "loss", "--warm-start", "none")
    assert outcome.code == 0, outcome.err
    lines = [re.split(r" {2,}", line) for line in outcome.out.splitlines()]
    assert ["optimizer.lr", "0.0001 to 0.01, log", "emobench-essentials"] in lines
    assert ["loss.focal.gamma", "0.5 to 5.0", "loss is focal", "emobench-essentials"] in lines
    assert "50 trials on synthetic-au/subjects: the recipe as it stands first" in outcome.out
    assert "then by Optuna's TPE" in outcome.out
    assert "stop    ASHA" in outcome.out
    assert engine.seen == []
    assert not (folder / "runs").exists()


def test_a_dry_run_gives_the_space_as_data(emobench: Command) -> None:
    outcome = emobench("sweep", "table.yaml", "--dry-run", "--json", "--set", "optimizer.lr=0.1")
    told = json.loads(outcome.out)
    keys = [row["key"] for row in told["space"]]
    assert "optimizer.weight_decay" in keys
    assert "optimizer.lr" not in keys
    assert (told["search"], told["stop"], told["trials"]) == ("tpe", "asha", 50)


def test_without_a_recipe_components_are_chosen_too_from_the_plainest_on(
    emobench: Command,
) -> None:
    outcome = emobench("sweep", "--dry-run", "--json", "--warm-start", "none")
    told = json.loads(outcome.out)
    assert told["sweep"].startswith("baseline-synthetic-speech-speakers-")
    assert {"loss", "optimizer", "techniques.mixup"} <= {row["key"] for row in told["space"]}
    closed = emobench("sweep", "--open", "none", "--dry-run", "--json", "--warm-start", "none")
    assert "loss" not in {row["key"] for row in json.loads(closed.out)["space"]}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("enhancde",), "did you mean 'enhanced'?"),
        (("table.yaml", "--open", "los"), "unknown kind to open 'los'; did you mean 'loss'?"),
        (("table.yaml", "--set", "optimizer.lrr=1"), "did you mean 'lr'?"),
        (("table.yaml", "--task", "synthetic-au/subject"), "did you mean 'synthetic-au/subjects'?"),
        (("table.yaml", "--name", "a/b"), "'a/b' is no name for a sweep"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_typo_is_told_with_the_nearest_that_exists(
    arguments: tuple[str, ...], told: str, refused: Command
) -> None:
    assert told in refused("sweep", *arguments, "--dry-run", code=2)


def test_a_sweep_with_nothing_to_search_is_refused(refused: Command) -> None:
    fixed = ("backbone.hidden=[8]", "backbone.dropout=0", "loss.label_smoothing=0")
    fixed += ("loss.class_weights=none", "optimizer.lr=0.1", "optimizer.weight_decay=0")
    sets = [word for each in (*fixed, "train.batch_size=8") for word in ("--set", each)]
    assert refused("sweep", "table.yaml", *sets, code=2) == (
        "error: there is nothing to search in recipe 'table': no option that is left to search "
        "has a range; open a kind, such as --open loss"
    )


def test_a_gpu_and_a_half_is_refused_before_anything_starts(
    refused: Command, folder: Path, quick: tuple[str, ...]
) -> None:
    message = refused(*quick, "--gpus-per-trial", "1.5", code=2)
    assert message.startswith("error: gpus_per_trial=1.5: a trial has part of a GPU, such as 0.5")


def test_an_ensemble_is_refused(refused: Command, folder: Path) -> None:
    joint = "schema: 1\ncombiner: soft_vote\nmembers: [{use: table.yaml, copies: 2}]\n"
    (folder / "joint.yaml").write_text(joint)
    message = refused("sweep", "joint.yaml", code=2)
    assert message.startswith("error: joint.yaml: this is an ensemble, and only a recipe that tra")


def test_python_gives_what_the_command_tells(
    folder: Path, engine: Any, quick: tuple[str, ...]
) -> None:
    options = package.SweepOptions(name="p", search="random", warm_start="none", final_seeds=0)
    result = package.sweep("table.yaml", trials=2, task="tiny.yaml", options=options)
    assert repr(result) == "<SweepResult p: 2 trials (2 ok); best uar 0.410>"
    assert list(result.frame()["validation"]) == pytest.approx([0.4, 0.41])
    assert result.winner == Path("runs/sweeps/p/p.yaml")
    more = package.resume_sweep("p", trials=3)
    assert [row.trial for row in more.rows] == [0, 1, 2]
    settings = replace(package.Settings(), runs=Path("nowhere"))
    with pytest.raises(package.api.errors.UsageError, match="unknown sweep 'p'"):
        package.resume_sweep("p", settings=settings)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["enhanced", "--dry-run"], ["status", "q"], ["status", "--help"]],
    ids=" ".join,
)
def test_help_dry_run_and_status_load_nothing_heavy(
    emobench: Command, engine: Any, folder: Path, quick: tuple[str, ...], arguments: list[str]
) -> None:
    emobench(*quick, "--trials", "1")
    loaded = loaded_by(folder, ["sweep", *arguments])
    assert "emobench.cli.sweep" in loaded
    assert loaded & HEAVY == set()


def loaded_by(folder: Path, arguments: list[str]) -> set[str]:
    script = (
        "import sys\n"
        "from emobench.cli.app import run_command_line\n"
        "assert run_command_line(sys.argv[1:]) == 0\n"
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
    return sorted({line for line in found if "--resume" not in line and " status" not in line})


@pytest.mark.parametrize("line", commands_of_the_page())
def test_commands_of_the_page_are_real(line: str, emobench: Command, folder: Path) -> None:
    (folder / "mine.yaml").write_text((folder / "table.yaml").read_text())
    outcome = emobench(*line.split()[1:], "--dry-run")
    assert outcome.code == 0, outcome.err


def test_a_dry_run_tells_what_comes_beside_the_trials(
    emobench: Command, quick: tuple[str, ...], engine: Any
) -> None:
    given = (*quick, "--trials", "8", "--dry-run", "--final-seeds")
    shown = emobench(*given, "3").out
    assert "then a finale of up to 21 trainings to their end: 63 epochs" in shown
    assert "members, with 3 seeds; --final-seeds 0 leaves it out" in shown
    assert "Ray's start, before the trials and before the finale, and the pictures: some" in shown
    without = emobench(*given, "0").out
    assert "finale" not in without
    assert "Ray's start and the pictures: some" in without
    at_an_address = emobench(*given, "0", "--address", "auto", "--json").out
    told = json.loads(at_an_address)["estimate"]
    assert (told["finale"]["trainings"], told["starting_s"]) == (0, 0.0)


def test_a_dry_run_shows_what_the_recipe_pins(emobench: Command, folder: Path) -> None:
    table = (folder / "table.yaml").read_text()
    (folder / "pinned.yaml").write_text(f"{table}sweep: {{optimizer.weight_decay: 0.01}}\n")
    given = ("sweep", "pinned.yaml", "--dry-run", "--warm-start", "none")
    lines = [re.split(r" {2,}", line) for line in emobench(*given).out.splitlines()]
    assert ["optimizer.weight_decay", "fixed at 0.01", "emobench-essentials"] in lines
    told = json.loads(emobench(*given, "--json").out)
    assert [(pin["key"], pin["values"]) for pin in told["pinned"]] == [
        ("optimizer.weight_decay", "0.01")
    ]
    assert "optimizer.weight_decay" not in {row["key"] for row in told["space"]}


def test_a_dry_run_counts_warm_starts_and_the_combinations_of_a_grid(
    emobench: Command, quick: tuple[str, ...]
) -> None:
    shown = emobench(*quick, "--dry-run", "--search", "grid").out
    assert "then 0 warm starts, as was asked" in shown
    # Three levels of five ranges, three ways of weighing classes and four batch sizes.
    assert "then from a grid of at most 972 combinations, until it is through" in shown
    told = json.loads(emobench(*quick, "--dry-run", "--json").out)
    assert told["combinations"] is None
    (Path("empty")).mkdir()
    empty = emobench(*quick, "--dry-run", "--warm-start", "empty").out
    assert "then 0 warm starts: no record of a like task fits" in empty
