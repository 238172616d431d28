"""Records checked at once: nothing passes that a careful look would refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emobench.api import DataError
from emobench.runs.published import Published
from emobench.runs.verify import first_faults, verify
from emobench.runs.verify_together import surely_follow

Publish = Callable[..., Published]


def changed(one: Published, **metrics: float) -> Published:
    """The record with other metrics than its predictions give."""
    (name, scores), *_ = one.record.scores.items()
    other = replace(scores, metrics={**scores.metrics, **metrics})
    return replace(one, record=replace(one.record, scores={name: other}))


def of_class(one: Published, **figures: Any) -> Published:
    """The record with other figures of its first class."""
    (name, scores), *_ = one.record.scores.items()
    first, *rest = scores.classes
    other = replace(scores, classes=(replace(first, **figures), *rest))
    return replace(one, record=replace(one.record, scores={name: other}))


def answered(one: Published, change: Callable[[np.ndarray], np.ndarray]) -> Published:
    """The record with other probabilities."""
    assert one.predictions is not None
    (answers,) = one.predictions.targets
    other = replace(answers, probabilities=change(answers.probabilities.copy()))
    return replace(one, predictions=replace(one.predictions, targets=(other,)))


def is_refused(one: Published) -> bool:
    try:
        verify(one)
    except DataError:
        return True
    return False


def test_honest_records_of_several_sizes_follow_together(published: Publish) -> None:
    runs = [published("one"), published("two", items=40), published("three", skill=0.95)]
    assert surely_follow(runs) == {run.record.id for run in runs}
    assert first_faults(runs) == {}


def test_a_collapsed_record_is_looked_at_by_itself(published: Publish) -> None:
    fallen = published("fallen", skill=0.0, state="collapsed")
    assert surely_follow([fallen]) == frozenset()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: changed(one, uar=0.99),
        lambda one: changed(one, log_loss=0.01),
        lambda one: changed(one, made_up=0.5),
        lambda one: of_class(one, precision=0.123),
        lambda one: of_class(one, support=999),
        lambda one: of_class(one, name="other"),
        lambda one: answered(one, lambda shares: np.roll(shares, 1, axis=0)),
        lambda one: answered(one, lambda shares: shares * 1.1),
        lambda one: answered(one, lambda shares: np.where(shares == shares.max(), np.nan, shares)),
        lambda one: replace(one, record=replace(one.record, state="collapsed")),
    ],
)
def test_a_spoiled_record_among_honest_ones_is_refused_as_alone(
    published: Publish, spoil: Callable[[Published], Published]
) -> None:
    spoiled, honest = spoil(published("spoiled")), published("honest")
    with pytest.raises(DataError) as alone:
        verify(spoiled)
    assert first_faults([honest, spoiled]) == {spoiled.record.id: str(alone.value)}


def test_figures_off_by_a_little_pass_together_just_where_they_pass_alone(
    published: Publish,
) -> None:
    one = published("one")
    for exponent in range(-9, -2):
        for sign in (-1, 1):
            moved = changed(one, uar=one.record.metrics["uar"] + sign * 10.0**exponent)
            assert (moved.record.id in surely_follow([moved])) is not is_refused(moved)
