"""Intervals and paired differences: against textbook tests, and in worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from emobench.api import Target, UsageError
from emobench.scoring.tally import Tally, tally
from emobench.scoring.uncertainty import paired_difference, score_interval

CLASSES = Target(name="emotion", kind="class", classes=("a", "b", "c", "d"))
NUMBER = Target(name="arousal", kind="number")
GROUPS, PER_GROUP = 6, 20


def answers(
    *, seed: int, skill: float = 0.6, groups: int = GROUPS, lone: bool = False, shift: int = 0
) -> Tally:
    """Right with that probability, which differs by group; the truth is always the same."""
    stream = np.random.default_rng([seed, int(skill * 100)])
    items = groups * PER_GROUP
    truth = np.arange(items) % 4
    owners = np.arange(items) // PER_GROUP
    by_group = np.clip(skill + stream.normal(0, 0.15, groups), 0, 1)
    right = stream.random(items) < by_group[owners]
    return tally(
        CLASSES,
        seed=seed,
        items=[f"i{position + shift}" for position in range(items)],
        groups=None if lone else [f"g{owner}" for owner in owners],
        probabilities=np.eye(4)[np.where(right, truth, (truth + 1) % 4)],
        truth=truth,
    )


def numbers(errors: Sequence[float], *, seed: int) -> Tally:
    """One item in each group, predicted with that error."""
    return tally(
        NUMBER,
        seed=seed,
        items=[f"i{position}" for position in range(len(errors))],
        groups=[f"g{position}" for position in range(len(errors))],
        probabilities=np.asarray(errors, dtype=float),
        truth=np.zeros(len(errors)),
    )


def group_accuracies(of: Tally) -> np.ndarray:
    return of.sums[:, of.columns["hits"]].sum(axis=1) / PER_GROUP


def test_the_score_is_the_mean_over_seeds() -> None:
    seeds = [answers(seed=seed) for seed in range(3)]
    found = score_interval(seeds, metric="uar")
    assert found.estimate == pytest.approx(np.mean([each.score("uar") for each in seeds]), abs=1e-8)
    assert (found.groups, found.seeds, found.seed_level_known) == (GROUPS, 3, True)


def test_one_seed_of_equal_groups_has_a_t_interval_on_the_logit_scale() -> None:
    one = answers(seed=0)
    means = group_accuracies(one)
    found = score_interval([one], metric="accuracy")
    share = means.mean()
    half = stats.t.ppf(0.975, GROUPS - 1) * stats.sem(means) / (share * (1 - share))
    centre = np.log(share / (1 - share))
    expected = 1 / (1 + np.exp(-np.asarray([centre - half, centre + half])))
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-8)
    assert not found.seed_level_known


def test_seeds_that_differ_widen_the_interval() -> None:
    alike = [answers(seed=seed, skill=0.6) for seed in range(3)]
    unlike = [*alike[:2], answers(seed=2, skill=0.95)]
    narrow, wide = (score_interval(seeds, metric="accuracy") for seeds in (alike, unlike))
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_a_perfect_score_is_only_as_sure_as_its_groups_are_many() -> None:
    perfect = [answers(seed=seed, skill=9.0) for seed in range(3)]
    found = score_interval(perfect, metric="uar")
    expected = stats.binomtest(GROUPS, GROUPS).proportion_ci(method="wilson")
    assert found.estimate == 1.0
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_a_perfect_score_of_items_without_groups_counts_the_items() -> None:
    found = score_interval([answers(seed=0, skill=9.0, lone=True)], metric="accuracy")
    items = GROUPS * PER_GROUP
    expected = stats.binomtest(items, items).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_one_group_says_nothing_of_others() -> None:
    found = score_interval([answers(seed=0, groups=1)], metric="accuracy")
    assert (found.low, found.high) == (0.0, 1.0)
    difference = paired_difference(
        [answers(seed=0, groups=1)],
        against=[answers(seed=0, skill=0.2, groups=1)],
        metric="accuracy",
    )
    assert difference.p == 1.0


@given(
    errors=st.lists(st.floats(-5, 5).map(lambda value: round(value, 2)), min_size=2, max_size=8),
    metric=st.sampled_from(["mae", "rmse", "ccc", "pearson"]),
)
@settings(max_examples=100, deadline=None)
def test_an_interval_holds_its_score_and_keeps_to_the_metric_s_range(
    errors: list[float], metric: str
) -> None:
    found = score_interval([numbers(errors, seed=0)], metric=metric)
    floor = -1.0 if metric in ("ccc", "pearson") else 0.0
    assert floor <= found.low <= found.estimate <= found.high
    assert metric in ("mae", "rmse") or found.high <= 1.0


def test_recipes_of_one_seed_are_compared_by_a_paired_t_test_of_their_groups() -> None:
    one, other = answers(seed=0, skill=0.8), answers(seed=0, skill=0.5)
    found = paired_difference([one], against=[other], metric="accuracy")
    expected = stats.ttest_rel(group_accuracies(one), group_accuracies(other))
    limits = expected.confidence_interval(0.95)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-4)
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high), abs=1e-8)
    assert found.paired


def seeds_of(errors: Sequence[float], *, first: int = 0) -> list[Tally]:
    """Every group fares alike, so that nothing but the seeds differs."""
    return [numbers([error] * 4, seed=first + number) for number, error in enumerate(errors)]


OURS, THEIRS = (1.0, 1.3, 1.1), (1.4, 1.5, 1.6)


def test_the_same_seeds_are_paired() -> None:
    found = paired_difference(seeds_of(OURS), against=seeds_of(THEIRS), metric="mae")
    assert found.p == pytest.approx(stats.ttest_rel(OURS, THEIRS).pvalue, rel=1e-6)
    assert found.paired


def test_other_seeds_are_independent() -> None:
    found = paired_difference(seeds_of(OURS), against=seeds_of(THEIRS, first=3), metric="mae")
    assert found.p == pytest.approx(stats.ttest_ind(OURS, THEIRS, equal_var=False).pvalue, rel=1e-6)
    assert not found.paired


def test_the_order_of_the_seeds_does_not_matter() -> None:
    one, other = seeds_of(OURS), seeds_of(THEIRS)
    forth = paired_difference(one, against=other, metric="mae")
    assert paired_difference(one[::-1], against=other, metric="mae") == forth


@given(seed=st.integers(0, 1000), skill=st.sampled_from([0.4, 0.5, 0.6, 0.7]))
@settings(max_examples=40, deadline=None)
def test_p_is_below_a_twentieth_just_where_the_interval_leaves_out_zero(
    seed: int, skill: float
) -> None:
    one = [answers(seed=seed), answers(seed=seed + 1)]
    other = [answers(seed=seed, skill=skill), answers(seed=seed + 1, skill=skill)]
    found = paired_difference(one, against=other, metric="macro_f1")
    assert (found.p < 0.05) == (found.low > 0 or found.high < 0)
    back = paired_difference(other, against=one, metric="macro_f1")
    assert (back.estimate, back.low, back.p) == (-found.estimate, -found.high, found.p)


def test_a_recipe_does_not_differ_from_itself() -> None:
    seeds = [answers(seed=seed) for seed in range(3)]
    found = paired_difference(seeds, against=seeds, metric="uar")
    assert (found.estimate, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_one_lucky_item_is_no_difference() -> None:
    """All groups gain the same one item: without variance, p would be 0."""
    truth = np.arange(40) % 4
    better = truth.copy()
    better[::8] = (better[::8] + 1) % 4
    groups = [f"g{position // 8}" for position in range(40)]
    items = [f"i{position}" for position in range(40)]
    one, other = (
        tally(
            CLASSES,
            seed=0,
            items=items,
            groups=groups,
            probabilities=np.eye(4)[guess],
            truth=truth,
        )
        for guess in (truth, better)
    )
    found = paired_difference([one], against=[other], metric="accuracy")
    assert found.estimate == 0.125
    assert found.error == pytest.approx((0.125 * 0.875 / 40) ** 0.5, abs=1e-8)


def test_items_that_differ_are_named() -> None:
    with pytest.raises(
        UsageError, match=r"group 'g0', 'g1', 'g2' and 3 more holds other items or another truth"
    ):
        paired_difference([answers(seed=0)], against=[answers(seed=0, shift=1)], metric="accuracy")


def test_groups_that_one_side_lacks_are_named() -> None:
    with pytest.raises(UsageError, match="group 'g5' in the first alone; run both recipes on one"):
        paired_difference([answers(seed=0)], against=[answers(seed=0, groups=5)], metric="accuracy")


def test_items_without_groups_are_named() -> None:
    with pytest.raises(UsageError, match="item 'i120' in the second alone"):
        paired_difference(
            [answers(seed=0, lone=True)],
            against=[answers(seed=0, lone=True, shift=1)],
            metric="accuracy",
        )


def test_a_seed_counts_once() -> None:
    with pytest.raises(UsageError, match="these came twice: 1"):
        score_interval([answers(seed=1), answers(seed=1)], metric="uar")


def test_without_a_seed_there_is_no_score() -> None:
    with pytest.raises(UsageError, match="a recipe needs at least one seed"):
        score_interval([], metric="uar")


@pytest.mark.parametrize(("world", "groups"), [("typical", 5), ("easy", 10), ("uneven", 10)])
def test_the_interval_covers_at_its_rate(coverage: ModuleType, world: str, groups: int) -> None:
    """Between 93% and 97%, as far as so many repetitions can tell."""
    repetitions = 400
    stream = np.random.default_rng(groups)
    truth = coverage.true_uar(coverage.WORLDS[world])
    covered = 0
    for _ in range(repetitions):
        drawn = coverage.draw(coverage.WORLDS[world], groups=groups, seeds=3, stream=stream)
        found = score_interval(coverage.tallies(drawn)[0], metric="uar")
        covered += found.low <= truth <= found.high
    assert stats.binom.cdf(covered, repetitions, 0.93) > 0.005
    assert stats.binom.sf(covered - 1, repetitions, 0.97) > 0.005


def test_the_bootstrap_of_items_does_not_cover(coverage: ModuleType) -> None:
    repetitions = 60
    stream = np.random.default_rng(0)
    world = coverage.WORLDS["typical"]
    truth = coverage.true_uar(world)
    covered = 0
    for _ in range(repetitions):
        drawn = coverage.draw(world, groups=10, seeds=3, stream=stream)
        low, high = coverage.item_bootstrap(drawn, stream=stream)
        covered += low <= truth <= high
    assert covered / repetitions < 0.75
