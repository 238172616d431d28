"""The suite of combiners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from emobench.api import Context, Kind, Target, UsageError
from emobench.scoring.metrics import probabilities
from emobench.testing.fitted import FittedSuite, after, same, target_of
from emobench.testing.predictions import Problem, decisions, figure, problems
from emobench.testing.suite import not_shown

MEMBERS = 3
SIZES = (1, 2, 3, 4, 5, 6)


TAKEN: WeakKeyDictionary[type, Sequence[int]] = WeakKeyDictionary()
"""How many members the combiner of each suite takes: fitting tells, so it is asked once."""


class CombinerSuite(FittedSuite):
    """Checks a combiner on every kind of target that it accepts.

    One whose options fit a single number of members (by a weight each, say) is given just as many,
    and may treat each by its place.
    """

    kind: ClassVar[Kind] = "combiner"
    item_axis: ClassVar[int] = 1
    instead: ClassVar[str] = "the best single member"

    @property
    def sizes(self) -> Sequence[int]:
        """How many members it takes with these options, out of a few numbers."""
        if type(self) not in TAKEN:
            TAKEN[type(self)] = self._sizes_taken()
        return TAKEN[type(self)]

    def _sizes_taken(self) -> Sequence[int]:
        problem = problems(target_of(self.context))[0]
        one = probabilities(problem.target, problem.logits)
        taken = []
        for size in SIZES:
            with suppress(UsageError):
                self.build().fit(np.repeat(one[None], size, axis=0), problem.truth.copy())
                taken.append(size)
        assert taken, f"it takes none of {', '.join(map(str, SIZES))} members"
        return taken

    @property
    def members(self) -> int:
        """How many members it is given."""
        return MEMBERS if MEMBERS in self.sizes else self.sizes[-1]

    @property
    def by_position(self) -> bool:
        """Whether its options fit so many members and no others."""
        return len(self.sizes) == 1

    def shown(self, problem: Problem, logits: np.ndarray) -> np.ndarray:
        """Members' probabilities `(members, items, classes)`, each with a flaw of its own."""
        rows = [
            logits if problem.perfect else _flawed(logits, member) for member in range(self.members)
        ]
        return np.stack([probabilities(problem.target, row) for row in rows])

    def alternatives(self, target: Target, given: np.ndarray) -> Sequence[np.ndarray]:
        """What each member says by itself."""
        return list(given)

    def test_one_member_is_what_it_says(self) -> None:
        """Of one member its decisions are kept, unless the objective gains by others."""
        for context, problem, member in self._repeated(count=1):
            self._assert_is_the_member(context, problem, member, how="of a single member")

    def test_equal_members_are_what_they_say(self) -> None:
        """Of members that all say the same, that is decided, unless the objective gains."""
        for context, problem, member in self._repeated(count=self.members):
            self._assert_is_the_member(context, problem, member, how="of members all equal")

    def _repeated(self, *, count: int) -> Iterator[tuple[Context, Problem, np.ndarray]]:
        """One member's word, so many times, for every problem."""
        if self.by_position and count != self.members:
            not_shown(f"its options are for {self.members} members")
        for context, problem in self.cases(few=True):
            one = probabilities(problem.target, problem.logits)
            yield context, problem, np.repeat(one[None], count, axis=0)

    def _assert_is_the_member(
        self, context: Context, problem: Problem, given: np.ndarray, *, how: str
    ) -> None:
        target = problem.target
        built = self.build(context)
        built.fit(given.copy(), problem.truth.copy())
        result = built.apply(given.copy())
        if np.array_equal(decisions(target, result), decisions(target, given[0])):
            return
        gained = built.objective and (
            figure(target, result, problem.truth, metric=built.objective)
            < figure(target, given[0], problem.truth, metric=built.objective)
        )
        assert gained, f"other decisions than those {how}, {after(problem)}, for no gain"

    def test_members_may_come_in_any_order(self) -> None:
        """The same members in another order give the same results."""
        if self.by_position:
            not_shown("its options name members by their place")
        for context, problem in self.cases(few=True):
            given = self.shown(problem, problem.unseen)
            expected = self.fitted(context, problem).apply(given.copy())
            built = self.build(context)
            built.fit(self.shown(problem, problem.logits)[::-1].copy(), problem.truth.copy())
            assert same(expected, built.apply(given[::-1].copy())), (
                f"the results depend on the order of the members, {after(problem)}"
            )

    def test_every_member_is_heard(self) -> None:
        """There is no member whose word never matters."""
        heard: set[int] = set()
        for context, problem in self.cases():
            for member in range(self.members):
                heard |= {member} if self._matters(context, problem, member) else set()
            if len(heard) == self.members:
                return
        deaf = sorted(set(range(self.members)) - heard)
        raise AssertionError(
            f"nothing that member {deaf[0]} of {self.members} says changes any result, even where "
            "it alone is right"
        )

    def test_gives_the_mean_if_it_says_so(self) -> None:
        """With its default options it gives the members' mean, where it is said to average."""
        component = self.entry.component
        if not component.averages:
            not_shown("the component does not say that it averages")
        for context, problem in self.cases(few=True):
            built = self.entry.build(component.options(), context)
            built.fit(self.shown(problem, problem.logits), problem.truth.copy())
            given = self.shown(problem, problem.unseen)
            assert same(given.mean(axis=0), built.apply(given.copy())), (
                f"the results are not the mean of the members, {after(problem)}; leave out "
                "`averages`"
            )

    def _matters(self, context: Context, problem: Problem, member: int) -> bool:
        """Whether results change once this member, right where all others are not, is contrary."""
        right, wrong = self._soloists(problem, member)
        truth = problem.truth
        built: list[Any] = [self.build(context), self.build(context)]
        for each, given in zip(built, (right, wrong), strict=True):
            each.fit(given.copy(), truth.copy())
        return not same(built[0].apply(right.copy()), built[1].apply(wrong.copy()))

    def _soloists(self, problem: Problem, member: int) -> tuple[np.ndarray, np.ndarray]:
        """Members that are contrary but for this one; and with this one contrary too."""
        target = problem.target
        contrary = probabilities(target, -problem.logits)
        wrong = np.repeat(contrary[None], self.members, axis=0)
        right = wrong.copy()
        right[member] = probabilities(target, problem.logits)
        return right, wrong


def _flawed(logits: np.ndarray, member: int) -> np.ndarray:
    """The logits as the member of that number gets them: equal items always the same way."""
    size, speed = 0.5 + 0.4 * member, 37.0 - 9.0 * member
    sureness = 3.0 if member == 2 else 1.0
    return sureness * logits + size * np.sin(speed * logits)
