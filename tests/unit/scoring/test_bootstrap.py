"""The two-level bootstrap: what it draws, and that it agrees with the formulas."""

from __future__ import annotations

import numpy as np
import pytest

from emobench.api import Target, UsageError
from emobench.scoring.bootstrap import bootstrap_scores
from emobench.scoring.tally import Tally, tally
from emobench.scoring.uncertainty import paired_difference

NUMBER = Target(name="arousal", kind="number")


def row(*errors: list[float], first: int = 0) -> list[Tally]:
    """A seed for each list; one item in each group, predicted with that error."""
    return [
        tally(
            NUMBER,
            seed=first + seed,
            items=[f"i{position}" for position in range(len(of_seed))],
            groups=[f"g{position}" for position in range(len(of_seed))],
            probabilities=of_seed,
            truth=np.zeros(len(of_seed)),
        )
        for seed, of_seed in enumerate(errors)
    ]


def test_the_spread_is_that_of_groups_and_of_seeds() -> None:
    """Var of a mean of n draws with replacement is the population variance over n, both ways."""
    by_group, by_seed = np.arange(8.0), np.asarray([0.0, 1.0, 5.0])
    errors = [(10 + by_group + shift).tolist() for shift in by_seed]
    (draws,) = bootstrap_scores([row(*errors)], metric="mae", resamples=40_000)
    expected = by_group.var() / 8 + by_seed.var() / 3
    assert draws.mean() == pytest.approx(10 + by_group.mean() + by_seed.mean(), abs=0.03)
    assert draws.var() == pytest.approx(expected, rel=0.03)


def test_rows_of_the_same_seeds_share_the_draws() -> None:
    one, other = row([1.0, 2.0, 5.0], [2.0, 2.0, 4.0]), row([2.0, 3.0, 6.0], [3.0, 3.0, 5.0])
    draws = bootstrap_scores([one, other], metric="mae", resamples=500)
    assert draws[1] - draws[0] == pytest.approx(np.ones(500))
    assert draws[0].std() > 0.1


def test_rows_of_other_seeds_draw_their_own() -> None:
    same = [[1.0, 1.0, 1.0], [3.0, 3.0, 3.0]]
    draws = bootstrap_scores([row(*same), row(*same, first=7)], metric="mae", resamples=2000)
    assert abs(np.corrcoef(draws)[0, 1]) < 0.1


def test_the_draws_are_the_same_everywhere() -> None:
    """Fixed figures: they may not move with the machine or numpy's version."""
    (draws,) = bootstrap_scores([row([0.0, 1.0, 3.0, 8.0], [1.0, 1.0, 2.0, 9.0])], metric="mae")
    assert draws.shape == (10_000,)
    assert draws[:6] == pytest.approx([1.0, 2.75, 3.0, 3.0, 4.625, 0.875])


def test_a_difference_s_error_agrees_with_the_bootstrap() -> None:
    stream = np.random.default_rng(3)
    hard = 2 + stream.gamma(2.0, 1.0, 60)
    one, other = (
        row(*(hard + shift + stream.normal(0, 0.3, 60) for _ in range(6))) for shift in (0.0, 0.3)
    )
    draws = bootstrap_scores([one, other], metric="mae", resamples=4000)
    found = paired_difference(one, against=other, metric="mae")
    assert found.error == pytest.approx((draws[0] - draws[1]).std(), rel=0.15)


def test_rows_of_other_items_are_refused() -> None:
    with pytest.raises(UsageError, match="group 'g2' in the second alone"):
        bootstrap_scores([row([1.0, 2.0]), row([1.0, 2.0, 3.0])], metric="mae")
