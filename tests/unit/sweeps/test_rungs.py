"""Halving lets the best of those seen so far go on, whatever the order they come in."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.sweeps.rungs import Rungs, asha, hyperband, ladder, unstopped


@pytest.mark.parametrize(
    ("epochs", "first", "expected"),
    [(27, 3, (3, 9)), (27, 1, (1, 3, 9)), (28, 1, (1, 3, 9, 27)), (1, 1, ()), (5, 0, (1, 3))],
)
def test_a_ladder_triples_below_the_last_epoch(
    epochs: int, first: int, expected: tuple[int, ...]
) -> None:
    assert ladder(epochs, first=first) == expected


def test_asha_begins_at_a_ninth_of_the_epochs() -> None:
    assert asha(27).of(0) == (3, 9)
    assert asha(30).of(5) == (4, 12)


def test_hyperbands_ladders_are_taken_in_turn_and_one_has_no_rungs() -> None:
    rungs = hyperband(9)
    assert [rungs.of(trial) for trial in range(4)] == [(1, 3), (3,), (), (1, 3)]


def test_the_first_to_reach_a_rung_go_on_and_later_only_the_best_third() -> None:
    rungs = Rungs([(1,)])
    answers = [
        rungs.goes_on(trial, epoch=1, value=value)
        for trial, value in enumerate([0.1, 0.2, 0.3, 0.25, 0.5, 0.5, 0.4, 0.6])
    ]
    assert answers == [True, True, True, False, True, True, False, True]


def test_no_figure_ends_a_trial_at_its_rung_even_the_first() -> None:
    rungs = Rungs([(2,)])
    assert rungs.goes_on(0, epoch=1, value=None)
    assert not rungs.goes_on(0, epoch=2, value=math.nan)
    assert not rungs.goes_on(1, epoch=2, value=None)


def test_a_trial_is_judged_once_a_rung() -> None:
    rungs = Rungs([(1,)])
    for trial, value in enumerate([0.9, 0.8, 0.7, 0.9]):
        rungs.goes_on(trial, epoch=1, value=value)
    assert rungs.goes_on(0, epoch=2, value=0.0)


def test_trials_of_different_ladders_are_not_compared() -> None:
    rungs = Rungs([(1,), (1,)])
    for trial in range(0, 8, 2):
        rungs.goes_on(trial, epoch=1, value=0.9)
    assert rungs.goes_on(1, epoch=1, value=0.1)


def test_without_rungs_nothing_is_stopped() -> None:
    assert all(unstopped().goes_on(trial, epoch=9, value=-1.0) for trial in range(9))


@given(st.lists(st.floats(0, 1), min_size=3, max_size=40))
def test_whoever_leads_a_rung_always_goes_on(values: list[float]) -> None:
    rungs = Rungs([(1,)])
    for trial, value in enumerate(values):
        goes_on = rungs.goes_on(trial, epoch=1, value=value)
        if value == max(values[: trial + 1]):
            assert goes_on


def test_what_was_stopped_stays_stopped() -> None:
    rungs = Rungs([(1, 3)])
    answers = [rungs.goes_on(t, epoch=1, value=value) for t, value in enumerate([0.9, 0.8, 0.1])]
    assert answers == [True, True, False]
    assert not rungs.goes_on(2, epoch=2, value=1.0)
