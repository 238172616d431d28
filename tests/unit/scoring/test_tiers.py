"""Tiers, Holm's correction, ranks, and what difference a board can find."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emobench.api import Target
from emobench.scoring.tally import Tally, tally
from emobench.scoring.tiers import detectable_difference, holm, separate
from emobench.scoring.uncertainty import Difference

TARGET = Target(name="emotion", kind="class", classes=("a", "b", "c", "d"))


def row(skill: float, *, seeds: int = 3, start: int = 0) -> list[Tally]:
    """A recipe that is right with that probability, over ten groups of twenty items."""
    truth = np.arange(200) % 4
    made = []
    for seed in range(start, start + seeds):
        stream = np.random.default_rng([seed, int(1000 * skill)])
        guess = np.where(stream.random(200) < skill, truth, (truth + 1) % 4)
        made.append(
            tally(
                TARGET,
                seed=seed,
                items=[f"i{position}" for position in range(200)],
                groups=[f"g{position // 20}" for position in range(200)],
                probabilities=np.eye(4)[guess] * 0.6 + 0.1,
                truth=truth,
            )
        )
    return made


def test_holm_gives_the_textbook_s_figures() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_no_correction_and_bonferroni_s(p_values: list[float]) -> None:
    for adjusted, p in zip(holm(p_values), p_values, strict=True):
        assert p <= adjusted <= min(1.0, len(p_values) * p) + 1e-15


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=8))
def test_comparisons_that_are_beyond_doubt_change_no_other(p_values: list[float]) -> None:
    assert holm([*p_values, 1e-12])[:-1] == pytest.approx(holm(p_values))


SKILLS = (0.5, 0.93, 0.52, 0.9, 0.71, 0.91, 0.74)


def test_tiers_are_runs_of_neighbours_between_significant_borders() -> None:
    found = separate([row(skill) for skill in SKILLS], metric="accuracy")
    scores = [np.mean([each.score("accuracy") for each in row(skill)]) for skill in SKILLS]
    order = sorted(range(len(SKILLS)), key=lambda position: -scores[position])
    tiers = [found.tiers[position] for position in order]
    assert tiers == sorted(tiers)
    assert set(tiers) == {1, 2, 3}
    for tier in (1, 2, 3):
        leader, *others = [place for place in order if found.tiers[place] == tier]
        for other in others:
            assert found.adjusted[min(leader, other), max(leader, other)] >= 0.05
        if tier < 3:
            after = order[tiers.index(tier + 1)]
            assert found.adjusted[min(leader, after), max(leader, after)] < 0.05


def test_a_row_far_away_moves_no_other() -> None:
    rows = [row(skill) for skill in SKILLS]
    alone, joined = (separate(each, metric="accuracy").tiers for each in (rows, [*rows, row(0.02)]))
    assert joined[:-1] == alone
    assert joined[-1] == max(alone) + 1


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [row(skill) for skill in SKILLS]
    forth = separate(rows, metric="accuracy")
    back = separate(rows[::-1], metric="accuracy")
    assert back.tiers[::-1] == forth.tiers
    assert back.ranks[::-1] == forth.ranks


def test_of_errors_the_smallest_is_best() -> None:
    found = separate([row(0.3), row(0.9)], metric="log_loss")
    assert found.tiers == (2, 1)


def test_ranks_say_how_many_are_surely_better_and_worse() -> None:
    found = separate([row(0.95), row(0.94), row(0.5), row(0.2)], metric="accuracy")
    assert found.ranks == ((1, 2), (1, 2), (3, 3), (4, 4))


def test_rows_of_one_seed_are_told_apart_by_the_variance_of_the_others() -> None:
    lone = [row(0.9, seeds=1), row(0.4, seeds=1)]
    assert separate(lone, metric="accuracy").tiers == (1, 1)
    assert separate([*lone, row(0.9)], metric="accuracy").tiers == (1, 2, 1)


def test_one_row_has_a_tier_and_nothing_to_detect() -> None:
    found = separate([row(0.5)], metric="accuracy")
    assert (found.tiers, found.ranks, found.detectable) == ((1,), ((1, 1),), None)
    assert separate([], metric="accuracy").tiers == ()


def difference(*, error: float, degrees: float) -> Difference:
    return Difference(
        estimate=0.0,
        p=1.0,
        error=error,
        degrees=degrees,
        groups=0,
        seeds=0,
        paired=True,
    )


@pytest.mark.parametrize("degrees", [4.0, 9.0, 23.0, 200.0])
def test_the_detectable_difference_is_found_four_times_in_five(degrees: float) -> None:
    found = detectable_difference([difference(error=0.02, degrees=degrees)])
    assert found is not None
    critical = stats.t.ppf(0.975, degrees)
    power = stats.nct.sf(critical, degrees, found / 0.02)
    assert power == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("groups", [5, 24])
def test_equal_recipes_are_rarely_told_apart(coverage: ModuleType, groups: int) -> None:
    """At most once in twenty boards, as far as so many boards can tell."""
    boards = 100
    wrong, _ = coverage.false_separation(
        coverage.WORLDS["typical"], groups=groups, seeds=3, repetitions=boards, rows=5
    )
    assert stats.binom.sf(round(wrong * boards) - 1, boards, 0.05) > 0.005
