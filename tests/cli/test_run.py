"""`emobench run`: what it plans, prints and answers; training itself is faked here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.api import DataError, PluginError, UsageError
from emobench.cli.progress import Progress
from emobench.runs.record import AuditVerdict, Culprit

Command = Callable[..., Any]


def test_the_summary_tells_scores_classes_confusions_data_and_where(
    emobench: Command, executor: Any
) -> None:
    outcome = emobench("run", "table.yaml")
    assert outcome.code == 0
    for line in (
        "table on synthetic-au/subjects, seed 0: ok",
        "UAR 60.0%   accuracy 70.0%   macro F1 65.0%",
        "class    precision  recall     F1  support",
        "angry        75.0%   77.0%  76.0%      100",
        "  disgust -> angry   50%",
        "  angry -> disgust   23%",
        "audit   warned",
        "        warned: two clips are alike",
        "skipped 7 items that could not be read",
        "        clip4.wav: no sound in it",
        "        and 2 more",
        "record  runs/table-0-0/record.json",
    ):
        assert line in outcome.out.splitlines()
    assert "clip5.wav" not in outcome.out
    assert "emobench leaderboard" in outcome.out
    assert "--seeds 5" in outcome.out


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        (
            {"state": "failed", "culprit": Culprit(package="acme", version="1")},
            "  emobench plugins test acme      find what is wrong with the plugin at fault",
        ),
        (
            {"state": "failed"},
            "  mend what the reason says; its log ends in runs/table-0-0/record.json",
        ),
        ({"state": "diverged"}, "  the same command with a lower learning rate: --set opt"),
        ({"state": "out_of_memory"}, "  the same command with a smaller batch: --set train.b"),
        ({"state": "timed_out"}, "  the same command with more time: --time-limit SECONDS"),
    ],
)
def test_a_run_without_a_score_gets_the_step_that_mends_it_and_no_talk_of_seeds(
    emobench: Command, executor: Any, changes: dict[str, Any], step: str
) -> None:
    executor.changes = lambda plan: {**changes, "scores": {}, "reason": "it fell"}
    outcome = emobench("run", "table.yaml")
    assert outcome.code == 5
    assert any(line.startswith(step) for line in outcome.out.splitlines())
    assert "--seeds" not in outcome.out


def test_after_a_run_that_ended_with_an_error_no_seeds_are_advised(
    emobench: Command, executor: Any
) -> None:
    def changes(plan: Any) -> dict[str, Any]:
        if plan.seed:
            raise PluginError("gone")
        return {}

    executor.changes = changes
    outcome = emobench("run", "table.yaml", "--seeds", "2")
    assert outcome.code == 3
    assert "--seeds" not in outcome.out


def test_a_log_gets_plain_lines_on_stderr(emobench: Command, executor: Any) -> None:
    outcome = emobench("run", "table.yaml")
    assert outcome.err.splitlines() == [
        "table on synthetic-au/subjects, seed 0",
        "data: synthetic-au/subjects",
        "data: 10 of 10 items",
        "epoch 1/1  loss 1.5000  validation UAR 40.0%  rate 1.00e-03",
    ]


def test_a_stored_record_is_the_answer_and_says_so(emobench: Command, executor: Any) -> None:
    emobench("run", "table.yaml")
    outcome = emobench("run", "table.yaml")
    assert "stored record; --fresh runs again" in outcome.out
    assert "epoch" not in outcome.err
    assert "stored record" not in emobench("run", "table.yaml", "--fresh").out


def test_several_seeds_end_in_a_table_of_mean_and_spread(emobench: Command, executor: Any) -> None:
    outcome = emobench("run", "table.yaml", "--seeds", "3")
    assert outcome.code == 0
    assert [plan.seed for plan, _ in executor.seen] == [0, 1, 2]
    assert "table   70.0% ± 10.0%     70.0%     65.0%      3  3 ok" in outcome.out
    assert "[2/3] table on synthetic-au/subjects, seed 1" in outcome.err


def test_recipes_tasks_seeds_and_folds_are_all_run(emobench: Command, executor: Any) -> None:
    tasks = "synthetic-speech/speakers-5fold, synthetic-au/subjects"
    emobench("run", "table.yaml", "baseline", "--task", tasks, "--seed", "7")
    ran = {(plan.recipe.name, plan.task.name, plan.seed, plan.fold) for plan, _ in executor.seen}
    folded = {("synthetic-speech/speakers-5fold", 7, fold) for fold in range(5)}
    whole = {("synthetic-au/subjects", 7, 0)}
    assert ran == {(name, *rest) for name in ("table", "baseline") for rest in folded | whole}


def test_the_settings_reach_the_executor(emobench: Command, executor: Any) -> None:
    emobench(
        "run", "table.yaml", "--runs", "mine", "--data-root", "data", "--device", "cpu", "--fresh"
    )
    (_, settings) = executor.seen[0]
    assert (settings.runs, settings.data_root) == (Path("mine"), "data")
    assert (settings.device, settings.fresh) == ("cpu", True)


def test_overrides_reach_the_recipe(emobench: Command, executor: Any) -> None:
    emobench("run", "table.yaml", "--set", "train.epochs=3", "--set", "optimizer.lr=0.5")
    recipe = executor.seen[0][0].recipe
    assert (recipe.train.epochs, recipe.optimizer.options.lr) == (3, 0.5)


def test_json_is_one_document_on_stdout(emobench: Command, executor: Any) -> None:
    outcome = emobench("run", "table.yaml", "--seeds", "2", "--json")
    document = json.loads(outcome.out)
    assert set(document) == {"schema", "runs", "summary"}
    assert document["schema"] == 1
    assert document["runs"][0] == {
        "id": "table-0-0",
        "recipe": "table",
        "task": "synthetic-au/subjects",
        "seed": 0,
        "fold": 0,
        "state": "ok",
        "reason": "",
        "scores": {"uar": 0.6, "accuracy": 0.7, "macro_f1": 0.65},
        "audit": "warned",
        "record": "runs/table-0-0/record.json",
        "stored": False,
    }
    assert document["summary"]["states"] == {"ok": 2}
    assert document["summary"]["results"][0]["score"] == pytest.approx(0.65)
    assert "epoch 1/1" in outcome.err


def test_a_collapse_is_a_result(emobench: Command, executor: Any) -> None:
    reason = "98% of all items were called 'angry'"
    executor.changes = lambda plan: {"state": "collapsed", "reason": reason}
    outcome = emobench("run", "table.yaml")
    assert outcome.code == 0
    assert f"collapsed: {reason}" in outcome.out


def test_a_run_without_a_score_exits_5_with_its_reason_and_log(
    emobench: Command, executor: Any
) -> None:
    executor.changes = lambda plan: {
        "state": "diverged",
        "reason": "the loss is no number since update 12",
        "log": ("last line of the log",),
        "scores": {},
    }
    outcome = emobench("run", "table.yaml")
    assert outcome.code == 5
    assert "diverged: the loss is no number since update 12" in outcome.out
    assert "last line of the log" in outcome.out


def fail_on_seed(number: int, error: Exception) -> Callable[[Any], dict[str, Any]]:
    def changes(plan: Any) -> dict[str, Any]:
        if plan.seed == number:
            raise error
        return {}

    return changes


def test_an_error_ends_its_run_and_not_the_others(emobench: Command, executor: Any) -> None:
    executor.changes = fail_on_seed(0, PluginError("loss 'x' cannot be loaded"))
    outcome = emobench("run", "table.yaml", "--seeds", "3", "--json")
    assert outcome.code == PluginError.exit_code
    states = [run["state"] for run in json.loads(outcome.out)["runs"]]
    assert states == ["failed", "ok", "ok"]
    assert "error: loss 'x' cannot be loaded" in outcome.err.splitlines()


def test_an_error_shared_by_all_runs_is_told_once(emobench: Command, executor: Any) -> None:
    def changes(plan: Any) -> dict[str, Any]:
        raise DataError("no data below 'data'")

    executor.changes = changes
    outcome = emobench("run", "table.yaml", "--seeds", "3")
    assert outcome.code == DataError.exit_code
    assert outcome.err.count("error: no data below 'data'") == 1


def test_ctrl_c_keeps_what_was_done_and_says_how_to_resume(
    emobench: Command, executor: Any
) -> None:
    executor.changes = fail_on_seed(1, KeyboardInterrupt())  # type: ignore[arg-type]
    outcome = emobench("run", "table.yaml", "--seeds", "3")
    assert outcome.code == 130
    assert outcome.err.endswith("interrupted; run the same command to resume\n")
    assert "table on synthetic-au/subjects" in outcome.err
    assert [plan.seed for plan, _ in executor.seen] == [0, 1]


def test_ctrl_c_of_a_fresh_run_says_that_it_resumes_without_the_flag(
    emobench: Command, executor: Any
) -> None:
    executor.changes = fail_on_seed(0, KeyboardInterrupt())  # type: ignore[arg-type]
    outcome = emobench("run", "table.yaml", "--fresh")
    assert outcome.code == 130
    assert outcome.err.endswith("interrupted; the same command without --fresh resumes it\n")


def test_json_tells_a_run_that_was_stopped_before_it_had_a_record(
    emobench: Command, executor: Any
) -> None:
    executor.changes = fail_on_seed(1, KeyboardInterrupt())  # type: ignore[arg-type]
    outcome = emobench("run", "table.yaml", "--seeds", "3", "--json")
    assert outcome.code == 130
    first, second = json.loads(outcome.out)["runs"]
    assert (first["seed"], first["state"]) == (0, "ok")
    assert second == {
        "id": None,
        "recipe": "table",
        "task": "synthetic-au/subjects",
        "seed": 1,
        "fold": 0,
        "state": "interrupted",
        "reason": "stopped by the user",
        "scores": {},
        "audit": None,
        "record": None,
        "stored": False,
    }


def test_json_names_the_record_of_a_run_that_was_stopped(
    emobench: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "epoch", stop)
    outcome = emobench("run", "table.yaml", "--json")
    assert outcome.code == 130
    document = json.loads(outcome.out)
    (run,) = document["runs"]
    stored = json.loads((folder / run["record"]).read_text())
    assert run["id"] == stored["id"]
    assert (run["state"], run["reason"]) == ("interrupted", stored["reason"])
    assert document["summary"]["states"] == {"interrupted": 1}


def test_json_names_the_record_of_a_run_that_an_error_ended(
    emobench: Command, executor: Any
) -> None:
    error = DataError("clip7.wav cannot be decoded")
    usual = executor.execute

    def execute(plan: Any, **known: Any) -> None:
        usual(plan, **known)
        raise error

    executor.execute = execute
    executor.changes = lambda plan: {"state": "failed", "reason": str(error), "scores": {}}
    outcome = emobench("run", "table.yaml", "--json")
    assert outcome.code == DataError.exit_code
    (run,) = json.loads(outcome.out)["runs"]
    assert (run["id"], run["record"]) == ("table-0-0", "runs/table-0-0/record.json")
    assert (run["state"], run["reason"], run["scores"]) == ("failed", str(error), {})


def test_json_does_not_name_the_record_of_another_ending(emobench: Command, executor: Any) -> None:
    emobench("run", "table.yaml")
    executor.changes = fail_on_seed(0, UsageError("there is no device 'cuda'"))
    outcome = emobench("run", "table.yaml", "--json")
    (run,) = json.loads(outcome.out)["runs"]
    assert (run["id"], run["state"]) == (None, "failed")
    assert run["reason"] == "there is no device 'cuda'"


def test_a_bug_ends_with_a_traceback_and_asks_for_a_report(
    emobench: Command, executor: Any
) -> None:
    executor.changes = fail_on_seed(0, ZeroDivisionError("our fault"))
    outcome = emobench("run", "table.yaml")
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert "this is a bug in emobench or in a plugin" in outcome.err


def test_a_dry_run_says_what_would_run_and_runs_nothing(emobench: Command, executor: Any) -> None:
    outcome = emobench("run", "table.yaml", "--seeds", "2", "--dry-run")
    assert outcome.code == 0
    assert "table   synthetic-au/subjects     1     0  no" in outcome.out
    assert "2 runs to do on device auto" in outcome.out
    assert executor.seen == []
    assert not Path("runs").exists()


def test_a_dry_run_tells_once_why_runs_cannot_start(emobench: Command, executor: Any) -> None:
    outcome = emobench("run", "table.yaml", "--data", "nowhere", "--seeds", "2", "--dry-run")
    assert outcome.code == DataError.exit_code
    (line,) = outcome.err.splitlines()
    assert line.startswith("error: the data folder ")
    assert "nowhere does not exist" in line
    assert outcome.out == "0 runs to do on device auto; 2 cannot start (see the error)\n"


def test_a_dry_run_in_json_tells_the_error_of_each_plan(emobench: Command, executor: Any) -> None:
    outcome = emobench("run", "table.yaml", "--data", "nowhere", "--dry-run", "--json")
    assert outcome.code == DataError.exit_code
    (plan,) = json.loads(outcome.out)["plans"]
    assert plan["stored"] is None
    assert "nowhere does not exist" in plan["error"]


def test_a_dry_run_judges_the_split(emobench: Command, executor: Any, folder: Path) -> None:
    (folder / "nine.yaml").write_text(
        "dataset: {use: synthetic-au, items: 80, identities: 4}\n"
        "protocol: {use: grouped-kfold, folds: 9}\n"
    )
    outcome = emobench("run", "table.yaml", "--task", "nine.yaml", "--dry-run")
    assert outcome.code == DataError.exit_code
    assert outcome.err.count("9 folds need at least 9 ") == 1


def test_a_dry_run_judges_the_device(emobench: Command, executor: Any) -> None:
    outcome = emobench("run", "table.yaml", "--device", "gpu", "--dry-run")
    assert outcome.code == UsageError.exit_code
    assert "error: unknown device 'gpu'" in outcome.err


def test_a_recipe_given_twice_is_run_once_and_told(emobench: Command, executor: Any) -> None:
    outcome = emobench("run", "table.yaml", "./table.yaml", "--seeds", "2")
    assert [plan.seed for plan, _ in executor.seen] == [0, 1]
    assert outcome.err.splitlines()[0] == (
        "warning: table on synthetic-au/subjects is asked for more than once; it is taken once"
    )


def test_several_tasks_each_have_their_audit_named(emobench: Command, executor: Any) -> None:
    def changes(plan: Any) -> dict[str, Any]:
        mixed = plan.task.name == "synthetic-au/random"
        found = {} if mixed else {"audit": AuditVerdict()}
        return {"id": plan.task.name.replace("/", "-"), **found}

    executor.changes = changes
    tasks = "synthetic-au/subjects,synthetic-au/random"
    lines = emobench("run", "table.yaml", "--task", tasks).out.splitlines()
    assert "audit   synthetic-au/subjects: clean" in lines
    place = lines.index("audit   synthetic-au/random: warned")
    assert lines[place + 1] == "        warned: two clips are alike"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["enhnced"], "unknown recipe 'enhnced'; did you mean 'enhanced'?"),
        (["table.yaml", "--seeds", "2", "--seed", "1"], "--seeds N runs the seeds 0 to N-1"),
        (["table.yaml", "--task", "synthetic-au/subject"], "did you mean 'synthetic-au/subjects'?"),
        (
            ["table.yaml", "--fold", "3"],
            "synthetic-au/subjects is not split in folds; leave --fold",
        ),
        (["table.yaml", "--task", "t.yaml", "--data", "clips"], "leave --data out and name the"),
        (["table.yaml", "--set", "train.epoch=3"], "did you mean 'epochs'?"),
        (["table.yaml", "--set", "train.epochs=many"], "expected whole number, got text 'many'"),
        (["table.yaml", "--group", "x"], "--group belongs to --data"),
        (["table.yaml", "--sed", "1"], "No such option"),
        (["table.yaml", "--seeds", "0"], "0 is not in the range x>=1"),
        ([], "Missing argument 'RECIPE...'"),
    ],
)
def test_a_wrong_call_exits_2_and_names_the_remedy(
    emobench: Command, executor: Any, arguments: list[str], message: str
) -> None:
    outcome = emobench("run", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert executor.seen == []


def test_a_file_in_place_of_the_runs_folder_is_one_clear_error(
    emobench: Command, executor: Any, folder: Path
) -> None:
    (folder / "runs").write_text("a file")
    outcome = emobench("run", "table.yaml")
    assert outcome.code == 2
    assert "something else lies at" in outcome.err
    assert "--runs DIR" in outcome.err
