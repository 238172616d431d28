"""The leak premium: against a paired t test, and in worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from emobench.api import Target
from emobench.scoring.premium import premium
from emobench.scoring.tally import Tally, tally

CLASSES = Target(name="emotion", kind="class", classes=("a", "b"))


def answers(right: np.ndarray, *, seed: int = 0, test_set: str = "one", first: int = 0) -> Tally:
    """A test set of people (rows) with items each (columns), answered right or not."""
    people, each = right.shape
    truth = np.arange(right.size) % 2
    given = np.where(right.reshape(-1), truth, 1 - truth)
    return tally(
        CLASSES,
        seed=seed,
        items=[f"{test_set} {number}" for number in range(right.size)],
        groups=[f"person {first + number // each}" for number in range(people * each)],
        probabilities=np.eye(2)[given],
        truth=truth,
    )


def test_of_one_seed_and_the_same_people_it_is_the_paired_t_interval() -> None:
    stream = np.random.default_rng(0)
    leaky, honest = stream.random((9, 20)) < 0.8, stream.random((9, 20)) < 0.5
    found = premium([answers(leaky, test_set="leaky")], honest=[answers(honest)], metric="accuracy")
    expected = stats.ttest_rel(leaky.mean(axis=1), honest.mean(axis=1)).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-8)
    assert found.estimate == pytest.approx(leaky.mean() - honest.mean())
    assert (found.groups, found.shared_groups) == (9, 9)


def test_of_other_people_the_variances_add() -> None:
    stream = np.random.default_rng(1)
    leaky, honest = stream.random((8, 20)) < 0.8, stream.random((8, 20)) < 0.5
    found = premium([answers(leaky, first=8)], honest=[answers(honest)], metric="accuracy")
    means = leaky.mean(axis=1), honest.mean(axis=1)
    error = np.sqrt(sum(np.var(one, ddof=1) / 8 for one in means))
    half = stats.t.ppf(0.975, 7) * error
    assert found.high - found.low == pytest.approx(2 * half, abs=1e-8)
    assert (found.groups, found.shared_groups) == (16, 0)


def test_seeds_trained_for_both_are_paired() -> None:
    """Seeds that move both scores alike widen neither the one interval nor the other."""
    base = np.arange(400).reshape(20, 20) % 10
    honest = [answers(base < 5 + seed, seed=seed) for seed in range(3)]
    leaky = [answers(base < 7 + seed, seed=seed, test_set="leaky") for seed in range(3)]
    paired = premium(leaky, honest=honest, metric="accuracy")
    assert paired.paired_seeds == 3
    assert (paired.low, paired.high) == pytest.approx((0.2, 0.2))
    others = [answers(base < 5 + seed, seed=9 + seed) for seed in range(3)]
    unpaired = premium(leaky, honest=others, metric="accuracy")
    assert unpaired.paired_seeds == 0
    assert unpaired.high - unpaired.low > 0.1


def test_of_a_single_person_nothing_is_known() -> None:
    one = answers(np.ones((1, 10), dtype=bool))
    found = premium([one], honest=[one], metric="accuracy")
    assert (found.low, found.high) == (-1.0, 1.0)


def test_a_side_without_a_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one seed on either side"):
        premium([], honest=[], metric="accuracy")


def world(stream: np.random.Generator) -> tuple[list[Tally], list[Tally]]:
    """Ten people in both sets, four in the leaky one alone, three seeds; a true premium of 20%."""
    skill = stream.normal(0, 0.08, 14)
    sides: tuple[list[Tally], list[Tally]] = ([], [])
    for seed in range(3):
        luck = stream.normal(0, 0.03)
        for side, (people, mean) in enumerate(((14, 0.7), (10, 0.5))):
            chance = mean + skill[:people] + luck + stream.normal(0, 0.02)
            right = stream.random((people, 20)) < np.clip(chance, 0, 1)[:, np.newaxis]
            sides[side].append(answers(right, seed=seed, test_set=str(side)))
    return sides


def test_the_interval_covers_the_true_premium_about_as_often_as_it_says() -> None:
    stream = np.random.default_rng(2)
    covered = []
    for _ in range(150):
        leaky, honest = world(stream)
        found = premium(leaky, honest=honest, metric="accuracy")
        covered.append(found.low <= 0.2 <= found.high)
    assert 0.9 <= np.mean(covered) <= 0.995
