"""The rules by which claims are judged, and what the ledger's file may say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.boards.claims import (
    Ledger,
    Measured,
    Promise,
    judge_gain,
    judge_score,
)

SHARES = st.floats(0, 100, allow_nan=False)


def interval(low: float, high: float, *, estimate: float | None = None) -> Measured:
    middle = (low + high) / 2 if estimate is None else estimate
    return Measured(estimate=middle, low=low, high=high, seeds=3)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (interval(33, 41), "smaller"),
        (interval(78, 84), "confirmed"),
        (interval(70, 84), "smaller"),
        (interval(90, 95), "confirmed"),
        (interval(10, 41), "absent"),
        (interval(5, 12), "reversed"),
    ],
)
def test_a_promised_score_is_judged_by_its_interval(found: Measured, verdict: str) -> None:
    promise = Promise(least=80.21, most=80.21)
    assert judge_score(promise, found, constant=13.3, collapsed=False).verdict == verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (interval(-1, 5), "absent"),
        (interval(-5, -1), "reversed"),
        (interval(0.5, 2), "smaller"),
        (interval(0.5, 4), "smaller"),
        (interval(0.5, 6), "confirmed"),
        (interval(6, 9), "confirmed"),
    ],
)
def test_a_promised_gain_is_judged_by_its_interval(found: Measured, verdict: str) -> None:
    promise = Promise(least=3, most=5)
    assert judge_gain(promise, found, collapsed=False).verdict == verdict


def test_an_absent_gain_whose_interval_holds_the_promise_says_so() -> None:
    promise = Promise(least=3, most=5)
    wide = judge_gain(promise, interval(-1, 5), collapsed=False)
    narrow = judge_gain(promise, interval(-1, 1), collapsed=False)
    assert (wide.note, narrow.note) == ("the interval holds the promise too", "")


@pytest.mark.parametrize(
    ("found", "note"),
    [
        (interval(86, 90), "firm"),
        (interval(80, 90, estimate=86), ""),
        (interval(80, 86, estimate=83), "the interval holds the promise too"),
        (interval(80, 84), ""),
    ],
)
def test_a_judged_promise_says_how_firmly(found: Measured, note: str) -> None:
    promise = Promise(least=85)
    assert judge_score(promise, found, constant=None, collapsed=False).note == note


def test_a_collapse_is_the_verdict_of_a_promise_to_work() -> None:
    fine = interval(85, 90)
    assert judge_score(Promise(least=80), fine, constant=13, collapsed=True).verdict == "collapsed"
    assert judge_gain(Promise(least=3), fine, collapsed=True).verdict == "collapsed"


@pytest.mark.parametrize(
    ("found", "collapsed", "verdict"),
    [
        (interval(13.5, 15), False, "confirmed"),
        (interval(13, 16), False, "confirmed"),
        (interval(13, 26), True, "confirmed"),
        (interval(13.9, 26), False, "absent"),
        (interval(40, 50), True, "collapsed"),
        (interval(40, 50), False, "absent"),
    ],
)
def test_a_claim_that_a_recipe_fails_is_confirmed_by_its_failure(
    found: Measured, collapsed: bool, verdict: str
) -> None:
    promise = Promise(most=14.47)
    assert judge_score(promise, found, constant=13.3, collapsed=collapsed).verdict == verdict


def test_one_seed_confirms_and_denies_no_gain() -> None:
    for low, high in ((4, 9), (-9, -4), (-1, 1)):
        alone = Measured(estimate=(low + high) / 2, low=low, high=high, seeds=1)
        found = judge_gain(Promise(least=3), alone, collapsed=False)
        assert found.verdict == "not yet measured"
        assert found.note == "one seed tells no gain from luck"


def test_better_without_a_figure_is_a_gain_above_nought() -> None:
    promise = Promise(above=0)
    assert judge_gain(promise, interval(0.1, 0.2), collapsed=False).verdict == "confirmed"
    assert judge_gain(promise, interval(-0.1, 0.2), collapsed=False).verdict == "absent"


@given(low=SHARES, width=SHARES, more=SHARES, least=SHARES)
def test_a_higher_interval_never_turns_a_confirmed_gain_into_less(
    low: float, width: float, more: float, least: float
) -> None:
    promise = Promise(least=least)
    before = judge_gain(promise, interval(low - 50, low - 50 + width), collapsed=False).verdict
    raised = interval(low - 50 + more, low - 50 + width + more)
    after = judge_gain(promise, raised, collapsed=False).verdict
    order = ["reversed", "absent", "smaller", "confirmed"]
    assert order.index(after) >= order.index(before)


def ledger(**changes: Any) -> dict[str, Any]:
    claim = {
        "id": "one",
        "guide": "000",
        "lines": [1],
        "about": "recipe a",
        "says": "A, 80%",
        "promise": {"least": 80},
        "unit": "%",
        "measure": {"recipe": "a", "metric": "accuracy", "tasks": "mine"},
        **changes,
    }
    return {
        "schema": 1,
        "guides": {"000": {"modality": "speech", "about": "five models"}},
        "tasks": {"mine": ["set/people"]},
        "claims": [claim],
    }


def faults_of(plain: dict[str, Any]) -> list[str]:
    return [fault.message for fault in Ledger.parse(plain)[1]]


def test_a_whole_ledger_is_read() -> None:
    read, faults = Ledger.parse(ledger())
    assert faults == []
    assert read is not None
    assert read.claims[0].promise.figures == (80.0,)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"guide": "001"}, "claim 'one': unknown guide '001'; did you mean '000'?; known: 000"),
        ({"promise": {"least": 5, "most": 3}}, "'least' lies above 'most'"),
        ({"promise": {"above": 0, "most": 3}}, "give 'least', 'most' or both, or 'above' alone"),
        ({"lacks": "faces"}, "give either 'measure' or what it 'lacks'"),
        ({"measure": None}, "give either 'measure' or what it 'lacks'"),
        (
            {"measure": {"recipe": "a", "metric": "accurac", "tasks": "mine"}},
            "claim 'one': unknown metric 'accurac'; did you mean 'accuracy'?",
        ),
        (
            {"measure": {"recipe": "a", "metric": "uar", "tasks": "yours"}},
            "claim 'one': unknown list of tasks 'yours'",
        ),
    ],
)
def test_a_faulty_claim_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    (fault,) = faults_of(ledger(**changes))
    assert fault.startswith(words)


def test_an_id_given_twice_is_refused() -> None:
    plain = ledger()
    plain["claims"] *= 2
    assert faults_of(plain) == ["claim 'one' is given twice"]
