"""The claims ledger: figures that guides promise, and the rules by which they are judged. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from emobench.api import Field, Options, unknown_name
from emobench.boards.evidence import STRONGEST
from emobench.scoring.catalogue import METRICS

LEDGER_SCHEMA = 1
FEWEST_SEEDS = 2
"""Below it nothing says whether another seed would turn a difference round."""
HOLDS_THE_PROMISE = "the interval holds the promise too"

Verdict = Literal["confirmed", "smaller", "absent", "reversed", "collapsed", "not yet measured"]
Unit = Literal["%", "points", "F1", "probability"]


class Guide(Options):
    """One of the guides, under the short name of its text."""

    modality: str = Field(description="what its models look at or listen to")
    about: str = Field(description="the guide in a few words")


class Promise(Options):
    """What is promised, in the claim's unit; a single figure is both ends of its range."""

    least: float | None = Field(None, description="the lower end of what is promised")
    most: float | None = Field(None, description="its upper end; alone: no more than this")
    above: float | None = Field(None, description="more than this, without saying how much")

    def conflicts(self) -> list[str]:
        """One promise, and in the right order."""
        given = [value for value in (self.least, self.most, self.above) if value is not None]
        if not given or (self.above is not None and len(given) > 1):
            return ["give 'least', 'most' or both, or 'above' alone"]
        if self.least is not None and self.most is not None and self.least > self.most:
            return ["'least' lies above 'most'"]
        return []

    @property
    def figures(self) -> tuple[float, ...]:
        """The figures that it names, each once."""
        ends = (self.least, self.most)
        return tuple(dict.fromkeys(value for value in ends if value is not None))


class Measure(Options):
    """How a claim is measured: a recipe's score, or what it gains over another."""

    recipe: str = Field(description="the recipe that the claim is about")
    against: str = Field("", description="the recipe that it is compared with")
    metric: str = Field(description="a metric, or 'strongest': the highest probability of an item")
    tasks: str = Field(description="the list of tasks; the first is the one whose verdict counts")
    against_tasks: tuple[str, ...] = Field(
        (), description="the tasks of `against`, one for each task, where they are others"
    )


class Claim(Options):
    """One figure that a guide promises."""

    id: str = Field(description="a short name of its own")
    guide: str = Field(description="the short name of the guide's text")
    lines: tuple[int, ...] = Field(ge=1, min_length=1, description="the lines where it stands")
    about: str = Field(description="the recipe or component")
    says: str = Field(description="its wording, in short")
    promise: Promise = Field(description="what is promised")
    unit: Unit = Field(description="what the promise counts")
    measure: Measure | None = Field(None, description="how it is measured")
    lacks: str = Field("", description="what is missing to measure it")

    def conflicts(self) -> list[str]:
        """Measured, or told why not."""
        if (self.measure is None) == (not self.lacks):
            return ["give either 'measure' or what it 'lacks'"]
        return []

    @property
    def scale(self) -> int:
        """What a measured share is multiplied by to be in the claim's unit."""
        return 100 if self.unit in ("%", "points") else 1


class NotAPromise(Options):
    """A figure in a guide that promises no score."""

    guide: str = Field(description="the short name of the guide's text")
    line: int = Field(ge=1, description="the line where it stands")
    figure: str = Field(description="the figure as it stands there")
    why: str = Field(description="why it is no claim")


