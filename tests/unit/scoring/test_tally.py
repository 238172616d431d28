"""Tallies: they score what `metrics.score` scores, under any weighting of the groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench.api import Target, TargetKind, UsageError
from emobench.scoring.catalogue import METRICS
from emobench.scoring.metrics import NotFiniteError, score
from emobench.scoring.tally import VANISHING, Tally, left_out_scores, tally, weighted_scores

KINDS: tuple[TargetKind, ...] = ("class", "distribution", "labels", "number")
CASES = [(kind, name) for kind in KINDS for name in METRICS if kind in METRICS[name].kinds]


def target_of(kind: TargetKind) -> Target:
    return Target(name="it", kind=kind, classes=() if kind == "number" else tuple("abcde"))


def predictions(kind: TargetKind, *, items: int, seed: int) -> tuple[Any, Any]:
    """Probabilities and truth, with ties, rare classes and few distinct numbers."""
    stream = np.random.default_rng(seed)
    if kind == "number":
        truth = stream.integers(0, 4, items) / 4
        return (truth + stream.normal(0, 0.3, items)).round(2), truth
    if kind == "labels":
        truth = stream.random((items, 5)) < [0.5, 0.3, 0.2, 0.05, 0.0]
        return (truth * 0.3 + stream.random((items, 5)) * 0.7).round(1), truth
    powers = stream.random((items, 5)).round(1) + 0.05
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    if kind == "class":
        return probabilities, stream.choice(5, items, p=[0.5, 0.3, 0.1, 0.07, 0.03])
    return probabilities, stream.multinomial(6, [0.4, 0.3, 0.2, 0.1, 0.0], items)


def tallied(
    kind: TargetKind, *, items: int, seed: int, groups: int | None
) -> tuple[Tally, Any, Any]:
    probabilities, truth = predictions(kind, items=items, seed=seed)
    made = tally(
        target_of(kind),
        seed=0,
        items=[f"item {position}" for position in range(items)],
        groups=None if groups is None else [f"g{position % groups}" for position in range(items)],
        probabilities=probabilities,
        truth=truth,
    )
    return made, probabilities, truth


@pytest.mark.parametrize("kind", KINDS)
@given(items=st.integers(1, 40), groups=st.none() | st.integers(1, 6), seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_tally_scores_as_its_items_do(
    kind: TargetKind, items: int, groups: int | None, seed: int
) -> None:
    made, probabilities, truth = tallied(kind, items=items, seed=seed, groups=groups)
    figures = score(target_of(kind), probabilities, truth)
    for name in (name for known, name in CASES if known == kind):
        assert made.score(name) == pytest.approx(figures[name], rel=1e-12, abs=1e-12), name


@pytest.mark.parametrize("seed", range(8))
def test_a_score_is_the_same_to_the_last_bit_wherever_it_is_added_up(seed: int) -> None:
    made, _, _ = tallied("class", items=400, seed=seed, groups=40)
    loss = 0.0
    for by_group in made.sums[:, made.columns["loss"]][:, 0].tolist():
        loss += by_group
    assert made.score("log_loss") == (loss + VANISHING * loss) / (400 + VANISHING * 400)


@pytest.mark.parametrize(("kind", "metric"), CASES)
def test_a_weight_counts_a_group_so_often(kind: TargetKind, metric: str) -> None:
    made, probabilities, truth = tallied(kind, items=120, seed=1, groups=4)
    weights = np.asarray([[2.0, 1.0, 0.0, 3.0]])
    position = np.arange(120)
    repeated = np.repeat(position, weights[0].astype(int)[position % 4])
    expected = score(target_of(kind), probabilities[repeated], truth[repeated])[metric]
    found = weighted_scores(made, metric=metric, weights=weights)
    assert found[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("kind", "metric"), CASES)
def test_a_group_is_left_out(kind: TargetKind, metric: str) -> None:
    made, probabilities, truth = tallied(kind, items=120, seed=2, groups=4)
    kept = np.arange(120) % 4 != 2
    expected = score(target_of(kind), probabilities[kept], truth[kept])[metric]
    found = left_out_scores(made, metric=metric)
    assert found.shape == (4,)
    assert found[2] == pytest.approx(expected, abs=1e-9)


def test_a_class_that_a_resample_lacks_keeps_its_figure() -> None:
    made = tally(
        target_of("class"),
        seed=0,
        items=["one", "two", "three", "four"],
        groups=["p", "p", "q", "q"],
        probabilities=np.eye(5)[[0, 0, 1, 0]],
        truth=[0, 0, 1, 1],
    )
    assert left_out_scores(made, metric="uar") == pytest.approx([0.75, 0.75])


def test_the_order_of_the_items_does_not_matter() -> None:
    probabilities, truth = predictions("class", items=30, seed=5)
    names = np.asarray([f"item {position}" for position in range(30)])
    groups = np.asarray([f"g{position % 3}" for position in range(30)])
    mixed = np.random.default_rng(0).permutation(30)
    one, other = (
        tally(
            target_of("class"),
            seed=0,
            items=names[order].tolist(),
            groups=groups[order].tolist(),
            probabilities=probabilities[order],
            truth=truth[order],
        )
        for order in (np.arange(30), mixed)
    )
    assert np.array_equal(one.sums, other.sums)
    assert (one.marks, one.groups) == (other.marks, other.groups)


@pytest.mark.parametrize("groups", [None, [""] * 3])
def test_without_groups_every_item_is_its_own(groups: list[str] | None) -> None:
    made = tally(
        target_of("class"),
        seed=0,
        items=["b", "a", "c"],
        groups=groups,
        probabilities=np.eye(5)[:3],
        truth=[0, 1, 1],
    )
    assert made.groups == ("a", "b", "c")
    assert made.by_items


def test_an_item_without_a_group_is_its_own_beside_the_others() -> None:
    made = tally(
        target_of("class"),
        seed=0,
        items=["x", "p", "y"],
        groups=["p", "", "p"],
        probabilities=np.eye(5)[:3],
        truth=[0, 1, 1],
    )
    assert made.groups == ("item p", "p")
    assert not made.by_items


def test_an_item_counts_once() -> None:
    with pytest.raises(ValueError, match=r"1 of 2 items are predicted more than once \(first: 'a'"):
        tally(
            target_of("class"),
            seed=0,
            items=["a", "b", "a"],
            groups=None,
            probabilities=np.eye(5)[:3],
            truth=[0, 1, 2],
        )


def test_lists_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3 predictions, but 3 items and 2 groups"):
        tally(
            target_of("class"),
            seed=0,
            items=["a", "b", "c"],
            groups=["p", "q"],
            probabilities=np.eye(5)[:3],
            truth=[0, 1, 2],
        )


def test_predictions_that_cannot_be_scored_cannot_be_tallied() -> None:
    with pytest.raises(NotFiniteError, match="not finite"):
        tally(
            target_of("number"),
            seed=0,
            items=["a"],
            groups=None,
            probabilities=[np.nan],
            truth=[1.0],
        )


def test_a_metric_of_another_kind_of_target_is_named() -> None:
    made, _, _ = tallied("class", items=10, seed=0, groups=2)
    with pytest.raises(UsageError, match="unknown metric for a class target 'ccc'"):
        made.score("ccc")
