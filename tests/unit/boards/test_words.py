"""Figures and counts read as people write them."""

from __future__ import annotations

import pytest

from emobench.boards.words import count, figure, gain_words, heading, mean, tally, title
from emobench.scoring.catalogue import METRICS


@pytest.mark.parametrize(
    ("value", "metric", "words"),
    [
        (0.5432, "uar", "54.3%"),
        (0.5432, "ccc", "0.543"),
        (1.0, "accuracy", "100.0%"),
        (0.5, "a metric of a plugin", "0.500"),
        (None, "uar", "–"),
    ],
)
def test_a_figure_is_in_percent_where_it_is_a_share(
    value: float | None, metric: str, words: str
) -> None:
    assert figure(value, metric=metric) == words


def test_titles_are_those_of_the_field() -> None:
    assert [title("uar"), title("macro_f1"), title("mae")] == ["UAR", "macro F1", "MAE"]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("macro_f1", "Macro F1"), ("map", "mAP"), ("kl", "KL divergence"), ("accuracy", "Accuracy")],
)
def test_a_heading_starts_with_a_capital_unless_the_word_has_its_own(
    metric: str, expected: str
) -> None:
    assert heading(metric) == expected


def test_no_metric_shows_its_internal_name() -> None:
    assert [name for name in METRICS if "_" in title(name)] == []


def test_a_mean_shows_its_spread_where_there_is_one() -> None:
    assert mean(0.5, spread=None, metric="uar") == "50.0%"
    assert mean(0.5, spread=0.021, metric="uar") == "50.0% ± 2.1%"


def test_states_are_tallied_in_their_order() -> None:
    assert tally({"ok": 2, "collapsed": 1}) == "2 ok, 1 collapsed"


def test_counts_agree_in_number() -> None:
    assert [count(0, "run"), count(1, "run"), count(2, "run")] == ["0 runs", "1 run", "2 runs"]


@pytest.mark.parametrize(
    ("gain", "metric", "words"),
    [
        ((0.031, -0.0104, 0.072), "uar", "+3.1 points [-1.0, +7.2]"),
        ((0.038, -1.7, 1.776), "uar", "+3.8 points [-100.0, +100.0]"),
        ((-0.5, -1.7, 0.7), "mae", "-0.500 [-1.700, +0.700]"),
    ],
)
def test_a_gain_has_its_sign_and_no_share_gains_more_than_all(
    gain: tuple[float, float, float], metric: str, words: str
) -> None:
    assert gain_words(gain, metric=metric) == words
