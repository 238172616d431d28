"""`check`, `tasks`, `leaderboard` and what all commands share."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.runs.record import DataStamp

Command = Callable[..., Any]
HEAVY = {"torch", "numpy", "pandas", "ray", "matplotlib", "rich", "pydantic", "scipy"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["check", "table.yaml"],
        ["check", "--schema"],
        ["plugins", "list"],
        ["plugins", "show", "focal"],
        ["plugins", "cards", "emobench", "--check"],
        ["plugins", "test", "--help"],
        ["tasks", "list"],
        ["run", "nowhere.yaml"],
    ],
    ids=" ".join,
)
def test_light_commands_load_nothing_heavy(folder: Path, arguments: list[str]) -> None:
    loaded = loaded_by(folder, arguments)
    assert "emobench.cli.app" in loaded
    assert loaded & HEAVY == set()


def test_a_dry_run_loads_no_torch(folder: Path) -> None:
    loaded = loaded_by(folder, ["run", "table.yaml", "--dry-run"])
    assert "emobench.runs.opening" in loaded
    assert "torch" not in loaded


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


def test_help_names_every_command_and_shows_examples(emobench: Command) -> None:
    outcome = emobench("--help")
    assert outcome.code == 0
    for word in ("run", "check", "leaderboard", "plugins", "tasks", "Examples:"):
        assert word in outcome.out


def test_an_unknown_command_suggests(emobench: Command) -> None:
    outcome = emobench("leaderbord")
    assert outcome.code == 2
    assert "leaderboard" in outcome.err


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    program = "from emobench.cli.app import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", program, "check", "table.yaml"],
        cwd=folder,
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write_end)
    assert result.stderr == ""
    assert result.returncode == 141


def test_check_says_what_would_run(emobench: Command) -> None:
    outcome = emobench("check", "table.yaml")
    assert outcome.code == 0
    assert outcome.out.startswith("ok  table.yaml: A small network on action units.\n")
    assert "backbone   dense" in outcome.out
    assert "train      2 epochs, batches of 256" in outcome.out


def test_check_lists_every_fault_of_every_file(emobench: Command, folder: Path) -> None:
    text = (folder / "table.yaml").read_text()
    (folder / "one.yaml").write_text(text.replace("use: dense", "use: dens"))
    (folder / "two.yaml").write_text(text.replace("epochs: 2", "epochs: two, colour: red"))
    outcome = emobench("check", "one.yaml", "two.yaml")
    assert outcome.code == 2
    assert outcome.out == ""
    lines = outcome.err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: ") for line in lines)
    assert "one.yaml:5:" in lines[0]
    assert "did you mean 'dense'?" in lines[0]
    assert any("two.yaml:9:" in line and "colour" in line for line in lines)


def test_check_refuses_a_task_that_does_not_exist(emobench: Command, folder: Path) -> None:
    text = (folder / "table.yaml").read_text()
    (folder / "lost.yaml").write_text(text.replace("synthetic-au/subjects", "synthetic-au/object"))
    outcome = emobench("check", "lost.yaml")
    assert outcome.code == 2
    assert "lost.yaml: task: unknown task 'synthetic-au/object'" in outcome.err


def test_the_resolved_recipe_checks_and_resolves_to_itself(emobench: Command, folder: Path) -> None:
    resolved = emobench("check", "table.yaml", "--set", "train.epochs=7", "--resolved").out
    assert "epochs: 7" in resolved
    (folder / "resolved.yaml").write_text(resolved)
    assert emobench("check", "resolved.yaml", "--resolved").out == resolved


def test_the_schema_is_json_that_knows_the_installed_components(emobench: Command) -> None:
    outcome = emobench("check", "--schema")
    assert outcome.code == 0
    assert "dense" in json.dumps(json.loads(outcome.out))


def test_check_without_a_recipe_asks_for_one(emobench: Command) -> None:
    outcome = emobench("check")
    assert outcome.code == 2
    assert "name a recipe to check" in outcome.err


def test_tasks_list_and_show(emobench: Command) -> None:
    document = json.loads(emobench("tasks", "list", "--json").out)
    names = [task["name"] for task in document["tasks"]]
    assert "synthetic-speech/speakers" in names
    shown = emobench("tasks", "show", "synthetic-au/subjects").out
    for word in ("metric    uar", "protocol  grouped-holdout (test 0.2", "licence", "obtain"):
        assert word in shown


def test_tasks_show_suggests(emobench: Command) -> None:
    outcome = emobench("tasks", "show", "synthetic-au/subject")
    assert outcome.code == 2
    assert "did you mean 'synthetic-au/subjects'?" in outcome.err


def test_a_leaderboard_without_records_says_how_to_make_one(emobench: Command) -> None:
    outcome = emobench("leaderboard")
    assert outcome.code == 0
    assert outcome.out == "no records in runs; make one with: emobench run enhanced\n"


def test_a_leaderboard_of_a_folder_that_does_not_exist_is_refused(emobench: Command) -> None:
    outcome = emobench("leaderboard", "--runs", "nope")
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("error: there is no folder nope; give the folder of records")


def test_the_leaderboard_ranks_on_the_terminal(emobench: Command, executor: Any) -> None:
    emobench("run", "table.yaml", "--seeds", "2")
    lines = emobench("leaderboard").out.splitlines()
    assert lines[0] == "synthetic-au/subjects (version 1), ranked by UAR"
    row = next(line for line in lines if line.startswith("1  table"))
    assert "65.0% ± 7.1%" in row
    assert any("constant predictor (angry)" in line for line in lines)


def test_leaderboard_pages_are_written_and_checked(
    emobench: Command, executor: Any, folder: Path
) -> None:
    emobench("run", "table.yaml")
    assert emobench("leaderboard", "--out", "boards").code == 0
    assert {path.name for path in (folder / "boards").iterdir()} == {
        "README.md",
        "charts",
        "synthetic-au--subjects.md",
    }
    assert emobench("leaderboard", "--out", "boards", "--check").code == 0
    (folder / "boards/synthetic-au--subjects.md").write_text("edited")
    stale = emobench("leaderboard", "--out", "boards", "--check")
    assert stale.code == 2
    assert "out of date in boards: synthetic-au--subjects.md" in stale.err
    assert (folder / "boards/synthetic-au--subjects.md").read_text() == "edited"


def test_two_folders_of_one_name_are_two_boards(
    emobench: Command, executor: Any, folder: Path
) -> None:
    for owner in ("mine", "yours"):
        stamp = DataStamp(fingerprint=owner, train=7, validation=1, test=2)
        executor.changes = lambda plan, stamp=stamp: {"id": stamp.fingerprint, "data": stamp}
        emobench("run", "table.yaml", "--data", f"{owner}/clips")
    lines = emobench("leaderboard").out.splitlines()
    assert lines.count("data/clips (version 1), ranked by UAR") == 2
    for owner in ("mine", "yours"):
        assert any(line.endswith(f"validation 0.2, seed 0), data {owner}") for line in lines)
    emobench("leaderboard", "--out", "boards")
    pages = sorted(path.name for path in (folder / "boards").glob("*.md"))
    assert len(pages) == 3
    assert all(re.fullmatch(r"data--clips-[0-9a-f]{8}\.md", name) for name in pages[1:])


def test_a_board_gives_commands_that_find_their_task(emobench: Command, executor: Any) -> None:
    emobench("run", "table.yaml")
    executor.changes = lambda plan: {"id": "mine"}
    emobench("run", "table.yaml", "--data", "clips")
    boards = json.loads(emobench("leaderboard", "--json").out)["boards"]
    assert {board["task"]: board["rows"][0]["command"] for board in boards} == {
        "synthetic-au/subjects": "emobench run table-0-0/recipe.yaml "
        "--task synthetic-au/subjects --seed 0 --runs .",
        "data/clips": "emobench run mine/recipe.yaml --task mine/task.yaml --seed 0 --runs .",
    }


def test_check_of_a_leaderboard_looks_into_the_default_folder(
    emobench: Command, executor: Any
) -> None:
    emobench("run", "table.yaml")
    missing = emobench("leaderboard", "--check")
    assert missing.code == 2
    assert missing.err == (
        "error: missing in leaderboards: synthetic-au--subjects.md, "
        "charts/synthetic-au--subjects/intervals.svg, charts/synthetic-au--subjects/recalls.svg, "
        "README.md; write the pages anew with: "
        "emobench leaderboard --runs runs --out leaderboards\n"
    )
    emobench("leaderboard", "--out", "leaderboards")
    current = emobench("leaderboard", "--check")
    assert (current.code, current.out) == (0, "4 files in leaderboards current\n")


def test_where_nothing_was_run_and_nothing_written_there_is_nothing_to_check(
    emobench: Command,
) -> None:
    outcome = emobench("leaderboard", "--check")
    told = "no records in runs and no boards in leaderboards: nothing to check\n"
    assert (outcome.code, outcome.out) == (0, told)


@pytest.fixture
def left_over(emobench: Command, executor: Any, folder: Path) -> Path:
    """A page whose records are gone, beside one by another hand."""
    emobench("run", "table.yaml", "--runs", "old", "--data", "clips")
    emobench("run", "table.yaml")
    emobench("leaderboard", "--out", "boards", "--runs", "old")
    (folder / "boards/notes.md").write_text("# My notes\n")
    return folder / "boards/data--clips.md"


def test_a_page_without_records_is_told_and_removed(emobench: Command, left_over: Path) -> None:
    checked = emobench("leaderboard", "--out", "boards", "--check")
    assert checked.code == 2
    assert "left over in boards: data--clips.md, charts/data--clips/intervals.svg" in checked.err
    written = emobench("leaderboard", "--out", "boards")
    assert "removed data--clips.md: it has no records now" in written.out.splitlines()
    assert {path.name for path in left_over.parent.iterdir()} == {
        "README.md",
        "charts",
        "notes.md",
        "synthetic-au--subjects.md",
    }
    assert [path.name for path in (left_over.parent / "charts").iterdir()] == [
        "synthetic-au--subjects"
    ]
    assert emobench("leaderboard", "--out", "boards", "--check").code == 0


def test_boards_are_not_removed_for_a_folder_without_records(
    emobench: Command, left_over: Path
) -> None:
    Path("misspelt").mkdir()
    before = left_over.read_bytes()
    outcome = emobench("leaderboard", "--out", "boards", "--runs", "misspelt")
    assert outcome.code == 2
    assert "no records in misspelt, but boards holds 1 board, which would be removed" in outcome.err
    assert left_over.read_bytes() == before


def test_a_readme_by_another_hand_is_not_replaced(emobench: Command, folder: Path) -> None:
    (folder / "README.md").write_text("# My project\n")
    outcome = emobench("leaderboard", "--out", ".")
    assert outcome.code == 2
    assert "README.md was not written by emobench" in outcome.err
    assert (folder / "README.md").read_text() == "# My project\n"


def test_a_damaged_record_is_told_and_hides_no_board(
    emobench: Command, executor: Any, folder: Path
) -> None:
    emobench("run", "table.yaml", "--seeds", "2")
    (folder / "runs/table-1-0/record.json").write_text("{")
    outcome = emobench("leaderboard")
    assert outcome.code == 0
    assert "warning: left out runs/table-1-0: record is not valid JSON" in outcome.err
    assert "1  table" in outcome.out


def test_python_runs_the_package_as_the_command(folder: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "emobench", "plugins", "shw"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("Usage: emobench plugins ")
    assert "unknown command 'shw'; did you mean 'show'?" in result.stderr
