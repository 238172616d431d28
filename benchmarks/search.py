"""TPE and asynchronous halving against random search, with the same number of epochs to train.

    python -P benchmarks/search.py [--repeats 5] [--made-up-repeats 20] [--budget 540] [--ways ...]

Real trainings: the action-unit guide's network on the embedded tables, loss, optimizer and
scheduler open. Made-up ones: learning curves over the same space, with a hidden best, for many
repeats. A budget is a number of epochs; the trial that spends the last of it is trained to its end.
Printed is the best figure on validation, that trial's on test, and the differences from random
search repeat by repeat. On test a made-up trial has its figure without the noise that validation
adds: who tries more gets luckier there, and not here. The flag -P keeps the other scripts here from
standing in for modules of their names.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from scipy import stats

from emobench.data.tasks import Task, find_task
from emobench.recipes.load import load_recipe
from emobench.registry import Registry, load_registry
from emobench.runs.plan import Settings
from emobench.sweeps.journal import Journal
from emobench.sweeps.optuna_search import OptunaSearch
from emobench.sweeps.ranges import Choices, trace
from emobench.sweeps.recipe_space import SearchSpace, space_of
from emobench.sweeps.rungs import Rungs, asha, unstopped
from emobench.sweeps.searcher import RandomSearch, Searcher
from emobench.sweeps.study import Story, Study
from emobench.sweeps.trial import Report, Trial, TrialEnd

EPOCHS = 27
TASK = "synthetic-au/subjects"
RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "aus" / "before.yaml"
OPEN = ("loss", "optimizer", "scheduler")
MOST_TRIALS = 100_000

Curve = Iterator[Report | TrialEnd]
"""A trial's reports, epoch by epoch, then its end."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to search."""

    name: str
    learns: bool
    halves: bool

    def searcher(self, space: SearchSpace, seed: int) -> Searcher:
        """What chooses values."""
        return OptunaSearch(space.build, seed=seed) if self.learns else RandomSearch(seed=seed)

    def rungs(self) -> Rungs:
        """What stops trials."""
        return asha(EPOCHS) if self.halves else unstopped()


