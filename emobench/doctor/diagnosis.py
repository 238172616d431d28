"""A recipe's diagnosis: it, its parent, their differences undone, and the smallest cure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from emobench.api.errors import UsageError
from emobench.doctor.causes import Cause, find_causes
from emobench.doctor.differences import Difference, differences_of, undo
from emobench.doctor.evidence import Evidence
from emobench.doctor.experiments import Laboratory, Outcome, as_experiment
from emobench.doctor.minimise import Verdict, smallest_cure
from emobench.recipes.model import Recipe
from emobench.runs.plan import Plan
from emobench.scoring.catalogue import METRICS

RECOVERED = 0.5
"""A change cures when it wins back this share of the way to the parent's score."""

SMALLEST_GAP = 0.05
"""A recipe that has not collapsed must be worse than its parent by this much to be ill."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Some differences undone, and what came of it."""

    undone: tuple[Difference, ...]
    outcome: Outcome
    cured: bool


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All that was found; `cures` are the smallest sets, `trials` every experiment in order."""

    recipe: str
    parent: str
    metric: str
    child_outcome: Outcome
    parent_outcome: Outcome
    causes: tuple[Cause, ...] = ()
    differences: tuple[Difference, ...] = ()
    cures: tuple[frozenset[Difference], ...] = ()
    trials: tuple[Trial, ...] = ()
    verdict: str = "ill"

    @property
    def evidence(self) -> Evidence | None:
        """The evidence of the recipe as it stands."""
        return self.child_outcome.evidence

    def trial_of(self, undone: frozenset[Difference]) -> Trial | None:
        """The experiment that undid just these."""
        return next((trial for trial in self.trials if frozenset(trial.undone) == undone), None)


def diagnose(
    child: Recipe, parents: Sequence[Recipe], *, like: Plan, laboratory: Laboratory
) -> Diagnosis:
    """Find the smallest change that cures `child`, against the nearest parent that is sound."""
    first, *others = laboratory.run(
        [as_experiment(each, like=like) for each in (child, parents[0])], variants=False
    )
    outcomes = [others[0]]
    while outcomes[-1].collapsed and len(outcomes) < len(parents):
        plan = as_experiment(parents[len(outcomes)], like=like)
        outcomes += laboratory.run([plan], variants=False)
    parent, sound = parents[len(outcomes) - 1], outcomes[-1]
    metric = like.task.metric
    found = Diagnosis(
        recipe=child.name,
        parent=parent.name,
        metric=metric,
        child_outcome=first,
        parent_outcome=sound,
        causes=find_causes(first.evidence) if first.evidence else (),
        differences=differences_of(child, parent),
        verdict=_verdict(first, sound, metric),
    )
    if found.verdict != "ill" or not found.differences:
        return found
    return _Search(found, child, parent, like, laboratory).run()


def _verdict(child: Outcome, parent: Outcome, metric: str) -> str:
    """`ill` where there is something to cure, and a sound parent to cure it by."""
    if parent.collapsed or parent.score is None:
        return "parent_ill"
    gap = _signed(parent.score, metric) - _signed(child.score, metric)
    return "ill" if child.collapsed or gap >= SMALLEST_GAP else "sound"


def _signed(score: float | None, metric: str) -> float:
    """The score such that higher is better; none is worse than any."""
    if score is None:
        return float("-inf")
    return score if METRICS[metric].higher_is_better else -score


class _Search:
    """Undoes differences until the smallest cure is found, and keeps every trial."""

    def __init__(
        self, found: Diagnosis, child: Recipe, parent: Recipe, like: Plan, laboratory: Laboratory
    ) -> None:
        self.found, self.child, self.parent = found, child, parent
        self.like, self.laboratory = like, laboratory
        self.trials: list[Trial] = []
        self.needed = self._needed_score()

    def run(self) -> Diagnosis:
        """The diagnosis with its cures."""
        cure = smallest_cure(
            self.found.differences, attempt=self._attempt, width=self.laboratory.processes
        )
        return replace(self.found, cures=cure.cures, trials=tuple(self.trials))

    def _needed_score(self) -> float:
        """What a cured run reaches: half of the way from the child to its parent."""
        metric = self.found.metric
        high = _signed(self.found.parent_outcome.score, metric)
        low = _signed(self.found.child_outcome.score, metric)
        return high - RECOVERED * (high - low) if low > float("-inf") else float("-inf")

    def _attempt(self, sets: Sequence[frozenset[Difference]]) -> list[Verdict]:
        plans: dict[int, Plan] = {}
        outcomes: dict[int, Outcome] = {}
        for index, undone in enumerate(sets):
            try:
                recipe = undo(self.child, self.parent, undone)
                plans[index] = as_experiment(recipe, like=self.like)
            except UsageError as error:
                outcomes[index] = Outcome(state="failed", reason=str(error))
        run = self.laboratory.run(list(plans.values()))
        outcomes |= dict(zip(plans, run, strict=True))
        return [self._judged(sets[index], outcomes[index]) for index in range(len(sets))]

    def _judged(self, undone: frozenset[Difference], outcome: Outcome) -> Verdict:
        score = _signed(outcome.score, self.found.metric)
        cured = not outcome.collapsed and score >= self.needed
        ordered = tuple(each for each in self.found.differences if each in undone)
        self.trials.append(Trial(undone=ordered, outcome=outcome, cured=cured))
        return Verdict(cured=cured, score=score)
