"""`emobench leaderboard` on published records: written, checked to the byte, or refused by name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.runs.published import Published
from emobench.runs.publishing import write_published

Publish = Callable[..., Published]
Run = Callable[..., Any]
BOARDS = Path("leaderboards")
RECORDS = BOARDS / "records"


@pytest.fixture(autouse=True)
def cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    return folder / "cache"


@pytest.fixture
def records(folder: Path, published: Publish) -> Path:
    """Two recipes with two seeds, and one that collapsed."""
    for seed in range(2):
        for recipe, skill in (("good", 0.95), ("poor", 0.4)):
            write_published(published(recipe, seed=seed, skill=skill), out=RECORDS)
    write_published(published("fell", state="collapsed"), out=RECORDS)
    return folder / RECORDS / "synthetic-speech__speakers"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "records" not in path.parts
    }


def change(path: Path, edit: Callable[[dict[str, Any]], None], *, seal: bool = False) -> None:
    """Edit a record; with `seal`, mend its hash too."""
    from emobench.runs.published import _hash

    content = json.loads(path.read_text())
    edit(content)
    if seal:
        del content["sha256"]
        content["sha256"] = _hash(content)
    path.write_text(json.dumps(content))


def test_published_records_are_written_and_an_index_is_shown(records: Path, emobench: Run) -> None:
    outcome = emobench("leaderboard")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("2 pages in leaderboards written, ")
    assert lines[4].startswith("synthetic-speech/speakers  good")
    assert (BOARDS / "README.md").is_file()
    assert (BOARDS / "synthetic-speech--speakers.md").is_file()
    assert (BOARDS / "charts/synthetic-speech--speakers/intervals.svg").is_file()


def test_what_was_written_is_current(records: Path, emobench: Run) -> None:
    emobench("leaderboard")
    outcome = emobench("leaderboard", "--check")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[1] == "5 published records in leaderboards/records verified"


def test_the_bytes_are_the_same_with_and_without_the_cache(
    records: Path, emobench: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    emobench("leaderboard")
    warm = emobench("leaderboard").out
    assert "0 files changed" in warm
    first = contents(BOARDS)
    monkeypatch.setenv("EMOBENCH_CACHE", "another")
    assert "0 files changed" in emobench("leaderboard").out
    assert contents(BOARDS) == first


def test_a_broken_cache_is_made_anew(records: Path, emobench: Run, cache: Path) -> None:
    emobench("leaderboard")
    kept = list((cache / "boards").glob("*.json"))
    assert kept
    for path in kept:
        path.write_text("[")
    assert "0 files changed" in emobench("leaderboard").out


def test_an_edited_page_is_found_and_left(records: Path, emobench: Run) -> None:
    emobench("leaderboard")
    page = BOARDS / "synthetic-speech--speakers.md"
    page.write_text(page.read_text().replace("good", "mine"))
    outcome = emobench("leaderboard", "--check")
    assert outcome.code == 2
    assert outcome.err == (
        "error: out of date in leaderboards: synthetic-speech--speakers.md; write the pages anew "
        "with: emobench leaderboard\n"
    )
    assert "mine" in page.read_text()


def test_what_has_no_record_any_more_is_found_and_removed(records: Path, emobench: Run) -> None:
    emobench("leaderboard")
    (records / "poor-fold0-seed0.json").unlink()
    (records / "poor-fold0-seed1.json").unlink()
    checked = emobench("leaderboard", "--check")
    assert checked.code == 2
    assert "left over in leaderboards: recipes/" in checked.err
    outcome = emobench("leaderboard")
    assert "/poor.yaml: it has no records now" in outcome.out
    assert not list(BOARDS.glob("recipes/*/poor.yaml"))
    assert emobench("leaderboard", "--check").code == 0


def test_files_by_another_hand_stay(records: Path, emobench: Run) -> None:
    emobench("leaderboard")
    others = [BOARDS / "notes.md", BOARDS / "recipes/mine/own.yaml", BOARDS / "charts/x/y.svg"]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("by hand")
    assert emobench("leaderboard", "--check").code == 0
    emobench("leaderboard")
    assert all(path.read_text() == "by hand" for path in others)


@pytest.mark.parametrize("flags", [(), ("--check",), ("--json",)])
def test_a_tampered_record_is_refused_by_name(
    records: Path, emobench: Run, flags: tuple[str, ...]
) -> None:
    path = records / "poor-fold0-seed1.json"

    def better(content: dict[str, Any]) -> None:
        content["record"]["scores"]["emotion"]["metrics"]["uar"] = 0.99

    change(path, better, seal=True)
    outcome = emobench("leaderboard", *flags)
    assert (outcome.code, outcome.out) == (4, "")
    first, last = outcome.err.splitlines()
    assert first.startswith(
        f"error: {RECORDS}/synthetic-speech__speakers/poor-fold0-seed1.json: emotion: uar is 0.99 "
        "in the record, but its predictions give "
    )
    assert last == ("error: 1 published record rejected; nothing was written; mend or remove it")
    assert not (BOARDS / "README.md").exists()


def test_an_edited_record_is_refused_by_its_hash(
    records: Path, refused: Run, emobench: Run
) -> None:
    change(records / "good-fold0-seed0.json", lambda content: content["record"].update(seed=7))
    outcome = emobench("leaderboard", "--check")
    assert outcome.code == 4
    assert "good-fold0-seed0.json: its content was changed after it was published" in outcome.err


def test_a_renamed_record_is_refused(records: Path, emobench: Run) -> None:
    (records / "good-fold0-seed0.json").rename(records / "best.json")
    outcome = emobench("leaderboard", "--check")
    assert outcome.code == 4
    assert "best.json: it holds run good-fold0-seed0, whose place is synthetic" in outcome.err


def test_a_record_outside_its_tasks_folder_is_refused(records: Path, emobench: Run) -> None:
    (records / "good-fold0-seed0.json").rename(RECORDS / "good-fold0-seed0.json")
    outcome = emobench("leaderboard")
    assert outcome.code == 4
    assert "a published record lies in the folder of its task" in outcome.err


@pytest.mark.parametrize("deeper", ["more", "more/still", "good-fold0-seed0"])
def test_a_record_below_its_tasks_folder_is_refused(
    records: Path, emobench: Run, deeper: str
) -> None:
    (records / deeper).mkdir(parents=True)
    (records / "good-fold0-seed0.json").rename(records / deeper / "good-fold0-seed0.json")
    outcome = emobench("leaderboard", "--check")
    assert outcome.code == 4
    assert f"{deeper}/good-fold0-seed0.json: a published record lies in the" in outcome.err


def test_a_rejected_name_cannot_act_on_the_terminal(records: Path, emobench: Run) -> None:
    (records / "a\x1b[2Jb\u202ec\nd.json").write_text("{")
    outcome = emobench("leaderboard")
    assert outcome.code == 4
    assert "a [2Jbc d.json: it is not valid JSON" in outcome.err


def test_a_record_of_another_truth_is_refused(
    records: Path, emobench: Run, published: Publish
) -> None:
    write_published(published("odd", items=57), out=RECORDS)
    outcome = emobench("leaderboard")
    assert outcome.code == 4
    assert "odd-fold0-seed0.json: its test items, their groups or their truth differ" in outcome.err


def test_every_wrong_record_is_named(records: Path, emobench: Run) -> None:
    for name in ("good-fold0-seed0", "poor-fold0-seed0"):
        (records / f"{name}.json").write_text("{")
    outcome = emobench("leaderboard")
    assert [line.split(":")[1].rpartition("/")[2] for line in outcome.err.splitlines()[:2]] == [
        "good-fold0-seed0.json",
        "poor-fold0-seed0.json",
    ]
    assert "2 published records rejected" in outcome.err


def test_boards_as_data_write_nothing(records: Path, emobench: Run) -> None:
    outcome = emobench("leaderboard", "--json")
    (board,) = json.loads(outcome.out)["boards"]
    assert board["schema"] == 3
    good = board["rows"][0]
    assert (good["recipe"], good["tier"], good["pooled"]) == ("good", 1, True)
    low, high = good["interval"]
    assert low < good["score"] < high
    assert not (BOARDS / "README.md").exists()


def test_local_runs_are_shown_below_and_change_no_page(
    records: Path, emobench: Run, executor: Any
) -> None:
    emobench("leaderboard")
    before = contents(BOARDS)
    emobench("run", "table.yaml")
    outcome = emobench("leaderboard")
    assert "Of the runs in runs:" in outcome.out.splitlines()
    assert "synthetic-au/subjects (version 1), ranked by UAR" in outcome.out.splitlines()
    assert contents(BOARDS) == before
    data = json.loads(emobench("leaderboard", "--json").out)
    assert [board["task"] for board in data["boards"]] == ["synthetic-speech/speakers"]
    assert [board["task"] for board in data["local"]] == ["synthetic-au/subjects"]


def test_a_folder_of_runs_has_boards_of_its_own(
    records: Path, emobench: Run, executor: Any
) -> None:
    emobench("run", "table.yaml")
    outcome = emobench("leaderboard", "--runs", "runs")
    assert outcome.out.startswith("synthetic-au/subjects (version 1), ranked by UAR")
    assert not (BOARDS / "README.md").exists()


def test_records_may_lie_elsewhere(folder: Path, emobench: Run, published: Publish) -> None:
    write_published(published(), out=Path("theirs/kept"))
    outcome = emobench("leaderboard", "--records", "theirs/kept", "--out", "theirs")
    assert outcome.code == 0
    assert Path("theirs/synthetic-speech--speakers.md").is_file()
    Path("theirs/README.md").unlink()
    checked = emobench("leaderboard", "--records", "theirs/kept", "--out", "theirs", "--check")
    assert checked.err == (
        "error: missing in theirs: README.md; write the pages anew with: emobench leaderboard "
        "--records theirs/kept --out theirs\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--records", "none"), "there is no folder none; give the folder of published records"),
        (("--runs", "a", "--records", "b"), "give --runs for the boards of a folder of runs, or"),
    ],
)
def test_a_call_that_cannot_be_meant_is_told(
    folder: Path, refused: Callable[..., str], arguments: tuple[str, ...], told: str
) -> None:
    assert told in refused("leaderboard", *arguments, code=2)


def test_the_ledger_of_claims_stands_beside_the_boards(records: Path, emobench: Run) -> None:
    (BOARDS / "claims.yaml").write_text(
        "schema: 1\nguides: {}\ntasks: {}\nclaims: []\nnot_promises: []\n"
    )
    assert emobench("leaderboard").code == 0
    assert "[claims](claims.md)" in (BOARDS / "README.md").read_text()
    assert (BOARDS / "claims.md").is_file()
    assert emobench("leaderboard", "--check").code == 0


def test_published_boards_never_load_torch(records: Path, folder: Path) -> None:
    code = (
        "import sys\nfrom emobench.cli.app import run_command_line\n"
        "assert run_command_line(['leaderboard']) == 0\n"
        "print('torch' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False False"
