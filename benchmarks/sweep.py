"""Fifty short trials on two cores: our sweep against plain Ray Tune and plain Optuna.

    python -P benchmarks/sweep.py [--trials 50] [--epochs 8] [--workers 2]

All train the same trials with the same code, `emobench.runs.executor.execute`. Plain Tune is
a function trainable, as its documentation begins; plain Optuna is as many processes as there are
cores, which share a study through its journal storage. As it comes, each of these lets torch use
all cores; so it is measured once more with one thread each, as a careful user would have it. Each
has a process of its own. Printed are seconds of wall time, apart those before the first trial is
done, and ratios. What a trial costs beside its training is measured in our sweep, for workers
that are warm.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.plan import Plan, Settings
from emobench.runs.record import Record
from emobench.sweeps.journal import Journal
from emobench.sweeps.recipe_space import SearchSpace, space_of
from emobench.sweeps.rungs import unstopped
from emobench.sweeps.searcher import RandomSearch
from emobench.sweeps.study import Study
from emobench.sweeps.suggest import Drawn
from emobench.sweeps.trial import FOLD, Trial, TrialEnd
from emobench.sweeps.watcher import Resources, Watcher

RECIPE, TASK, SEARCHED = "aus/improved", "synthetic-au/subjects", "optimizer.lr"
ARMS = {
    "ours": "emobench sweep",
    "tune": "plain Ray Tune, a function trainable",
    "optuna": "plain Optuna, processes sharing a study",
    "optuna-careful": "plain Optuna, processes of one thread each",
}
THREADS = "OMP_NUM_THREADS"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What each of them is given."""

    folder: Path
    trials: int
    epochs: int
    workers: int

    @property
    def settings(self) -> Settings:
        """Where runs go; no pictures, as in a sweep."""
        return Settings(runs=self.folder / "runs", device="cpu", plots=False)

    def space(self) -> SearchSpace:
        """The recipe with one option to search, so that all trials train about as long."""
        registry = load_registry()
        recipe = load_recipe(RECIPE, registry=registry, overrides=[f"train.epochs={self.epochs}"])
        everything = space_of(recipe, registry=registry).values(recipe)
        return space_of(recipe, registry=registry, fixed=set(everything) - {SEARCHED})

    def train(self, number: int) -> Record:
        """Trial `number`, as whoever writes a trainable of their own would train it."""
        from emobench.runs.executor import execute

        registry = load_registry()
        recipe = self.space().build(Drawn(f"sweep 0 trial {number} attempt 0"))
        task = find_task(TASK, registry=registry)
        plan = Plan(recipe=recipe, task=task, seed=0, fold=FOLD)
        return execute(plan, settings=self.settings, registry=registry)


def ours(case: Case) -> dict[str, Any]:
    """The sweep."""
    from emobench.sweeps.engine import run_on_ray

    clock, space = Clock(workers=case.workers), case.space()
    with Journal(case.folder / "journal.jsonl", root=case.folder) as journal:
        study = Study(
            space,
            task=find_task(TASK, registry=load_registry()),
            seed=0,
            searcher=RandomSearch(seed=0),
            rungs=unstopped(),
            journal=journal,
        )
        run_on_ray(
            study,
            trials=case.trials,
            settings=case.settings,
            resources=Resources(concurrent=case.workers),
            watcher=clock,
        )
    return {"ends": clock.ends, "beside": clock.beside, "trained": clock.trained}


@dataclass(kw_only=True)
class Clock(Watcher):
    """When trials ended, and what each took of its worker beside its training.

    The first trials, as many as there are workers, are those of cold workers and left out.
    """

    workers: int
    ends: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    trained: list[float] = field(default_factory=list)
    _free: list[float] = field(default_factory=list)
    _since: dict[int, float] = field(default_factory=dict)

    def began(self, trial: Trial) -> None:
        """A worker that was free since another trial's end has this one."""
        if trial.index >= self.workers and self._free:
            self._since[trial.index] = self._free.pop(0)

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        """Its worker is free."""
        now = time.time()
        self.ends.append(now)
        self._free.append(now)
        self.trained.append(end.seconds)
        if trial.index in self._since:
            self.beside.append(now - self._since[trial.index] - end.seconds)


