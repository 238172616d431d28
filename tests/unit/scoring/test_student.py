"""Student's t against scipy's."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from emobench.scoring.student import t_quantile, t_two_sided

DEGREES = [1.0, 1.3, 2.0, 3.7, 4.0, 23.0, 119.5, 1e6]


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("statistic", [0.0, 0.03, -1.0, 2.1, 12.7, 80.0])
def test_the_probability_equals_the_reference(statistic: float, degrees: float) -> None:
    expected = 2 * stats.t.sf(abs(statistic), degrees)
    assert t_two_sided(statistic, degrees=degrees) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.8, 0.975, 0.9999])
def test_the_quantile_equals_the_reference(share: float, degrees: float) -> None:
    expected = stats.t.ppf(share, degrees)
    assert t_quantile(share, degrees=degrees) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_nothing_lies_beyond_infinity() -> None:
    assert t_two_sided(math.inf, degrees=3) == 0.0
