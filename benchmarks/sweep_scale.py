"""How far a sweep scales: study and journal alone, and Tune's controller with made-up trials.

    python benchmarks/sweep_scale.py [--trials 10000] [--tune 1000 --tune 3000] [--workers 8]

Nothing is trained. What is printed: milliseconds of the controlling process a trial, the journal's
size, memory. What the controller costs hardly depends on the number of workers.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray import tune

from emobench.data.tasks import find_task
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.plan import Settings
from emobench.sweeps import engine
from emobench.sweeps import tune as sweeps_tune
from emobench.sweeps.assignment import Progress
from emobench.sweeps.journal import Journal
from emobench.sweeps.recipe_space import space_of
from emobench.sweeps.rungs import asha
from emobench.sweeps.searcher import RandomSearch
from emobench.sweeps.study import Study
from emobench.sweeps.trial import Report, Trial, TrialEnd
from emobench.sweeps.watcher import Resources, Watcher

EPOCHS = 27
"""ASHA's rungs lie at 3 and 9 of these, so that a trial is heard up to three times."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a number of trials cost the process that controls them."""

    trials: int
    cpu_s: float
    wall_s: float
    memory_mb: float

    def __str__(self) -> str:
        return (
            f"{self.trials:6} trials: {1000 * self.cpu_s / self.trials:7.2f} ms of CPU a trial, "
            f"{1000 * self.wall_s / self.trials:7.2f} ms of wall, {self.memory_mb:6.0f} MB held"
        )


def study_in(journal: Journal) -> Study:
    """A study of the shipped recipe on action units."""
    registry = load_registry()
    recipe = load_recipe("aus/improved", registry=registry, overrides=[f"train.epochs={EPOCHS}"])
    return Study(
        space_of(recipe, registry=registry),
        task=find_task("synthetic-au/subjects", registry=registry),
        seed=0,
        searcher=RandomSearch(seed=0),
        rungs=asha(EPOCHS),
        journal=journal,
    )


def figure(trial: Trial, epoch: int) -> float:
    """A made-up validation figure: some trials are better, and all get better."""
    return 1 - 1 / (epoch + 1) - (trial.index * 7919 % 1000) / 2000


def study_alone(folder: Path, *, trials: int, workers: int) -> Cost:
    """Ask for and end so many trials, as many at once as there are workers."""
    before, cpu, wall = held_mb(), time.process_time(), time.monotonic()
    with Journal(folder / "journal.jsonl", root=folder) as journal:
        study = study_in(journal)
        live: list[Trial] = []
        while True:
            while len(live) < workers and (trial := study.next_trial(count=trials)):
                live.append(trial)
            if not live:
                break
            run(study, live.pop(0))
    return Cost(
        trials=trials,
        cpu_s=time.process_time() - cpu,
        wall_s=time.monotonic() - wall,
        memory_mb=held_mb() - before,
    )


def run(study: Study, trial: Trial) -> None:
    """Tell of a trial to its end."""
    for epoch in [*study.milestones(trial), EPOCHS]:
        value = figure(trial, epoch)
        if not study.heard(trial.index, Report(epoch=epoch, epochs=EPOCHS, validation=value)):
            end = TrialEnd(state="stopped", run_id="x" * 60, validation=value, epochs=epoch)
            study.ended(trial.index, end)
            return
    study.ended(trial.index, TrialEnd(state="ok", run_id="x" * 60, validation=value, epochs=EPOCHS))


def recalled(folder: Path) -> float:
    """Seconds to bring the study back from its journal."""
    started = time.monotonic()
    with Journal(folder / "journal.jsonl", root=folder) as journal:
        study_in(journal)
    return time.monotonic() - started


class MadeUp(tune.Trainable):
    """A worker whose every trial is over at once."""

    def setup(self, config: dict[str, Any]) -> None:
        """Nothing to prepare."""

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Nothing to change."""
        return True

    def step(self) -> dict[str, Any]:
        """An end at once."""
        report = Report(epoch=EPOCHS, epochs=EPOCHS, validation=0.5)
        end = TrialEnd(state="ok", run_id="x" * 60, validation=0.5, epochs=EPOCHS)
        return {"progress": Progress(reports=(report,), end=end)}

    def get_auto_filled_metrics(self, *_: Any, **__: Any) -> dict[str, Any]:
        """As the sweep's own worker does."""
        return {}


def tune_alone(folder: Path, *, trials: int, workers: int) -> Cost:
    """The whole of a sweep's controlling process, with workers that train nothing."""
    vars(sweeps_tune)["_Worker"] = MadeUp
    ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level=50)
    with Journal(folder / "journal.jsonl", root=folder) as journal:
        study = study_in(journal)
        before, cpu, first = held_mb(), time.process_time(), FirstEnd()
        engine.run_on_ray(
            study,
            trials=trials,
            settings=Settings(runs=folder),
            resources=Resources(concurrent=workers),
            watcher=first,
        )
        wall = time.monotonic() - first.at
        cpu = time.process_time() - first.cpu
    ray.shutdown()
    return Cost(trials=trials, cpu_s=cpu, wall_s=wall, memory_mb=held_mb() - before)


@dataclass(kw_only=True)
class FirstEnd(Watcher):
    """When the first trial ended: what came before is the start of Ray and of the workers."""

    at: float = 0.0
    cpu: float = 0.0

    def ended(self, trial: Trial, end: TrialEnd) -> None:
        """Note the first."""
        if not self.at:
            self.at, self.cpu = time.monotonic(), time.process_time()


def held_mb() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--tune", type=int, nargs="*", default=[])
    parser.add_argument("--workers", type=int, default=8)
    told = parser.parse_args()
    for trials in told.trials:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            print("study and journal,", study_alone(folder, trials=trials, workers=64), flush=True)
            size = (folder / "journal.jsonl").stat().st_size
            print(
                f"  journal {size / 1e6:.1f} MB, {size / trials:.0f} bytes a trial; "
                f"brought back in {recalled(folder):.1f} s",
                flush=True,
            )
    for trials in told.tune:
        with tempfile.TemporaryDirectory() as place:
            cost = tune_alone(Path(place), trials=trials, workers=told.workers)
            print("with Tune's controller,", cost, flush=True)


if __name__ == "__main__":
    main()
