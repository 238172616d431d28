"""Scores of all folds together, their intervals, and the tiers of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from emobench.boards.board import Board, Standing
from emobench.boards.command import PublishedCommands
from emobench.boards.rank import build_boards, build_published_boards
from emobench.runs.published import Published

Publish = Callable[..., Published]


def board_of(*runs: Published) -> Board:
    (board,) = build_published_boards(runs, commands=PublishedCommands(home="boards"))
    return board


def whole(publish: Publish, recipe: str, *, seeds: int = 3, **changes: object) -> list[Published]:
    """Every fold of several seeds."""
    return [
        publish(recipe, seed=seed, fold=fold, folds=2, **changes)
        for seed in range(seeds)
        for fold in range(2)
    ]


def test_a_seeds_score_counts_every_test_item_once(published: Publish) -> None:
    folds = [published(fold=0, folds=2, items=30), published(fold=1, folds=2, items=90)]
    (row,) = board_of(*folds).rows
    truth, answers = [], []
    for run in folds:
        assert run.predictions is not None
        (one,) = run.predictions.targets
        truth.append(one.truth)
        answers.append(one.probabilities.argmax(axis=1))
    expected = balanced_accuracy_score(np.concatenate(truth), np.concatenate(answers))
    assert row.score == pytest.approx(expected)
    assert row.pooled
    means = np.mean([run.record.metrics["uar"] for run in folds])
    assert row.score != pytest.approx(means)  # folds of 30 and 90 items do not weigh the same


def test_the_score_is_the_mean_over_seeds(published: Publish) -> None:
    (row,) = board_of(*whole(published, "enhanced")).rows
    assert list(row.seed_scores) == [0, 1, 2]
    assert row.score == pytest.approx(np.mean(list(row.seed_scores.values())))


def test_without_predictions_the_mean_over_folds_stands(published: Publish) -> None:
    records = [run.record for run in whole(published, "enhanced")]
    (row,) = build_boards(records)[0].rows
    assert (row.pooled, row.interval, row.tier) == (False, None, None)
    assert row.score == pytest.approx(np.mean([record.metrics["uar"] for record in records]))


def test_predictions_may_come_beside_the_records(published: Publish) -> None:
    runs = whole(published, "enhanced")
    known = {run.record.id: run.predictions for run in runs if run.predictions is not None}
    (row,) = build_boards([run.record for run in runs], predictions=known)[0].rows
    assert row == replace(board_of(*runs).rows[0], command=row.command)


def test_a_run_without_predictions_takes_the_interval_from_its_row(published: Publish) -> None:
    runs = whole(published, "enhanced")
    known = {run.record.id: run.predictions for run in runs[1:] if run.predictions is not None}
    (row,) = build_boards([run.record for run in runs], predictions=known)[0].rows
    assert not row.pooled


def test_the_interval_holds_the_score(published: Publish) -> None:
    (row,) = board_of(*whole(published, "enhanced")).rows
    assert row.interval is not None
    assert row.score is not None
    assert row.interval[0] < row.score < row.interval[1]


def test_rows_far_apart_are_in_tiers_of_their_own(published: Publish) -> None:
    runs = [*whole(published, "good", skill=0.95), *whole(published, "poor", skill=0.3)]
    assert [(row.recipe, row.tier) for row in board_of(*runs).rows] == [("good", 1), ("poor", 2)]


def test_rows_that_cannot_be_told_apart_share_a_tier(published: Publish) -> None:
    runs = [*whole(published, "one", skill=0.6), *whole(published, "other", skill=0.6)]
    board = board_of(*runs)
    assert [row.tier for row in board.rows] == [1, 1]
    assert board.detectable is not None
    assert board.detectable > 0


def test_the_board_says_how_many_groups_and_items_were_tested(published: Publish) -> None:
    board = board_of(*whole(published, "enhanced", items=40))
    assert (board.groups, board.items) == (8, 80)


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"audit": "leaky", "skill": 0.99}, Standing.LEAKY),
        ({"state": "collapsed"}, Standing.NO_RESULT),
    ],
)
def test_only_an_honest_row_has_a_tier(
    published: Publish, changes: dict[str, object], standing: Standing
) -> None:
    runs = [*whole(published, "honest", skill=0.3), *whole(published, "other", **changes)]
    first, second = board_of(*runs).rows
    assert (first.recipe, first.tier) == ("honest", 1)
    assert (second.standing, second.tier) == (standing, None)


def test_a_board_of_leaky_rows_alone_has_intervals_and_no_tiers(published: Publish) -> None:
    board = board_of(
        *whole(published, "one", audit="leaky"), *whole(published, "two", audit="leaky")
    )
    assert [row.tier for row in board.rows] == [None, None]
    assert all(row.interval for row in board.rows)
    assert board.groups == 8


def test_a_row_of_some_folds_has_an_interval_and_no_tier(published: Publish) -> None:
    part = [run for run in whole(published, "part", skill=0.99) if run.record.task.fold == 0]
    board = board_of(*whole(published, "whole"), *part)
    first, second = board.rows
    assert (first.recipe, second.recipe) == ("whole", "part")
    assert (second.standing, second.tier, second.folds) == (Standing.INCOMPLETE, None, 1)
    assert second.interval is not None


def test_rows_of_other_items_have_no_tier(published: Publish) -> None:
    usual = [*whole(published, "one"), *whole(published, "two")]
    board = board_of(*usual, *whole(published, "less", items=57))
    assert {row.recipe: row.tier for row in board.rows}["less"] is None
    assert [row.tier for row in board.rows if row.recipe != "less"] == [1, 1]


def test_80_percent_is_firm_where_the_whole_interval_lies_there(published: Publish) -> None:
    (row,) = board_of(*whole(published, "good", skill=0.97)).rows
    assert row.interval is not None
    assert (row.reaches_80, row.firm_80, row.interval[0] >= 0.8) == (True, True, True)


def test_80_percent_of_one_seed_is_not_firm(published: Publish) -> None:
    (row,) = board_of(*whole(published, "good", skill=0.97, seeds=1)).rows
    assert (row.reaches_80, row.firm_80) == (True, False)


def test_80_percent_is_not_firm_where_the_interval_reaches_below(published: Publish) -> None:
    (row,) = board_of(*whole(published, "fair", skill=0.74)).rows
    assert row.interval is not None
    assert (row.reaches_80, row.firm_80, row.interval[0] < 0.8) == (True, False, True)


def test_recalls_are_those_of_all_folds_and_seeds(published: Publish) -> None:
    runs = whole(published, "enhanced")
    (row,) = board_of(*runs).rows
    total = np.sum([run.record.scores["emotion"].confusion for run in runs], axis=0)
    expected = np.diagonal(total) / total.sum(axis=1)
    assert list(row.recalls.values()) == pytest.approx(expected.tolist())
    assert list(row.recalls) == ["calm", "angry", "happy"]


def test_the_order_of_records_does_not_matter(published: Publish) -> None:
    runs = [*whole(published, "one"), *whole(published, "two", skill=0.7)]
    assert board_of(*runs) == board_of(*reversed(runs))