class Ledger(Options):
    """All claims of all guides."""

    schema: Literal[1] = Field(description="the version of this file's shape")
    guides: dict[str, Guide] = Field(description="the guides by the short names of their texts")
    tasks: dict[str, tuple[str, ...]] = Field(description="lists of tasks, the telling one first")
    claims: tuple[Claim, ...] = Field(description="the claims")
    not_promises: tuple[NotAPromise, ...] = Field((), description="figures that promise nothing")

    def conflicts(self) -> list[str]:
        """Names that nothing stands behind, and ids given twice."""
        return [*self._repeats(), *self._unknown()]

    def _repeats(self) -> Iterator[str]:
        ids = [claim.id for claim in self.claims]
        for name in dict.fromkeys(name for name in ids if ids.count(name) > 1):
            yield f"claim '{name}' is given twice"

    def _unknown(self) -> Iterator[str]:
        metrics = (*METRICS, STRONGEST)
        for claim in self.claims:
            where = f"claim '{claim.id}'"
            if claim.guide not in self.guides:
                yield f"{where}: {unknown_name('guide', claim.guide, self.guides)}"
            measure = claim.measure
            if measure is None:
                continue
            if measure.metric not in metrics:
                yield f"{where}: {unknown_name('metric', measure.metric, metrics)}"
            if measure.tasks not in self.tasks:
                yield f"{where}: {unknown_name('list of tasks', measure.tasks, self.tasks)}"
            elif len(measure.against_tasks) not in (0, len(self.tasks[measure.tasks])):
                yield f"{where}: 'against_tasks' needs one task for each of '{measure.tasks}'"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure with its 95% interval, in the claim's unit."""

    estimate: float
    low: float
    high: float
    seeds: int


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A verdict, and what must be said beside it."""

    verdict: Verdict
    note: str = ""


def judge_score(
    promise: Promise, measured: Measured, *, constant: float | None, collapsed: bool
) -> Judgement:
    """Judge a promised score; `constant` is what always answering one class scores.

    The rules stand at the top of the page, in `RULES`.
    """
    if promise.least is None:
        return _judge_ceiling(promise, measured, constant=constant, collapsed=collapsed)
    if collapsed:
        return Judgement(verdict="collapsed")
    if constant is not None and measured.high < constant:
        return Judgement(verdict="reversed", note="worse than always answering one class")
    if constant is not None and measured.low <= constant:
        return Judgement(verdict="absent", note="no better than always answering one class")
    return _held_to(promise.least, measured)


def judge_gain(promise: Promise, measured: Measured, *, collapsed: bool) -> Judgement:
    """Judge a promised gain; the rules stand at the top of the page, in `RULES`."""
    least = promise.least or 0.0
    if collapsed:
        return Judgement(verdict="collapsed")
    if measured.seeds < FEWEST_SEEDS:
        return Judgement(verdict="not yet measured", note="one seed tells no gain from luck")
    if measured.high < 0:
        return Judgement(verdict="reversed")
    if measured.low <= 0:
        holds = promise.least is not None and measured.high >= least
        return Judgement(verdict="absent", note=HOLDS_THE_PROMISE * holds)
    if promise.least is None:
        return Judgement(verdict="confirmed")
    return _held_to(least, measured)


def _judge_ceiling(
    promise: Promise, measured: Measured, *, constant: float | None, collapsed: bool
) -> Judgement:
    """A claim that a recipe fails: no more than so much."""
    assert promise.most is not None
    if measured.estimate <= promise.most:
        return Judgement(verdict="confirmed", note="firm" * (measured.high <= promise.most))
    if constant is not None and measured.low <= constant:
        return Judgement(verdict="confirmed", note="no better than always answering one class")
    if collapsed:
        return Judgement(verdict="collapsed", note="the mean is better than that")
    return Judgement(verdict="absent", note="it does not fail here")


def _held_to(least: float, measured: Measured) -> Judgement:
    """The mean decides, so that a wide interval does not confirm what it merely cannot deny."""
    if measured.estimate >= least:
        return Judgement(verdict="confirmed", note="firm" * (measured.low >= least))
    return Judgement(verdict="smaller", note=HOLDS_THE_PROMISE * (measured.high >= least))


RULES = """\
| Verdict | of a promised score | of a promised gain |
| --- | --- | --- |
| confirmed | the mean reaches what was promised | the same, and the interval lies above 0 |
| smaller | the mean lies below the promise | the same, and the interval lies above 0 |
| absent | the interval reaches down to always answering one class | the interval covers 0 |
| reversed | the interval lies below always answering one class | the interval lies below 0 |
| collapsed | a run fell into one class or few | a run of the recipe that should gain did |
| not yet measured | no run, too few folds, or runs that failed | the same, or one seed alone |
"""
