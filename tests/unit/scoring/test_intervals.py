"""Intervals of shares and of mean recall."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emobench.scoring.intervals import uar_interval, wilson_interval


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (181, 240)])
def test_wilson_equals_the_reference(successes: int, trials: int) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    found = wilson_interval(successes, trials=trials)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_is_known_without_trials() -> None:
    assert wilson_interval(0, trials=0) == (0.0, 1.0)
    assert uar_interval([0], supports=[0]) == (0.0, 1.0)


@pytest.mark.parametrize("recalls", [(0.9, 0.1, 0.1, 0.0), (0.5, 0.6, 0.7, 0.8)])
def test_the_uar_interval_covers_at_its_rate(recalls: tuple[float, ...]) -> None:
    supports = [60, 30, 30, 15]
    hits = np.random.default_rng(0).binomial(supports, recalls, size=(2000, 4))
    covered = 0
    for row in hits.tolist():
        low, high = uar_interval(row, supports=supports)
        covered += low <= np.mean(recalls) <= high
    assert 0.93 <= covered / 2000 <= 0.985


def test_a_class_without_items_is_left_out() -> None:
    assert uar_interval([5, 0], supports=[10, 0]) == uar_interval([5], supports=[10])
