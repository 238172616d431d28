"""Boards as text and data, word for word."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from emobench.boards.board import Board
from emobench.boards.index import render_index
from emobench.boards.rank import build_boards
from emobench.boards.render import board_data, render_board
from emobench.runs.record import Record

TASK = "synthetic-speech/speakers"
MakeRecord = Callable[..., Record]


def one_board(records: Iterable[Record], **known: Any) -> Board:
    (board,) = build_boards(records, **known)
    return board


PAGE = """\
# synthetic-speech/speakers

Written by `emobench leaderboard`; edits are lost.

Task version 1. Protocol: grouped-holdout (test 0.2). Predicted: emotion. Data: `f`. \
Ranked by UAR (unweighted average recall: balanced accuracy); higher is better. A score is the \
mean over seeds, ± the standard deviation over seeds; a seed's score is the mean over its folds.

> Synthetic data: a test bench.

| # | Recipe | Score | Macro F1 | Accuracy | Seeds | Folds | State | Audit | Train time | \
Parameters | ms/item |
| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- | ---: | ---: | ---: |
| 1 | enhanced | 83.0% ± 1.4% **80%+** | 78.0% | 84.0% | 2 | 1 | ok | clean | 30.0 s | 120,000 \
| 0.25 |
| – | *constant predictor: always calm* | 50.0% | 40.0% | 66.7% | – | – | – | – | – | – | – |
| – | guide | 97.0% | 92.0% | 98.0% | 1 | 1 | ok | **leaky** | 30.0 s | 120,000 | 0.25 |
| – | big | 55.0% ± 7.1% | 50.0% | 56.0% | 2 | 1 | 1 ok, 1 collapsed | clean | 30.0 s | 120,000 \
| 0.25 |
| – | dead | – | – | – | 0 of 1 | 0 of 1 | failed | not audited | – | – | – |

## What went wrong

- big: collapsed (1 of 2 runs): predicts 'calm' for 97% of the test items
- dead: failed: out &#124; of luck

## How to repeat it

Commands with paths are for the folder of runs; a stored run is answered by its record.

| Recipe | Command | Records |
| --- | --- | --- |
| enhanced | `emobench run enhanced --task synthetic-speech/speakers --seeds 2` | `enhanced-0-0` \
`enhanced-1-0` |
| guide | `emobench run guide-0-0/recipe.yaml --task synthetic-speech/speakers --seed 0 --runs .` \
| `guide-0-0` |
| big | `emobench run big-0-0/recipe.yaml --task synthetic-speech/speakers --seeds 2 --runs .` \
| `big-0-0` `big-1-0` |
| dead | `emobench run dead-0-0/recipe.yaml --task synthetic-speech/speakers --seed 0 --runs .` \
| `dead-0-0` |
"""

INDEX = """\
# Leaderboards

Written by `emobench leaderboard`; edits are lost.

| Task | Metric | Best honest recipe | Score | Constant predictor | Recipes | 80%+ | Collapsed \
| Leaky | Failed |
| --- | --- | --- | ---: | --- | --- | --- | --- | --- | --- |
| [synthetic-speech/speakers](synthetic-speech--speakers.md) | UAR | enhanced \
| 83.0% ± 1.4% **80%+** | 50.0% | 4 | 1 (0 firm) | 1 | 1 | 1 failed |
"""


@pytest.fixture
def board(record: MakeRecord) -> Board:
    fell = "predicts 'calm' for 97% of the test items"
    note = "Synthetic data: a test bench."
    enhanced = [
        record("enhanced", seed=seed, uar=uar, note=note) for seed, uar in ((0, 0.82), (1, 0.84))
    ]
    others = [
        record("guide", uar=0.97, audit="leaky"),
        record("big", uar=0.5, state="collapsed", reason=fell),
        record("big", seed=1, uar=0.6),
        record("dead", uar=None, state="failed", reason="out | of\nluck", fingerprint=""),
    ]
    return one_board(
        [*enhanced, *others],
        shipped={"enhanced": enhanced[0].recipe},
        offered=[enhanced[0].task],
    )


def test_the_page_reads_as_agreed(board: Board) -> None:
    assert render_board(board) == PAGE


def test_the_index_reads_as_agreed(board: Board) -> None:
    assert render_index([board]) == INDEX


def test_the_index_says_when_there_is_nothing() -> None:
    assert render_index([]).endswith("No boards yet.\n")


def test_boards_of_one_task_are_told_apart_by_their_mark(record: MakeRecord) -> None:
    boards = build_boards([record(), record(fingerprint="g", id="other")])
    index = render_index(boards)
    for board in boards:
        name = f"{TASK} ({board.mark})"
        assert f"[{name}](synthetic-speech--speakers-{board.mark}.md)" in index
        page = render_board(board)
        assert page.startswith(f"# {name}\n")
        assert "their scores do not compare with these" in page
        assert f"Data: `{board.data}`." in page


def test_records_that_later_ones_replace_are_told(record: MakeRecord) -> None:
    page = render_board(one_board([record(), record(id="again")]))
    assert "1 record left out: another run of the same recipe, seed and fold" in page


def test_a_task_that_no_dataset_offers_is_repeated_from_its_stored_file(record: MakeRecord) -> None:
    page = render_board(one_board([record(task={"name": "data/clips"})]))
    assert "--task enhanced-0-0/task.yaml --seed 0 --runs ." in page


def test_recipes_that_share_a_name_are_told_apart_by_their_hash(record: MakeRecord) -> None:
    board = one_board([record(), record(options={"train": {"epochs": 3}}, id="other")])
    page = render_board(board)
    assert all(f"enhanced ({row.method_hash})" in page for row in board.rows)


def test_errors_are_shown_as_numbers_and_ranked_from_below(record: MakeRecord) -> None:
    run = record(metrics={"mae": 0.1234, "ccc": 0.5}, task={"metric": "mae"})
    page = render_board(one_board([run]))
    assert "Ranked by MAE (mean absolute error); lower is better." in page
    assert "| 1 | enhanced | 0.123 | 0.500 |" in page


def test_missing_folds_are_shown(record: MakeRecord) -> None:
    page = render_board(one_board([record(fold=0, folds=5)]))
    assert "| – | enhanced | 70.0% | 65.0% | 71.0% | 1 | 1 of 5 | ok |" in page


def test_a_failure_without_words_is_listed_too(record: MakeRecord) -> None:
    page = render_board(one_board([record(uar=None, state="interrupted")]))
    assert "- enhanced: interrupted: no reason was kept" in page


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (600, "10 min"), (9000, "2.5 h")]
)
def test_durations_are_short(seconds: float, shown: str, record: MakeRecord) -> None:
    run = record()
    run = replace(run, costs=replace(run.costs, train_s=seconds))
    assert f"| {shown} | 120,000 |" in render_board(one_board([run]))


def test_data_say_what_the_page_says(board: Board) -> None:
    data = board_data(board)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["schema"] == 3
    first = data["rows"][0]
    assert (first["recipe"], first["standing"], first["reaches_80"]) == ("enhanced", "honest", True)
    assert first["seed_scores"] == {"0": 0.82, "1": 0.84}
    assert data["constant"]["score"] == 0.5


def test_a_page_says_where_seeds_come_from_that_nobody_chose(record: MakeRecord) -> None:
    runs = [record("lstm", seed=seed) for seed in (0, 27575, 314685)]
    plain = render_board(one_board(runs))
    copied = render_board(
        one_board([*runs, record("ensemble", members=tuple(run.id for run in runs))])
    )
    assert "Seeds such as" not in plain
    assert "Seeds such as 27575, 314685 are those of an ensemble's copies" in copied