WAYS = (
    Way(name="random", learns=False, halves=False),
    Way(name="TPE", learns=True, halves=False),
    Way(name="random + ASHA", learns=False, halves=True),
    Way(name="TPE + ASHA", learns=True, halves=True),
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a search found; `test` is the winner's figure there."""

    validation: float
    test: float
    trials: int
    epochs: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Arena:
    """Where searches compete: a space, a budget, and how a trial goes."""

    space: SearchSpace
    task: Task
    budget: int

    def search(
        self,
        way: Way,
        *,
        seed: int,
        begin: Callable[[Trial], Curve],
        test: Callable[[Story], float],
    ) -> Outcome:
        """One search, from its first trial until the budget is spent."""
        started, epochs = time.process_time(), 0
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            with Journal(root / "journal.jsonl", root=root) as journal:
                study = Study(
                    self.space,
                    task=self.task,
                    seed=seed,
                    searcher=way.searcher(self.space, seed),
                    rungs=way.rungs(),
                    journal=journal,
                )
                while epochs < self.budget:
                    trial = study.next_trial(count=MOST_TRIALS)
                    if trial is None:
                        break
                    epochs += follow(study, trial, begin(trial))
        best = study.best()
        assert best is not None
        figure = study.figure(best)
        assert figure is not None
        return Outcome(
            validation=figure,
            test=test(best),
            trials=len(study.stories),
            epochs=epochs,
            seconds=time.process_time() - started,
        )


def follow(study: Study, trial: Trial, curve: Curve) -> int:
    """Take a trial through its rungs to its end; gives the epochs that were trained."""
    rungs = study.milestones(trial)
    epoch = 0
    for heard in curve:
        if isinstance(heard, TrialEnd):
            study.ended(trial.index, heard)
            return epoch
        epoch = heard.epoch
        if not study.heard(trial.index, heard) and epoch in rungs:
            study.ended(trial.index, TrialEnd(state="stopped", epochs=epoch))
            return epoch
    return epoch


@dataclass(frozen=True, kw_only=True)
class MadeUp:
    """A made-up task with a hidden best: a few options matter much, most matter little."""

    space: SearchSpace
    seed: int

    def curve(self, trial: Trial) -> Curve:
        """A trial's learning curve, as validation would show it."""
        noise = Random(f"{self.seed} {trial.index}")
        seen = 0.0
        for epoch, reached in enumerate(self._reached(trial), start=1):
            seen = reached + noise.gauss(0, 0.01)
            yield Report(epoch=epoch, epochs=EPOCHS, validation=seen)
        yield TrialEnd(state="ok", validation=seen, epochs=EPOCHS)

    def test(self, best: Story) -> float:
        """What the trial reached in the end, without noise."""
        return self._reached(best.trial)[-1]

    def _reached(self, trial: Trial) -> list[float]:
        """The trial's figure after each epoch."""
        loss, slowness = 0.0, 0.0
        for key, placed in trace(self.space.build, trial.values).items():
            random = Random(f"{self.seed} {key}")
            weight = 0.15 * random.random() ** 4
            if isinstance(placed.range, Choices):
                losses = [random.random() for _ in placed.range.values]
                loss += weight * losses[placed.range.place(placed.value) or 0]
                continue
            low, high, value = placed.range.low, placed.range.high, placed.value
            if placed.range.log:
                low, high, value = math.log(low), math.log(high), math.log(value)
            share = (value - low) / (high - low)
            loss += weight * ((share - random.random()) / 0.5) ** 2
            slowness += weight * abs(share - random.random())
        whole = max(0.0, 0.8 - loss)
        return [
            whole * (1 - math.exp(-epoch / (2 + 30 * slowness))) for epoch in range(1, EPOCHS + 1)
        ]


def trained(settings: Settings, registry: Registry) -> Callable[[Trial], Curve]:
    """Real trainings in this process."""
    from emobench.api import EmobenchError
    from emobench.runs.executor import Stopped, execute_by_epochs
    from emobench.runs.record import Record
    from emobench.sweeps.evidence import validation_figure

    def curve(trial: Trial) -> Curve:
        metric = trial.plan.task.metric
        run = execute_by_epochs(trial.plan, settings=settings, registry=registry)
        try:
            while True:
                try:
                    done = next(run)
                except StopIteration as end:
                    record: Record = end.value
                    yield TrialEnd(
                        state=record.state,
                        run_id=record.id,
                        validation=validation_figure(record),
                        epochs=record.costs.epochs or 0,
                    )
                    return
                value = done.metrics.get(f"validation_{metric}")
                yield Report(epoch=done.epoch, epochs=done.epochs, validation=value)
        except EmobenchError as error:
            yield TrialEnd(state="failed", reason=str(error))
        except GeneratorExit:
            with suppress(StopIteration, Stopped):
                run.throw(Stopped("stopped by the search"))
            raise

    return curve


def tested(settings: Settings, metric: str) -> Callable[[Story], float]:
    """The figure on test of a stored run: for the winner alone."""
    from emobench.runs.store import RunStore

    def test(best: Story) -> float:
        assert best.end is not None
        assert best.end.run_id is not None
        record = RunStore(settings.runs).get(best.end.run_id)
        assert record is not None
        return next(iter(record.scores.values())).metrics[metric]

    return test


def invented(arena: Arena, way: Way, *, seed: int) -> Outcome:
    """One search on made-up curves."""
    task = MadeUp(space=arena.space, seed=seed)
    return arena.search(way, seed=seed, begin=task.curve, test=task.test)


def real_search(arena: Arena, way: Way, *, seed: int, registry: Registry) -> Outcome:
    """One search by real trainings, from an empty folder of runs."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(runs=Path(folder), device="cpu", plots=False)
        return arena.search(
            way,
            seed=seed,
            begin=trained(settings, registry),
            test=tested(settings, arena.task.metric),
        )


def compare(outcomes: Mapping[str, Sequence[Outcome]], *, title: str) -> None:
    """Print what each way found, and its differences from the first."""
    print(f"\n{title}")
    print(
        f"{'':14} trials  epochs  validation   test   CPU s  difference from random, 95% interval"
    )
    base = next(iter(outcomes.values()))
    for name, found in outcomes.items():
        means = [
            statistics.fmean(getattr(each, field) for each in found)
            for field in ("trials", "epochs", "validation", "test", "seconds")
        ]
        words = "" if found is base else difference(found, base)
        print(
            f"{name:14} {means[0]:6.0f}  {means[1]:6.0f}  {100 * means[2]:9.2f}% "
            f"{100 * means[3]:6.2f}% {means[4]:6.1f}  {words}",
            flush=True,
        )


def difference(found: Sequence[Outcome], base: Sequence[Outcome]) -> str:
    """The mean paired difference on validation and on test, with Student's interval."""
    words = []
    for field in ("validation", "test"):
        pairs = zip(found, base, strict=True)
        apart = [100 * (getattr(one, field) - getattr(other, field)) for one, other in pairs]
        mean = statistics.fmean(apart)
        half = 0.0
        if len(apart) > 1:
            spread = statistics.stdev(apart) / math.sqrt(len(apart))
            half = float(stats.t.ppf(0.975, len(apart) - 1)) * spread
        won = sum(each > 0 for each in apart)
        words.append(
            f"{field} {mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f}), "
            f"better in {won} of {len(apart)}"
        )
    return "; ".join(words)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--made-up-repeats", type=int, default=20)
    parser.add_argument("--budget", type=int, default=20 * EPOCHS)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--ways", nargs="*", default=[way.name for way in WAYS])
    options = parser.parse_args()
    ways = [way for way in WAYS if way.name in options.ways]
    registry = load_registry()
    recipe = load_recipe(RECIPE, overrides=[f"train.epochs={EPOCHS}"], registry=registry)
    space = space_of(recipe, registry=registry, open_kinds=OPEN)
    task = find_task(TASK, registry=registry)
    arena = Arena(space=space, task=task, budget=options.budget)
    seeds = range(options.first_seed, options.first_seed + options.made_up_repeats)
    if seeds:
        title = f"{len(seeds)} made-up tasks, {options.budget} epochs each"
        compare(
            {way.name: [invented(arena, way, seed=seed) for seed in seeds] for way in ways},
            title=f"{title} ({len(space.describe())} options and choices)",
        )
    real: dict[str, list[Outcome]] = {way.name: [] for way in ways}
    for seed in range(options.first_seed, options.first_seed + options.repeats):
        for way in ways:
            outcome = real_search(arena, way, seed=seed, registry=registry)
            real[way.name].append(outcome)
            print(f"{way.name}, seed {seed}: {outcome}", flush=True)
    if options.repeats:
        compare(real, title=f"{options.repeats} repeats on {TASK}, {options.budget} epochs each")


if __name__ == "__main__":
    main()
