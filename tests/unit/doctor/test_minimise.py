"""Finding the smallest cure: it cures, it holds nothing needless, singles come first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from emobench.doctor.minimise import Verdict, smallest_cure

Test = Callable[[frozenset[str]], bool]


class Bench:
    """Answers by a rule and counts what was tried."""

    def __init__(self, cures: Test) -> None:
        self.cures = cures
        self.tried: list[frozenset[str]] = []

    def attempt(self, sets: Sequence[frozenset[str]]) -> list[Verdict]:
        self.tried += sets
        return [Verdict(cured=self.cures(each), score=float(len(each))) for each in sets]


def test_every_single_change_that_cures_is_told() -> None:
    bench = Bench(lambda undone: bool(undone & {"a", "c"}))
    found = smallest_cure("abcd", attempt=bench.attempt)
    assert found.cures == (frozenset("a"), frozenset("c"))
    assert len(bench.tried) == 4


def test_changes_that_cure_only_together_are_found_without_the_others() -> None:
    bench = Bench(lambda undone: undone >= {"b", "d"})
    assert smallest_cure("abcde", attempt=bench.attempt).cures == (frozenset("bd"),)


def test_what_only_all_together_cure_is_all() -> None:
    bench = Bench(lambda undone: undone >= set("abc"))
    assert smallest_cure("abc", attempt=bench.attempt).cures == (frozenset("abc"),)


def test_nothing_is_tried_twice() -> None:
    bench = Bench(lambda undone: undone >= {"a", "b", "e"})
    smallest_cure("abcde", attempt=bench.attempt, width=3)
    assert len(bench.tried) == len(set(bench.tried))


@given(st.sets(st.sampled_from("abcdefg"), min_size=1), st.integers(1, 4))
def test_a_conjunction_is_found_exactly(needed: set[str], width: int) -> None:
    bench = Bench(lambda undone: undone >= needed)
    (cure,) = smallest_cure("abcdefg", attempt=bench.attempt, width=width).cures
    assert cure == needed


@given(
    st.lists(st.sets(st.sampled_from("abcdef"), min_size=2, max_size=4), min_size=1, max_size=4),
)
def test_a_cure_holds_nothing_it_could_do_without(ways: list[set[str]]) -> None:
    def cures(undone: frozenset[str]) -> bool:
        return any(undone >= way for way in ways) or len(undone) == 6

    for cure in smallest_cure("abcdef", attempt=Bench(cures).attempt).cures:
        assert cures(cure)
        assert not any(cures(cure - {each}) for each in cure)
