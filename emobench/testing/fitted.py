"""What post-processors and combiners share: both learn from validation, both work row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import torch

from emobench.api import Context, Target
from emobench.testing.predictions import (
    Problem,
    assert_says_something_sound,
    decisions,
    figure,
    odd_problems,
    perfect_problem,
    problems,
)
from emobench.testing.suite import Suite, not_shown
from emobench.testing.tiny import CLASSES, TARGET_KINDS, tiny_context

CLOSE = 1e-6
"""Results that differ by less are the same: float32 may sum in another order."""


FITTED: WeakKeyDictionary[type, dict[Problem, Any]] = WeakKeyDictionary()
"""What the checks of each suite have fitted so far; `FittedSuite.fitted` alone looks in."""


class FittedSuite(Suite):
    """The laws of everything that is fitted on validation and then applied to any rows."""

    item_axis: ClassVar[int] = 0
    """The axis of items in what `fit` and `apply` are given."""

    instead: ClassVar[str] = "doing nothing"
    """In words, what the component must not be worse than."""

    def contexts(self) -> Sequence[Context]:
        """A target of every kind, and one of fewer classes; those it accepts are asked about."""
        fewer = tiny_context(classes=len(CLASSES) - 1)
        return [*(tiny_context(kind=kind) for kind in TARGET_KINDS), fewer]

    def shown(self, problem: Problem, logits: np.ndarray) -> np.ndarray:
        """What the component is given of these logits."""
        raise NotImplementedError

    def alternatives(self, target: Target, given: np.ndarray) -> Sequence[np.ndarray]:
        """The probabilities that there are without the component."""
        raise NotImplementedError

    def act(self, built: Any, context: Context) -> Sequence[np.ndarray | torch.Tensor | float]:
        """Fitted on one problem, applied to unseen rows."""
        problem = problems(target_of(context))[0]
        built.fit(self.shown(problem, problem.logits), problem.truth.copy())
        return [built.apply(self.shown(problem, problem.unseen))]

    def fitted(self, context: Context, problem: Problem) -> Any:
        """An object of its own, fitted on the problem: that is done once for all checks."""
        known = FITTED.setdefault(type(self), {})
        if problem not in known:
            known[problem] = self.fitted_anew(context, problem)
        try:
            return deepcopy(known[problem])
        except Exception:  # noqa: BLE001 - what cannot be copied is fitted again
            return self.fitted_anew(context, problem)

    def fitted_anew(self, context: Context, problem: Problem) -> Any:
        """A fresh object, fitted on the problem."""
        built = self.build(context)
        built.fit(self.shown(problem, problem.logits), problem.truth.copy())
        return built

    def cases(self, *, few: bool = False) -> Iterator[tuple[Context, Problem]]:
        """Every ordinary problem of every kind of target that the component accepts.

        One problem alone where fitting is done anew, and of a second target of a kind.
        """
        kinds: set[str] = set()
        for context in self.accepted:
            target = target_of(context)
            found = problems(target)
            yield from (
                (context, each) for each in found[: 1 if few or target.kind in kinds else None]
            )
            kinds.add(target.kind)

    def test_gives_probabilities(self) -> None:
        """Rows sum to one and hold nothing below 0; labels lie in [0, 1]; numbers are finite."""
        for context, problem in self.cases():
            result = self.fitted(context, problem).apply(self.shown(problem, problem.unseen))
            items = len(problem.unseen)
            assert_says_something_sound(problem.target, result, items=items, what=after(problem))

    def test_a_row_depends_on_itself_alone(self) -> None:
        """The result of an item does not depend on which others are given with it, nor where."""
        for context, problem in self.cases():
            built = self.fitted(context, problem)
            given = self.shown(problem, problem.unseen)
            whole = built.apply(given.copy())
            items = len(problem.unseen)
            parts = {
                "alone": [[index] for index in range(0, items, 7)],
                "in the opposite order": [list(range(items))[::-1]],
                "without the first half": [list(range(items // 2, items))],
            }
            for how, places in parts.items():
                for place in places:
                    part = built.apply(np.take(given, place, axis=self.item_axis))
                    assert same(part, whole[place]), (
                        f"an item's result is another when it is given {how}, {after(problem)}; "
                        "apply must not look at the other rows"
                    )

    def test_applying_changes_nothing(self) -> None:
        """Applying it, to whatever rows, leaves the object as it was fitted."""
        for context, problem in self.cases():
            built = self.fitted(context, problem)
            given = self.shown(problem, problem.unseen)
            first = built.apply(given.copy())
            again = built.apply(given.copy())
            assert same(first, again), f"a second apply gives other results {after(problem)}"
            built.apply(self.shown(problem, 5.0 - 3.0 * problem.unseen))
            assert same(first, built.apply(given)), (
                f"results are others once it was applied to other rows, {after(problem)}: it "
                "learns from what it is applied to, and so from the test set"
            )

    def test_fitting_learns_from_validation_alone(self) -> None:
        """What it was applied to before does not show in what fitting gives."""
        for context, problem in self.cases(few=True):
            given = self.shown(problem, problem.unseen)
            expected = self.fitted(context, problem).apply(given.copy())
            built = self.build(context)
            _apply_unfitted(built, self.shown(problem, 5.0 - 3.0 * problem.unseen))
            built.fit(self.shown(problem, problem.logits), problem.truth.copy())
            assert same(expected, built.apply(given)), (
                f"what it was applied to before fitting shows in the results {after(problem)}: "
                "it peeks at rows that are not validation"
            )

    def test_fitting_twice_equals_fitting_once(self) -> None:
        """Fitted again on the same validation set it gives the same results."""
        for context, problem in self.cases(few=True):
            built = self.fitted(context, problem)
            given = self.shown(problem, problem.unseen)
            once = built.apply(given.copy())
            built.fit(self.shown(problem, problem.logits), problem.truth.copy())
            assert same(once, built.apply(given)), (
                f"fitting a second time changes the results {after(problem)}; begin each fit anew"
            )

    def test_perfect_predictions_stay_perfect(self) -> None:
        """Where validation is already right and sure, no decision changes and nothing is lost."""
        for context in self.accepted:
            problem = perfect_problem(target_of(context))
            built = self.fitted(context, problem)
            for part in (problem.logits, problem.unseen):
                given = self.shown(problem, part)
                result = built.apply(given.copy())
                before = decisions(problem.target, self.alternatives(problem.target, given)[0])
                assert np.array_equal(decisions(problem.target, result), before), (
                    f"decisions on a {problem.target.kind} target change, though validation was "
                    "right and sure before"
                )
            if built.objective:
                self.assert_not_worse(built, problem)

    def test_never_worse_on_what_it_was_fitted_on(self) -> None:
        """On its validation set it is, by its objective, no worse than what there is without it."""
        if not any(self.build(context).objective for context in self.accepted):
            not_shown("it names no objective: nothing is fitted")
        for context, problem in self.cases():
            built = self.fitted(context, problem)
            if built.objective:
                self.assert_not_worse(built, problem)

    def test_names_what_its_fit_improves(self) -> None:
        """Where the validation set shows in the results, `objective` names what is made better."""
        for context in self.accepted:
            sets = problems(target_of(context))
            fits = [self.fitted(context, problem) for problem in sets]
            if all(built.objective for built in fits):
                continue
            given = self.shown(sets[0], sets[0].unseen)
            first, *others = (built.apply(given.copy()) for built in fits)
            assert all(same(first, other) for other in others), (
                f"fitted on several validation sets of a {sets[0].target.kind} target it gives "
                "several results, and names no objective; name the metric that fitting makes no "
                "worse in `objective`"
            )

    def assert_not_worse(self, built: Any, problem: Problem) -> None:
        """Fail where the fitted object loses to the best of what there is without it."""
        after_it, without = self.figures(built, problem)
        assert after_it <= without + 1e-9 * (1 + abs(without)), (
            f"{built.objective} on the validation set that it was fitted on is worse than "
            f"{self.instead} ({abs(after_it):.6g} against {abs(without):.6g}, {after(problem)}); "
            "keep what there was where fitting finds nothing better"
        )

    def figures(self, built: Any, problem: Problem) -> tuple[float, float]:
        """Its objective as a loss, with it and at best without it, on validation."""
        given = self.shown(problem, problem.logits)
        result = built.apply(given.copy())
        without = [
            figure(problem.target, other, problem.truth, metric=built.objective)
            for other in self.alternatives(problem.target, given)
        ]
        return figure(problem.target, result, problem.truth, metric=built.objective), min(without)

    def test_odd_validation_sets_give_finite_results(self) -> None:
        """One item, one class, equal or huge logits: what it gives stays finite and sound."""
        by_kind = {target_of(context).kind: context for context in reversed(self.accepted)}
        for context in by_kind.values():
            for problem in odd_problems(target_of(context)):
                built = self.fitted_anew(context, problem)
                for part in (problem.logits, problem.unseen, 100.0 * problem.unseen):
                    result = built.apply(self.shown(problem, part))
                    assert_says_something_sound(
                        problem.target, result, items=len(part), what=after(problem)
                    )

    def test_ids_and_one_hot_rows_agree(self) -> None:
        """Class ids and the same classes as one-hot rows are the same truth to it."""
        classes = [context for context in self.accepted if target_of(context).kind == "class"]
        if not classes:
            not_shown("it takes no target of one class")
        for problem in problems(target_of(classes[0]))[:2]:
            given = self.shown(problem, problem.unseen)
            by_ids = self.fitted(classes[0], problem).apply(given.copy())
            built = self.build(classes[0])
            rows = np.eye(problem.target.width)[problem.truth]
            built.fit(self.shown(problem, problem.logits), rows)
            assert same(by_ids, built.apply(given)), (
                f"one-hot rows give other results than the same class ids, {after(problem)}; "
                "targets are ids (items,) or distributions (items, classes)"
            )

    def test_leaves_its_inputs_alone(self) -> None:
        """Neither fit nor apply changes the arrays that it is given."""
        for context, problem in self.cases(few=True):
            given, truth = self.shown(problem, problem.logits), problem.truth.copy()
            kept, kept_truth = given.copy(), truth.copy()
            built = self.build(context)
            built.fit(given, truth)
            assert np.array_equal(given, kept), "fit changes the predictions that it is given"
            assert np.array_equal(truth, kept_truth), "fit changes the truth that it is given"
            built.apply(given)
            assert np.array_equal(given, kept), "apply changes the predictions that it is given"


def target_of(context: Context) -> Target:
    """The target of a tiny context, which always has one."""
    assert context.target is not None
    return context.target


def after(problem: Problem) -> str:
    """In words, what it was fitted on."""
    return f"after fitting on {problem.name} validation set of a {problem.target.kind} target"


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two results are equal but for rounding."""
    return one.shape == other.shape and np.allclose(one, other, rtol=CLOSE, atol=CLOSE)


def _apply_unfitted(built: Any, given: np.ndarray) -> None:
    """Apply it before it is fitted; one that refuses cannot have peeked."""
    try:
        built.apply(given)
    except Exception:  # noqa: BLE001 - there is no law on what an unfitted one raises
        return
