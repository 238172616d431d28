"""How long 10,000 published records take to become boards, and how much memory: cold, then warm.

Makes records like those of a set of 1,500 clips in five folds (their sizes too), then runs
`emobench leaderboard` on them in processes of its own: with an empty cache, with a full one, and
with one record more, which is what a pull request brings. Fails if torch was imported. A reading
of the same files by `json.loads` alone is the measure to compare with.

    python benchmarks/boards.py [--tasks 20] [--recipes 50] [--seeds 2] [--ledger]

With `--ledger`, the guides' claims lie beside the boards, as in this repository: then the evidence
of all records is put together too, for the pages of claims and leak premiums.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from emobench.api import Target
from emobench.runs.judging import judge_target
from emobench.runs.published import Predictions, Published, TargetPredictions
from emobench.runs.publishing import write_published
from emobench.runs.record import Attempt, Costs, DataStamp, Provenance, Record, TaskStamp

CLASSES = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
TARGET = Target(name="emotion", kind="class", classes=CLASSES)
FOLDS, ITEMS, GROUPS, EPOCHS = 5, 300, 5, 30
MANY = 10_000
LEDGER = Path(__file__).parents[1] / "leaderboards" / "claims.yaml"
COMMAND = """
import sys, time
started = time.perf_counter()
from emobench.cli.app import run_command_line
code = run_command_line(sys.argv[1:])
print(f"code {code}, torch {'torch' in sys.modules}, {time.perf_counter() - started:.2f} s inside")
"""


def main() -> None:
    """Make the records, run the command, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--recipes", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--ledger", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = folder / "leaderboards" / "records"
        records.mkdir(parents=True)
        if options.ledger:
            shutil.copy(LEDGER, records.parent)
        start = report("no record", folder)
        for published in make(options.tasks, options.recipes, options.seeds):
            write_published(published, out=records)
        files = list(records.glob("*/*.json"))
        megabytes = sum(path.stat().st_size for path in files) / 1e6
        each = 1000 * megabytes / len(files)
        print(f"{len(files)} records, {megabytes:.0f} MB, {each:.1f} kB each")
        print(f"json.loads alone: {read_all(files):.2f} s of CPU")
        for what in ("cold", "warm", "check"):
            worked = report(what, folder, check=what == "check")
            each = (worked - start) / len(files)
            whole = start + MANY * each
            print(f"  {1000 * each:.2f} ms of CPU a record: {whole:.0f} s for {MANY:,}")
        for published in make(1, 1, 1, first_seed=options.seeds):
            write_published(published, out=records)
        report("one record more", folder)


def make(tasks: int, recipes: int, seeds: int, *, first_seed: int = 0) -> Iterator[Published]:
    """Records of every recipe on every task, each with a skill of its own."""
    truth = np.arange(ITEMS) % len(CLASSES)
    for task in range(tasks):
        for recipe in range(recipes):
            for seed in range(first_seed, first_seed + seeds):
                for fold in range(FOLDS):
                    yield one(task, recipe, seed, fold, truth)


def one(task: int, recipe: int, seed: int, fold: int, truth: np.ndarray) -> Published:
    """One record; better recipes are right more often."""
    random = np.random.default_rng([task, recipe, seed, fold])
    logits = random.normal(size=(ITEMS, len(CLASSES))).astype(np.float32).astype(np.float64)
    logits[np.arange(ITEMS), truth] += 0.5 + 0.04 * recipe
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shares = shares.astype(np.float32).astype(np.float64)
    scores, collapse = judge_target(TARGET, probabilities=shares, truth=truth, validation={})
    options = {f"option_{number}": number / 7 for number in range(60)}
    record = Record(
        id=f"recipe-{recipe:03}-task{task}-fold{fold}-seed{seed}",
        identity=f"{task}-{recipe}-{seed}-{fold}",
        recipe_name=f"recipe-{recipe:03}",
        recipe={"schema": 1, "rank": recipe, "backbone": options, "train": {"epochs": EPOCHS}},
        task=TaskStamp(
            name=f"made-{task:03}/people",
            version=1,
            metric="uar",
            protocol={"use": "grouped-kfold", "folds": FOLDS},
            targets=("emotion",),
            fold=fold,
            folds=FOLDS,
        ),
        seed=seed,
        state="collapsed" if collapse else "ok",
        reason=collapse.reason if collapse else "",
        attempts=(Attempt(started="2026-01-01T00:00:00+00:00"),),
        scores={"emotion": scores},
        collapse=collapse,
        data=DataStamp(fingerprint=f"{task:032}", train=900, validation=240, test=ITEMS),
        costs=Costs(train_s=10.0 + recipe, parameters=1000 * (recipe + 1), ms_per_item=0.2),
        provenance=Provenance(
            emobench="0.1.0", api=2, python="3.11.7", components=dict.fromkeys(CLASSES, "x 0.1.0")
        ),
    )
    items = tuple(f"03-01-{task:02}-{fold:02}-{number:06}" for number in range(ITEMS))
    groups = tuple(f"{fold * GROUPS + number % GROUPS:02}" for number in range(ITEMS))
    answers = TargetPredictions(target=TARGET, probabilities=shares, truth=truth, number_type="<f4")
    history = [round(float(value), 6) for value in random.random(EPOCHS)]
    return Published(
        record=record,
        history={"epoch": [*range(1, EPOCHS + 1)], **{f"figure_{n}": history for n in range(11)}},
        predictions=Predictions(items=items, groups=groups, targets=(answers,)),
    )


def read_all(files: list[Path]) -> float:
    """Seconds of CPU that it takes to parse the files and do nothing with them."""
    started = time.process_time()
    for path in files:
        json.loads(path.read_bytes())
    return time.process_time() - started


def report(what: str, folder: Path, *, check: bool = False) -> float:
    """Run the command on the records and print its time and the most memory a process took.

    Gives the seconds of CPU that it took, of all its processes.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "leaderboard", *(["--check"] if check else [])],
        cwd=folder,
        env={**os.environ, "EMOBENCH_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    last = done.stdout.splitlines()[-1] if done.stdout else done.stderr
    # Of all processes so far, so the first run tells the most.
    peak = after.ru_maxrss / 1e3
    print(
        f"{what}: {seconds:.2f} s, {worked:.2f} s of CPU, at most {peak:.0f} MB a process ({last})"
    )
    assert "torch False" in last, done.stderr
    return worked


if __name__ == "__main__":
    main()
