"""A search that learns: Optuna's tree-structured Parzen estimators (TPE), one figure or two.

Nothing is kept by Optuna: its study lies in memory, and is told again what our journal knows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from emobench.api.errors import UsageError
from emobench.api.streams import seed_for
from emobench.sweeps.pareto import fronts
from emobench.sweeps.ranges import Build, Choices, Numbers, Placed, Range, trace
from emobench.sweeps.searcher import Reports
from emobench.sweeps.suggest import Drawn, Suggest, Values
from emobench.sweeps.trial import TrialEnd

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import TPESampler
    from optuna.trial import FrozenTrial

STARTUP = 10
"""So many trials are drawn by chance, and must be over, before the search begins."""

INSISTS = 20
"""So many refused suggestions for one trial, and it is drawn by chance: TPE may love too few."""

MOST, KEPT, BEST = 400, 300, 75
"""Of more than `MOST` trials told, `KEPT` are remembered: the `BEST`, and the latest. Optuna's time
for a suggestion grows with their number, and of all others than the best 25 it weighs the latest
most in any case."""

Groups = tuple[frozenset[str], ...]


class OptunaSearch:
    """TPE that models together what counts together, and keeps away from trials under way.

    The first trials are those that a random search with this seed would draw. Two objectives are
    the figure, the higher the better, and the cost of a trial's end, the lower the better. A trial
    that failed counts as the worst: a recipe's own fault is a reason to keep away from it.
    """

    def __init__(
        self, build: Build, *, seed: int, objectives: int = 1, startup: int = STARTUP
    ) -> None:
        if objectives not in (1, 2):
            raise UsageError(f"a search has one objective or two (figure, cost), not {objectives}")
        self._build, self._seed = build, seed
        self._objectives, self._startup = objectives, startup
        self._model = _Model(objectives)
        self._told = 0

    def ask(self, trial: int, *, attempt: int) -> Suggest:
        """By chance at first, then by what was learned."""
        if self._told < self._startup or attempt >= INSISTS:
            return Drawn(f"sweep {self._seed} trial {trial} attempt {attempt}")
        return self._model.ask(seed_for(self._seed, "tpe", trial, attempt) % 2**32)

    def refuse(self, trial: int) -> None:
        """Nothing to forget: what is asked for is not noted."""

    def take(self, trial: int, values: Values) -> None:
        """Keep away from these values until the trial is over; beyond a range its end counts."""
        self._model.begin(trial, trace(self._build, values))

    def tell(self, trial: int, end: TrialEnd, *, figure: float | None, reports: Reports) -> None:
        """Learn from a trial that is over."""
        self._told += 1
        figures: tuple[float, ...] | None = None
        if figure is not None and self._objectives == 1:
            figures = (figure,)
        elif figure is not None and end.cost is not None:
            figures = (figure, end.cost)
        last = max(reports, default=None)
        told = {last: reports[last]} if last is not None and self._objectives == 1 else {}
        self._model.end(trial, figures=figures, reports=told if end.state == "stopped" else {})


class _Model:
    """The trials as Optuna wants them. Trials it has no more room for are forgotten."""

    def __init__(self, objectives: int) -> None:
        self._objectives = objectives
        self._placed: dict[int, dict[str, Placed]] = {}
        self._over: dict[int, FrozenTrial] = {}
        self._groups: Groups = ()
        self._ranges: dict[str, Range] = {}
        self._distributions: dict[str, BaseDistribution] = {}
        self._ids: dict[int, int] = {}
        self._open()

    def _open(self) -> None:
        """An empty study, with a trial that is ever under way: the one asked for."""
        from optuna import create_study
        from optuna.storages import InMemoryStorage
        from optuna.study import StudyDirection

        self._storage = InMemoryStorage()
        with quiet():
            self._study = create_study(
                storage=self._storage,
                directions=[StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE][: self._objectives],
            )
        self._asking = self._storage.create_new_trial(self._study._study_id)
        self._ids.clear()

    def ask(self, seed: int) -> Suggest:
        """Values that are suggested group by group, as they are asked for."""
        return _Suggestions(self, seed)

    def sample(self, sampler: TPESampler, key: str, range_: Range) -> dict[str, Any]:
        """Values for all keys that count together with this one."""
        group = next((group for group in self._groups if key in group), frozenset([key]))
        space = {
            name: self._distributions.get(name) or distribution_of(range_) for name in sorted(group)
        }
        asking = self._storage.get_trial(self._asking)
        return sampler.sample_relative(self._study, asking, space)

    def knows(self, key: str, range_: Range) -> bool:
        """Whether this is the range that a key has had so far."""
        return self._ranges.get(key, range_) == range_

    def begin(self, trial: int, placed: Mapping[str, Placed]) -> None:
        """A trial with these values is under way."""
        known = {}
        for key, each in placed.items():
            if self._ranges.setdefault(key, each.range) == each.range:
                known[key] = each
                if key not in self._distributions:
                    self._distributions[key] = distribution_of(each.range)
        self._groups = _split(self._groups, frozenset(known))
        self._placed[trial] = known
        self._add(trial)

    def end(
        self, trial: int, *, figures: Sequence[float] | None, reports: Mapping[int, float]
    ) -> None:
        """The trial is over; without figures it was stopped, or failed."""
        from optuna.trial import TrialState

        place = self._ids.pop(trial)
        for step, value in reports.items():
            self._storage.set_trial_intermediate_value(place, step, value)
        # Optuna passes over trials that failed. Stopped ones it counts as worse than all others,
        # and those of which nothing was heard as the worst.
        state = TrialState.PRUNED if figures is None else TrialState.COMPLETE
        self._storage.set_trial_state_values(place, state, figures)
        self._over[trial] = self._storage.get_trial(place)
        del self._placed[trial]
        if len(self._over) > MOST:
            self._forget()

    def _add(self, trial: int) -> None:
        from optuna.trial import TrialState, create_trial

        params = {key: told_value(each) for key, each in self._placed[trial].items()}
        under_way = create_trial(
            state=TrialState.RUNNING,
            params=params,
            distributions={key: self._distributions[key] for key in params},
        )
        self._ids[trial] = self._storage.create_new_trial(self._study._study_id, under_way)

    def _forget(self) -> None:
        """Go on with the best trials and the latest."""
        order = _from_best(self._over, self._objectives)
        kept = {*order[:BEST], *list(self._over)[BEST - KEPT :]}
        for trial in [*order, *reversed(self._over)]:
            if len(kept) < KEPT:
                kept.add(trial)
        self._over = {trial: each for trial, each in self._over.items() if trial in kept}
        self._open()
        for each in self._over.values():
            self._storage.create_new_trial(self._study._study_id, each)
        for trial in self._placed:
            self._add(trial)


class _Suggestions:
    """What TPE suggests for one trial."""

    def __init__(self, model: _Model, seed: int) -> None:
        from optuna.samplers import TPESampler

        self._model, self._seed = model, seed
        self._sampler = TPESampler(
            n_startup_trials=0, multivariate=True, constant_liar=True, seed=seed
        )
        self._drawn: dict[str, Any] = {}

    def one_of(self, key: str, choices: Sequence[Any]) -> Any:
        """The choice that promises most."""
        range_ = Choices(values=tuple(choices))
        if not self._model.knows(key, range_):
            return Drawn(f"{self._seed}").one_of(key, choices)
        return choices[range_.labels.index(self._value(key, range_))]

    def whole(self, key: str, low: int, high: int, *, log: bool) -> int:
        """The whole number that promises most."""
        range_ = Numbers(low=low, high=high, log=log, whole=True)
        if not self._model.knows(key, range_):
            return Drawn(f"{self._seed}").whole(key, low, high, log=log)
        return min(max(int(self._value(key, range_)), low), high)

    def real(self, key: str, low: float, high: float, *, log: bool) -> float:
        """The number that promises most."""
        range_ = Numbers(low=low, high=high, log=log)
        if not self._model.knows(key, range_):
            return Drawn(f"{self._seed}").real(key, low, high, log=log)
        return min(max(float(self._value(key, range_)), low), high)

    def _value(self, key: str, range_: Range) -> Any:
        if key not in self._drawn:
            self._drawn |= self._model.sample(self._sampler, key, range_)
        return self._drawn[key]


def distribution_of(range_: Range) -> BaseDistribution:
    """A range as Optuna knows it; choices by their labels."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(range_, Choices):
        return CategoricalDistribution(range_.labels)
    if range_.whole:
        return IntDistribution(int(range_.low), int(range_.high), log=range_.log)
    return FloatDistribution(range_.low, range_.high, log=range_.log)


def told_value(placed: Placed) -> Any:
    """A value as Optuna knows it."""
    if isinstance(placed.range, Choices):
        place = placed.range.place(placed.value)
        assert place is not None
        return placed.range.labels[place]
    return placed.value


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from telling the terminal what it does; its warnings stay."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _split(groups: Groups, keys: frozenset[str]) -> Groups:
    """Parts of all keys such that each trial has a part whole or not at all."""
    parts = []
    for group in groups:
        parts += [group & keys, group - keys]
        keys -= group
    return tuple(filter(None, [*parts, keys]))


def _from_best(trials: Mapping[int, FrozenTrial], objectives: int) -> list[int]:
    """The trials that were trained to their end, the best first."""
    scored = {trial: each.values for trial, each in trials.items() if each.values is not None}
    if objectives == 1:
        return sorted(scored, key=lambda trial: -scored[trial][0])
    numbers = list(scored)
    points = [(scored[trial][0], scored[trial][1]) for trial in numbers]
    return [numbers[place] for front in fronts(points) for place in front]
