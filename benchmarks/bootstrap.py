"""How long a board's statistics take: 50 recipes of 3 seeds on 1,500 items of 24 groups.

    python benchmarks/bootstrap.py [--rows 50] [--items 1500] [--groups 24] [--metric uar]

Prints seconds of the processor, and the ratio of our bootstrap to the plain one, which scores the
items of every resample with scikit-learn and of which a few resamples are timed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, f1_score

from emobench.api import Target
from emobench.scoring.bootstrap import RESAMPLES, bootstrap_scores
from emobench.scoring.tally import Tally, tally
from emobench.scoring.tiers import separate
from emobench.scoring.uncertainty import score_interval

CLASSES = 8
SEEDS = 3
PLAIN_RESAMPLES = 20
TARGET = Target(name="emotion", kind="class", classes=tuple("abcdefgh"))

PLAIN: dict[str, Callable[[NDArray[np.int64], NDArray[np.int64]], float]] = {
    "uar": balanced_accuracy_score,
    "macro_f1": lambda truth, predicted: f1_score(truth, predicted, average="macro"),
}


@dataclass(frozen=True, kw_only=True)
class Board:
    """Simulated predictions, `(rows, seeds, items, classes)`."""

    items: tuple[str, ...]
    groups: tuple[str, ...]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def simulate(*, rows: int, items: int, groups: int) -> Board:
    """Recipes that are right somewhat more often than by chance."""
    stream = np.random.default_rng(0)
    truth = stream.integers(0, CLASSES, items)
    logits = stream.normal(size=(rows, SEEDS, items, CLASSES))
    logits += np.eye(CLASSES)[truth] * stream.uniform(1, 2, (rows, 1, 1, 1))
    powers = np.exp(logits)
    return Board(
        items=tuple(f"item {position}" for position in range(items)),
        groups=tuple(f"speaker {position % groups:02}" for position in range(items)),
        truth=truth,
        probabilities=powers / powers.sum(axis=-1, keepdims=True),
    )


def tallies(board: Board) -> list[list[Tally]]:
    """The board's rows."""
    return [
        [
            tally(
                TARGET,
                seed=seed,
                items=board.items,
                groups=board.groups,
                probabilities=probabilities,
                truth=board.truth,
            )
            for seed, probabilities in enumerate(row)
        ]
        for row in board.probabilities
    ]


def plain_bootstrap(board: Board, *, metric: str, resamples: int) -> None:
    """One row's resamples, each scored anew from its items."""
    stream = np.random.default_rng(1)
    owners = np.asarray(board.groups)
    names = np.unique(owners)
    held = {name: np.flatnonzero(owners == name) for name in names}
    predicted = board.probabilities[0].argmax(axis=-1)
    for _ in range(resamples):
        chosen = np.concatenate([held[name] for name in stream.choice(names, len(names))])
        for seed in stream.integers(0, SEEDS, SEEDS):
            PLAIN[metric](board.truth[chosen], predicted[seed][chosen])


def seconds(work: Callable[[], object]) -> float:
    """How much of the processor's time it takes, whatever else the machine does."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--items", type=int, default=1500)
    parser.add_argument("--groups", type=int, default=24)
    parser.add_argument("--metric", choices=sorted(PLAIN), default="uar")
    options = parser.parse_args(arguments)
    board = simulate(rows=options.rows, items=options.items, groups=options.groups)
    metric = options.metric
    rows = tallies(board)
    runs = options.rows * SEEDS
    print(f"{options.rows} rows x {SEEDS} seeds, {options.items} items, {options.groups} groups")
    print(f"tally all predictions:      {seconds(lambda: tallies(board)):8.2f} s")
    each = seconds(lambda: [score_interval(row, metric=metric) for row in rows])
    print(f"intervals of all rows:      {each:8.2f} s")
    pairs = seconds(lambda: separate(rows, metric=metric))
    print(f"all pairs, Holm, tiers:     {pairs:8.2f} s")
    ours = seconds(lambda: bootstrap_scores(rows, metric=metric))
    print(f"bootstrap, {RESAMPLES} resamples: {ours:8.2f} s")
    few = seconds(lambda: plain_bootstrap(board, metric=metric, resamples=PLAIN_RESAMPLES))
    plain = few * RESAMPLES / PLAIN_RESAMPLES * options.rows
    print(f"plain bootstrap (estimate): {plain:8.0f} s, {plain / ours:.0f} times as long ({runs=})")


if __name__ == "__main__":
    main()