def plain_tune(case: Case) -> dict[str, Any]:
    """A function trainable with Tune's defaults, but for what it prints."""
    import ray
    from ray import tune

    def trainable(config: dict[str, Any]) -> None:
        record = case.train(config["number"])
        tune.report({"score": record.costs.epochs, "end": time.time()})

    ray.init(num_cpus=case.workers, include_dashboard=False, log_to_driver=False)
    results = tune.Tuner(
        trainable,
        param_space={"number": tune.grid_search(list(range(case.trials)))},
        run_config=tune.RunConfig(storage_path=str(case.folder / "tune"), verbose=0),
    ).fit()
    told = [results[place].metrics for place in range(len(results))]
    ends = [float(metrics["end"]) for metrics in told if metrics]
    ray.shutdown()
    return {"ends": ends}


def plain_optuna(case: Case) -> dict[str, Any]:
    """Processes that ask one study for trials until there are enough."""
    context = get_context("spawn")
    processes = [context.Process(target=_optimize, args=(case,)) for _ in range(case.workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    study = _shared_study(case)
    return {"ends": [trial.datetime_complete.timestamp() for trial in study.trials]}


def _optimize(case: Case) -> None:
    import optuna

    def objective(trial: optuna.Trial) -> float:
        return float(case.train(trial.number).costs.epochs)

    enough = optuna.study.MaxTrialsCallback(case.trials, states=None)
    _shared_study(case).optimize(objective, callbacks=[enough])


def _shared_study(case: Case) -> Any:
    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    backend = JournalFileBackend(str(case.folder / "optuna.log"))
    return optuna.create_study(
        study_name="sweep",
        storage=optuna.storages.JournalStorage(backend),
        sampler=optuna.samplers.RandomSampler(seed=0),
        load_if_exists=True,
    )


def measure(arm: str, told: argparse.Namespace) -> dict[str, Any]:
    """Run one of them in a process of its own; when it began and when it was over."""
    began = time.time()
    environment = {key: value for key, value in os.environ.items() if key != THREADS}
    if arm == "optuna-careful":
        environment[THREADS] = "1"
    flags = [f"--{name}={getattr(told, name)}" for name in ("trials", "epochs", "workers")]
    result = subprocess.run(
        [sys.executable, __file__, "--arm", arm, *flags],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if result.returncode:
        sys.exit(f"{ARMS[arm]} failed:\n{result.stderr[-4000:]}")
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return {**answer, "total": time.time() - began, "start": min(answer["ends"]) - began}


def compare(told: argparse.Namespace) -> None:
    """Measure all, and print."""
    with tempfile.TemporaryDirectory() as place:  # the prepared features, once for all
        Case(folder=Path(place), trials=1, epochs=1, workers=1).train(0)
    found = {}
    for arm, words in ARMS.items():
        found[arm] = one = measure(arm, told)
        rest = one["total"] - one["start"]
        print(
            f"{words}: {one['total']:.1f} s for {len(one['ends'])} trials, of these "
            f"{one['start']:.1f} s until the first was done; {rest / (told.trials - 1):.2f} s for "
            "each of the others",
            flush=True,
        )
    for arm in list(ARMS)[1:]:
        print(
            f"{ARMS[arm]} takes {found[arm]['total'] / found['ours']['total']:.2f} times as long; "
            "once the first trial is done, "
            f"{_rest(found[arm]) / _rest(found['ours']):.2f} times"
        )
    trained = median(found["ours"]["trained"])
    print(
        f"a warm trial costs {median(found['ours']['beside']):.2f} s beside its training of "
        f"{trained:.2f} s (medians)"
    )


def _rest(one: dict[str, Any]) -> float:
    return float(one["total"] - one["start"])


def main() -> None:
    """Compare; or, with --arm, be one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--arm", choices=ARMS)
    told = parser.parse_args()
    if told.arm is None:
        compare(told)
        return
    arms = {
        "ours": ours,
        "tune": plain_tune,
        "optuna": plain_optuna,
        "optuna-careful": plain_optuna,
    }
    with tempfile.TemporaryDirectory() as place:
        case = Case(
            folder=Path(place), trials=told.trials, epochs=told.epochs, workers=told.workers
        )
        print("\n" + json.dumps(arms[told.arm](case)))


if __name__ == "__main__":
    main()
