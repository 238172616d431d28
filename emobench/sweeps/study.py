"""A sweep's mind: which trial comes next, which goes on, and what is known. Engine-free.

It knows neither Ray nor torch. Whatever runs the trials asks `next_trial`, tells `heard` and
`ended`; the journal has every answer before it is given, so that a killed sweep goes on.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from emobench.data.tasks import Task
from emobench.recipes.identity import identity
from emobench.recipes.model import Recipe
from emobench.runs.plan import Plan
from emobench.scoring.catalogue import METRICS
from emobench.sweeps.journal import Asked, Ended, Heard, Journal
from emobench.sweeps.recipe_space import SearchSpace, as_trial
from emobench.sweeps.rungs import Rungs
from emobench.sweeps.searcher import Exhausted, Searcher
from emobench.sweeps.suggest import Conflict, Known, Values
from emobench.sweeps.trial import FOLD, OVER, SCORED, Report, Trial, TrialEnd

REDRAWS = 100
"""How often values that conflict, or were tried before, are asked for anew."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """Values to try before the search begins, and where they come from, in words."""

    values: Values
    origin: str


@dataclass(kw_only=True)
class Story:
    """All that is known of one trial; `goes_on` is what was said when it was last heard of."""

    trial: Trial
    reports: list[Report] = field(default_factory=list)
    end: TrialEnd | None = None
    goes_on: bool = True

    @property
    def epoch(self) -> int:
        """The last epoch that was heard of."""
        return self.reports[-1].epoch if self.reports else 0


class Study:
    """The trials of a sweep, from the first asked for to the last that ended."""

    def __init__(
        self,
        space: SearchSpace,
        *,
        task: Task,
        seed: int,
        searcher: Searcher,
        rungs: Rungs,
        journal: Journal,
        starts: Sequence[Start] = (),
    ) -> None:
        self.space, self.task, self.seed = space, task, seed
        self.stories: list[Story] = []
        self._searcher, self._rungs, self._journal = searcher, rungs, journal
        self._starts = tuple(starts)
        self._sign = 1 if METRICS[task.metric].higher_is_better else -1
        self._waiting: deque[int] = deque()
        self._tried: set[str] = set()
        self._recall()
        self._waiting.extend(each.trial.index for each in self.stories if each.end is None)

    def next_trial(self, *, count: int) -> Trial | None:
        """The next trial to run, until there are `count`; None when there is none at present.

        Trials that were begun and not ended come first: they go on from their checkpoints.
        """
        if self._waiting:
            return self.stories[self._waiting.popleft()].trial
        if len(self.stories) >= count:
            return None
        try:
            trial = self._new_trial(len(self.stories))
        except Exhausted:
            return None
        self._journal.add(Asked(trial=trial.index, values=trial.values, origin=trial.origin))
        self._take(trial)
        return trial

    def milestones(self, trial: Trial) -> tuple[int, ...]:
        """The epochs after which a trial must be heard before it goes on: none from its last on."""
        if trial.index == 0:
            return ()
        last = trial.recipe.train.epochs
        return tuple(epoch for epoch in self._rungs.of(trial.index) if epoch < last)

    def yardstick(self, trial: Trial) -> float | None:
        """Seconds that the recipe as it stands was trained, once it is through."""
        first = self.stories[0]
        return first.end.seconds if first.end and self.figure(first) is not None else None

    def heard(self, index: int, report: Report) -> bool:
        """Note where a trial stands; whether it is worth going on with.

        The recipe as it stands is never stopped: everything is compared with it.
        """
        story = self.stories[index]
        if story.end is not None:
            return True
        if report.epoch <= story.epoch:
            return story.goes_on
        self._journal.add(Heard(trial=index, report=report))
        return self._hear(story, report)

    def ended(self, index: int, end: TrialEnd) -> None:
        """Note how a trial ended. One that was interrupted is not over; a second end is none."""
        story = self.stories[index]
        if story.end is not None:
            return
        if end.state not in OVER:
            if index not in self._waiting:
                self._waiting.append(index)
            return
        self._journal.add(Ended(trial=index, end=end))
        self._end(story, end)

    def best(self) -> Story | None:
        """The trial with the best validation figure among those trained to their end.

        Of equals the earliest. A collapsed one counts: its state was judged on the test set.
        """
        scored = [story for story in self.stories if self.figure(story) is not None]
        return max(scored, key=lambda story: self.figure(story) or 0.0, default=None)

    def figure(self, story: Story) -> float | None:
        """The figure a trial is chosen by, such that higher is better; None where it has none."""
        if story.end is None or story.end.state not in SCORED:
            return None
        return self._oriented(story.end.validation)

    def _oriented(self, value: float | None) -> float | None:
        return self._sign * value if value is not None and math.isfinite(value) else None

    def _new_trial(self, index: int) -> Trial:
        """The recipe as it stands, then the starts that fit the space, then what is searched."""
        if index == 0:
            recipe = self.space.recipe
            return self._trial(0, recipe, self.space.values(recipe), origin="as it stands")
        while self._starts:
            start, self._starts = self._starts[0], self._starts[1:]
            try:
                recipe = self.space.build(Known(start.values))
            except Conflict:
                continue
            if self._is_new(recipe):
                return self._trial(index, recipe, self.space.values(recipe), origin=start.origin)
        for attempt in range(REDRAWS):
            try:
                recipe = self.space.build(self._searcher.ask(index, attempt=attempt))
            except Conflict:
                self._searcher.refuse(index)
                continue
            if self._is_new(recipe):
                return self._trial(index, recipe, self.space.values(recipe), origin="searched")
            self._searcher.refuse(index)
        raise Exhausted

    def _is_new(self, recipe: Recipe) -> bool:
        return identity(method=recipe.method()) not in self._tried

    def _trial(self, index: int, recipe: Recipe, values: Values, *, origin: str) -> Trial:
        named = as_trial(self.space.recipe, recipe)
        plan = Plan(recipe=named, task=self.task, seed=self.seed, fold=FOLD)
        return Trial(index=index, recipe=named, plan=plan, values=values, origin=origin)

    def _take(self, trial: Trial) -> None:
        self.stories.append(Story(trial=trial))
        self._tried.add(identity(method=trial.recipe.method()))
        self._searcher.take(trial.index, trial.values)

    def _hear(self, story: Story, report: Report) -> bool:
        story.reports.append(report)
        # Where epochs are searched, a trial's last one may be a rung: there is nothing to save.
        if story.trial.index == 0 or report.epoch >= report.epochs:
            return story.goes_on
        value = self._oriented(report.validation)
        story.goes_on = self._rungs.goes_on(story.trial.index, epoch=report.epoch, value=value)
        return story.goes_on

    def _end(self, story: Story, end: TrialEnd) -> None:
        story.end = end
        told = {each.epoch: self._oriented(each.validation) for each in story.reports}
        reports = {epoch: value for epoch, value in told.items() if value is not None}
        self._searcher.tell(story.trial.index, end, figure=self.figure(story), reports=reports)

    def _recall(self) -> None:
        """Bring back from the journal what an earlier call knew."""
        for event in self._journal.events():
            if isinstance(event, Asked):
                self._take(self._recalled(event))
            elif isinstance(event, Heard):
                self._hear(self.stories[event.trial], event.report)
            elif self.stories[event.trial].end is None:
                self._end(self.stories[event.trial], event.end)

    def _recalled(self, event: Asked) -> Trial:
        if event.trial == 0:
            recipe = self.space.recipe
        else:
            recipe = self.space.build(Known(event.values))
        return self._trial(event.trial, recipe, event.values, origin=event.origin)
