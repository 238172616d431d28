"""Ranking: who stands where, what a row says, and that the order of records does not matter."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emobench.boards.board import Board, Standing
from emobench.boards.contest import recipe_hash
from emobench.boards.rank import build_boards
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.record import LOADING_KEYS, Provenance, Record

TASK = "synthetic-speech/speakers"
MakeRecord = Callable[..., Record]


def one_board(records: Iterable[Record], **known: Any) -> Board:
    (board,) = build_boards(records, **known)
    return board


def names(*records: Record) -> list[str]:
    return [row.recipe for row in one_board(records).rows]


def test_higher_scores_stand_first(record: MakeRecord) -> None:
    assert names(record("a", uar=0.5), record("b", uar=0.9)) == ["b", "a"]


def test_lower_errors_stand_first(record: MakeRecord) -> None:
    task = {"metric": "mae"}
    records = [
        record("far", metrics={"mae": 0.9}, task=task),
        record("near", metrics={"mae": 0.1}, task=task),
    ]
    assert names(*records) == ["near", "far"]


def test_equal_scores_are_ordered_by_name(record: MakeRecord) -> None:
    assert names(record("b"), record("a")) == ["a", "b"]


def test_a_leaky_row_never_outranks_an_honest_one(record: MakeRecord) -> None:
    assert names(record("leaks", uar=0.99, audit="leaky"), record("weak", uar=0.3)) == [
        "weak",
        "leaks",
    ]


def test_a_warned_row_is_ranked_by_its_score(record: MakeRecord) -> None:
    assert names(record("warned", uar=0.9, audit="warned"), record("clean", uar=0.8)) == [
        "warned",
        "clean",
    ]


def test_collapsed_and_failed_rows_stay_at_the_end_with_their_reason(record: MakeRecord) -> None:
    board = one_board(
        [
            record("broken", uar=None, state="failed", reason="disk full"),
            record("fell", uar=0.5, state="collapsed", reason="predicts 'calm' for 100%"),
            record("leaks", uar=0.9, audit="leaky"),
            record("weak", uar=0.4),
        ],
    )
    assert [(row.recipe, row.reason) for row in board.rows] == [
        ("weak", ""),
        ("leaks", ""),
        ("fell", "predicts 'calm' for 100%"),
        ("broken", "disk full"),
    ]


def test_a_run_that_never_saw_its_data_is_not_called_clean(record: MakeRecord) -> None:
    run = record(uar=None, state="failed", fingerprint="")
    assert one_board([run]).rows[0].audit == "not audited"


def test_one_collapsed_seed_tells_for_the_row(record: MakeRecord) -> None:
    runs = [record(seed=0), record(seed=1, state="collapsed", reason="why"), record(seed=2)]
    (row,) = one_board(runs).rows
    assert (row.state, row.reason, row.states) == ("collapsed", "why", {"ok": 2, "collapsed": 1})
    assert row.standing is Standing.NO_RESULT


def test_an_interrupted_seed_does_not_cost_a_row_its_place(record: MakeRecord) -> None:
    (row,) = one_board([record(seed=0), record(seed=1, uar=None, state="interrupted")]).rows
    assert (row.state, row.standing) == ("ok", Standing.HONEST)
    assert row.states == {"ok": 1, "interrupted": 1}


def test_a_seed_counts_once_however_many_folds_it_has(record: MakeRecord) -> None:
    scores = {(0, 0): 0.5, (0, 1): 0.7, (1, 0): 0.7, (1, 1): 0.9}
    runs = [record(uar=uar, seed=seed, fold=fold, folds=2) for (seed, fold), uar in scores.items()]
    (row,) = one_board(runs).rows
    assert row.seed_scores == pytest.approx({0: 0.6, 1: 0.8})
    assert row.score == pytest.approx(0.7)
    assert row.spread == pytest.approx(0.2 / 2**0.5)
    assert (row.seeds, row.folds) == ((0, 1), 2)
    assert row.metrics["accuracy"] == pytest.approx(0.71)


def test_one_seed_has_no_spread(record: MakeRecord) -> None:
    assert one_board([record()]).rows[0].spread is None


def test_a_row_without_all_folds_stands_below_those_with_all(record: MakeRecord) -> None:
    whole = [record("whole", uar=0.4, fold=fold, folds=2) for fold in (0, 1)]
    board = one_board([record("part", uar=0.9, fold=0, folds=2), *whole])
    assert [(row.recipe, row.folds) for row in board.rows] == [("whole", 2), ("part", 1)]


def test_one_name_for_two_recipes_makes_two_rows(record: MakeRecord) -> None:
    board = one_board([record(), record(options={"train": {"epochs": 3}}, id="other")])
    assert len({row.method_hash for row in board.rows}) == 2


def test_two_versions_of_a_plugin_are_two_methods_and_never_one_mean(record: MakeRecord) -> None:
    def by(version: str, seed: int) -> Record:
        made = Provenance(emobench="1", api=2, python="3", components={"loss/x": version})
        return replace(record(seed=seed, id=f"{version}-{seed}"), provenance=made)

    board = one_board([by("acme 1.0", 0), by("acme 1.0", 1), by("acme 1.0+5f3a", 2)])
    assert [row.seeds for row in board.rows] in ([(0, 1), (2,)], [(2,), (0, 1)])
    assert len({board.name_of(row) for row in board.rows}) == 2


def test_what_a_recipe_is_called_is_not_part_of_its_hash() -> None:
    method = {"train": {"epochs": 2}}
    assert recipe_hash({**method, "name": "a", "summary": "b", "task": "c"}) == recipe_hash(method)


def test_what_members_are_called_and_how_they_are_loaded_is_not_part_of_an_ensembles_hash() -> None:
    def ensemble(epochs: int, **changes: object) -> dict[str, object]:
        recipe = {"schema": 1, "train": {"epochs": epochs, "workers": 0}}
        member = {"name": "a", "copies": 2, "recipe": {**recipe, **changes}}
        return {"schema": 1, "members": [member], "combiner": {"use": "soft_vote"}}

    plain = recipe_hash(ensemble(2))
    assert recipe_hash(ensemble(2, summary="words", task="t")) == plain
    assert recipe_hash(ensemble(2, train={"epochs": 2, "workers": 4})) == plain
    assert recipe_hash(ensemble(3)) != plain


def test_how_a_recipe_is_loaded_and_kept_is_not_part_of_its_hash(record: MakeRecord) -> None:
    runs = [
        record(seed=0, options={"train": {"epochs": 2, "workers": 0, "checkpoint_every": 1}}),
        record(seed=1, options={"train": {"epochs": 2, "workers": 4, "checkpoint_every": 5}}),
    ]
    assert [row.seeds for row in one_board(runs).rows] == [(0, 1)]


def test_the_loading_keys_are_those_that_a_recipes_identity_leaves_out() -> None:
    recipe = load_recipe("enhanced", registry=load_registry())
    assert set(recipe.dump()["train"]) - set(recipe.method()["train"]) == LOADING_KEYS


def test_of_a_run_done_twice_the_newest_counts(record: MakeRecord) -> None:
    old = record(uar=0.9, id="old", started="2026-01-01T00:00:00Z")
    new = record(uar=0.5, id="new", started="2026-02-01T00:00:00Z")
    (row,) = one_board([new, old]).rows
    assert (row.score, row.records) == (0.5, ("new",))


def test_an_interrupted_repeat_does_not_hide_the_finished_run(record: MakeRecord) -> None:
    again = record(uar=None, id="again", state="interrupted", started="2026-02-01T00:00:00Z")
    assert one_board([record(), again]).rows[0].records == ("enhanced-0-0",)


def test_a_run_that_a_later_one_replaces_is_counted(record: MakeRecord) -> None:
    old = record(id="old", started="2026-01-01T00:00:00Z")
    new = record(id="new", started="2026-02-01T00:00:00Z")
    assert one_board([old, new]).repeated == 1
    assert one_board([new]).repeated == 0


@pytest.mark.parametrize(
    "other",
    [
        {"task": {"version": 2}},
        {"task": {"protocol": {"use": "random", "test": 0.2}}},
        {"task": {"protocol": {"use": "grouped-holdout", "test": 0.3}}},
        {"task": {"metric": "accuracy"}},
        {"task": {"targets": ("valence",)}},
        {"task": {"folds": 5}},
        {"fingerprint": "g"},
    ],
    ids=str,
)
def test_what_was_scored_on_something_else_stands_on_a_board_of_its_own(
    other: dict[str, Any], record: MakeRecord
) -> None:
    random = record(uar=0.9, audit="warned", id="random", **other)
    boards = build_boards([record(uar=0.5, id="honest"), random])
    assert sorted(row.records for board in boards for row in board.rows) == [
        ("honest",),
        ("random",),
    ]
    assert [board.task for board in boards] == [TASK, TASK]
    assert len({board.mark for board in boards} - {""}) == 2
    assert [board.repeated for board in boards] == [0, 0]


def test_the_newest_version_of_a_task_stands_first(record: MakeRecord) -> None:
    boards = build_boards([record(task={"version": version}) for version in (1, 3, 2)])
    assert [board.version for board in boards] == [3, 2, 1]


def test_a_mark_is_the_same_whatever_else_is_known(record: MakeRecord) -> None:
    runs = [record(fingerprint=data) for data in "abc"]
    marks = {board.data: board.mark for board in build_boards(runs)}
    assert {board.data: board.mark for board in build_boards(runs[:2])} == {
        data: marks[data] for data in "ab"
    }


def test_a_task_with_one_board_goes_by_its_name_alone(record: MakeRecord) -> None:
    board = one_board([record()])
    assert (board.mark, board.title) == ("", TASK)


def test_a_run_that_never_saw_its_data_joins_the_only_board_on_its_terms(
    record: MakeRecord,
) -> None:
    board = one_board([record("a"), record("b", uar=None, state="failed", fingerprint="")])
    assert [row.recipe for row in board.rows] == ["a", "b"]


def test_a_run_that_never_saw_its_data_stands_apart_where_boards_are_several(
    record: MakeRecord,
) -> None:
    lost = record("lost", uar=None, state="failed", fingerprint="")
    boards = build_boards([record("a"), record("b", fingerprint="g"), lost])
    assert {board.data: [row.recipe for row in board.rows] for board in boards} == {
        "f": ["a"],
        "g": ["b"],
        "": ["lost"],
    }


def test_a_run_that_never_saw_its_data_does_not_hide_one_that_did(record: MakeRecord) -> None:
    lost = record(
        uar=None, state="failed", fingerprint="", id="lost", started="2026-02-01T00:00:00Z"
    )
    assert one_board([record(), lost]).rows[0].records == ("enhanced-0-0",)


@pytest.mark.parametrize(
    ("uar", "audit", "state", "expected"),
    [
        (0.8, "clean", "ok", True),
        (0.8, "warned", "ok", True),
        (0.799, "clean", "ok", False),
        (0.95, "leaky", "ok", False),
        (0.95, "clean", "collapsed", False),
    ],
)
def test_the_mark_is_for_honest_means_that_reach_it(
    uar: float, audit: str, state: str, expected: bool, record: MakeRecord
) -> None:
    (row,) = one_board([record(uar=uar, audit=audit, state=state)]).rows
    assert row.reaches_80 is expected


def test_a_large_error_is_no_mark(record: MakeRecord) -> None:
    run = record(metrics={"rmse": 0.9}, task={"metric": "rmse"})
    assert not one_board([run]).rows[0].reaches_80


def test_the_constant_predictor_is_scored_from_the_true_class_counts(record: MakeRecord) -> None:
    constant = one_board([record()]).constant
    assert constant.class_name == "calm"
    assert constant.score == 0.5
    assert constant.metrics["accuracy"] == pytest.approx(40 / 60)
    assert constant.metrics["macro_f1"] == pytest.approx(0.8 / 2)


def test_the_constant_predictor_stands_where_its_score_puts_it(record: MakeRecord) -> None:
    board = one_board(
        [record("a", uar=0.7), record("b", uar=0.5), record("c", uar=0.4), record("d")]
    )
    assert board.constant_rank == 3


def test_the_constant_predictor_stands_above_every_leaky_row(record: MakeRecord) -> None:
    board = one_board([record("leaks", uar=0.9, audit="leaky")])
    assert board.constant_rank == 0


def test_the_constant_predictor_has_a_row_even_when_nothing_was_scored(record: MakeRecord) -> None:
    board = one_board([record(uar=None, state="failed", reason="no")])
    assert (board.constant.score, board.constant_rank) == (None, 0)


def test_a_constant_agrees_with_no_number(record: MakeRecord) -> None:
    run = record(metrics={"ccc": 0.4}, task={"metric": "ccc"})
    assert one_board([run]).constant.score == 0.0


def test_a_shipped_recipe_is_repeated_by_name(record: MakeRecord) -> None:
    runs = [record(seed=seed) for seed in range(3)]
    board = one_board(runs, shipped={"enhanced": runs[0].recipe}, offered=[runs[0].task])
    assert board.rows[0].command == f"emobench run enhanced --task {TASK} --seeds 3"


def test_a_recipe_that_differs_from_the_shipped_one_is_repeated_from_its_record(
    record: MakeRecord,
) -> None:
    run = record()
    board = one_board([run], shipped={"enhanced": {"train": {"epochs": 9}}}, offered=[run.task])
    assert board.rows[0].command == (
        f"emobench run enhanced-0-0/recipe.yaml --task {TASK} --seed 0 --runs ."
    )


def test_seeds_with_gaps_are_named_one_by_one(record: MakeRecord) -> None:
    runs = [record(seed=seed) for seed in (1, 4)]
    command = (
        one_board(runs, shipped={"enhanced": runs[0].recipe}, offered=[runs[0].task])
        .rows[0]
        .command
    )
    start = f"emobench run enhanced --task {TASK} --seed"
    assert command == f"{start} 1 && {start} 4"


def test_a_single_fold_is_repeated_alone(record: MakeRecord) -> None:
    runs = [record(seed=seed, fold=3, folds=5) for seed in (0, 1)]
    offered = [replace(runs[0].task, fold=0)]
    start = f"emobench run enhanced-0-3/recipe.yaml --task {TASK}"
    assert (
        one_board(runs, offered=offered).rows[0].command == f"{start} --seeds 2 --fold 3 --runs ."
    )
    assert (
        one_board(runs[:1], offered=offered).rows[0].command
        == f"{start} --seed 0 --fold 3 --runs ."
    )


def test_all_folds_are_repeated_without_naming_them(record: MakeRecord) -> None:
    runs = [record(seed=seed, fold=fold, folds=2) for seed in (0, 1) for fold in (0, 1)]
    assert one_board(runs).rows[0].command.endswith("/task.yaml --seeds 2 --runs .")


def test_seeds_that_differ_in_folds_are_repeated_one_by_one(record: MakeRecord) -> None:
    runs = [record(seed=0, fold=fold, folds=2) for fold in (0, 1)]
    (row,) = one_board([*runs, record(seed=1, fold=1, folds=2)]).rows
    start = "emobench run enhanced-0-0/recipe.yaml --task enhanced-0-0/task.yaml"
    assert row.command == f"{start} --seed 0 --runs . && {start} --seed 1 --fold 1 --runs ."


@pytest.mark.parametrize("change", [{"metric": "accuracy"}, {"version": 2}, {"name": "data/clips"}])
def test_a_task_that_no_dataset_offers_is_repeated_from_the_file_beside_the_record(
    change: dict[str, Any], record: MakeRecord
) -> None:
    board = one_board([record(task=change)], offered=[record().task])
    assert "--task enhanced-0-0/task.yaml " in board.rows[0].command


def test_seeds_that_lack_folds_are_not_averaged_with_whole_ones(record: MakeRecord) -> None:
    whole = [record(seed=0, fold=fold, folds=2, uar=0.4 + 0.2 * fold) for fold in (0, 1)]
    lucky = record(seed=1, fold=1, folds=2, uar=0.9)
    (row,) = one_board([*whole, lucky]).rows
    assert (row.score, row.folds, set(row.seed_scores)) == (pytest.approx(0.5), 2, {0})
    (alone,) = one_board([lucky]).rows
    assert (alone.score, alone.folds, alone.standing) == (0.9, 1, Standing.INCOMPLETE)


def test_names_of_strangers_are_quoted_for_the_shell(record: MakeRecord) -> None:
    run = record("my; rm", id="x", task={"name": TASK})
    command = one_board([run], shipped={"my; rm": run.recipe}).rows[0].command
    assert command.startswith("emobench run 'my; rm' --task")


def test_costs_are_means_over_scored_runs(record: MakeRecord) -> None:
    runs = [record(seed=0), record(seed=1, uar=None, state="interrupted")]
    costs = one_board(runs).rows[0].costs
    assert costs is not None
    assert (costs.train_s, costs.parameters, costs.ms_per_item) == (30.0, 120_000, 0.25)


def test_a_score_that_is_no_number_is_no_score(record: MakeRecord) -> None:
    (row,) = one_board([record(metrics={"uar": float("nan")})]).rows
    assert (row.score, row.standing) == (None, Standing.NO_RESULT)


def test_every_task_gets_its_board_and_its_note(record: MakeRecord) -> None:
    other = [record(task={"name": name}) for name in ("b/c", "a/c")]
    boards = build_boards([record(note="a test bench"), *other])
    assert [(board.task, board.note) for board in boards] == [
        ("a/c", ""),
        ("b/c", ""),
        (TASK, "a test bench"),
    ]


RUNS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 2),
        st.sampled_from([0.2, 0.5, 0.9]),
        st.sampled_from(["ok", "collapsed", "interrupted"]),
        st.sampled_from(["clean", "warned", "leaky"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(runs=RUNS, seed=st.integers(0, 100))
def test_the_board_does_not_depend_on_the_order_of_records(
    record: MakeRecord, runs: list[tuple[str, int, float, str, str]], seed: int
) -> None:
    records = [
        record(name, seed=number, uar=uar, state=state, audit=audit, id=f"run-{index}")
        for index, (name, number, uar, state, audit) in enumerate(runs)
    ]
    shuffled = random.Random(seed).sample(records, len(records))
    assert one_board(records) == one_board(shuffled)


def test_seeds_of_an_ensemble_s_copies_are_told_from_chosen_ones(record: MakeRecord) -> None:
    first, copy = record("lstm", seed=1), record("lstm", seed=4711)
    alone = record("plain", seed=99)
    many = record("ensemble", seed=1, members=(first.id, copy.id))
    assert one_board([first, copy, alone, many]).copy_seeds == (4711,)
    assert one_board([first, copy, alone]).copy_seeds == ()
