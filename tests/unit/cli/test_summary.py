"""The summary's figures, checked by hand."""

from __future__ import annotations

import pytest

from emobench.cli.summary import worst_confusions
from emobench.runs.record import ClassScore, TargetScores


def scores(names: str, confusion: tuple[tuple[int, ...], ...]) -> TargetScores:
    classes = tuple(
        ClassScore(name=name, precision=0.0, recall=0.0, f1=0.0, support=0) for name in names
    )
    return TargetScores(metrics={}, classes=classes, confusion=confusion)


def test_confusions_are_shares_of_the_true_class_worst_first() -> None:
    found = worst_confusions(scores("abc", ((6, 4, 0), (1, 8, 1), (0, 1, 1))))
    assert found == [
        ("c", "b", pytest.approx(0.5)),
        ("a", "b", pytest.approx(0.4)),
        ("b", "a", pytest.approx(0.1)),
        ("b", "c", pytest.approx(0.1)),
    ]


def test_a_class_that_never_occurs_confuses_nothing() -> None:
    assert worst_confusions(scores("ab", ((0, 0), (1, 1)))) == [("b", "a", 0.5)]


def test_a_perfect_table_has_no_confusions() -> None:
    assert worst_confusions(scores("ab", ((3, 0), (0, 2)))) == []
