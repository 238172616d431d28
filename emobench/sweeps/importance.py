"""Which options mattered: functional ANOVA over a forest of random trees, in numpy alone.

A forest learns figures from values; each option's share is how far the forest's prediction moves
with it, averaged over all values of all others (Hutter et al., 2014, arXiv:1406.4024 for trees).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emobench.sweeps.overview import METHOD_FAULTS, Overview, Shown
from emobench.sweeps.ranges import Choices, Placed, Range

if TYPE_CHECKING:
    import numpy as np

TREES = 64
SMALLEST = 3
"""Trials below which a leaf is not split."""
MOST_TRIALS = 500
"""The latest so many are learned from: it takes a second, and more change little."""
ENOUGH = 20
"""With fewer trials every share is a guess."""
LEAST = 4
"""With fewer there is nothing to say."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """How much of the differences between trials one option explains by itself.

    `beyond_chance` where it explains more than a column of noise did in the same forest.
    """

    key: str
    share: float
    beyond_chance: bool


@dataclass(frozen=True, kw_only=True)
class Importance:
    """The options from the most important on, and how far to trust that."""

    shares: tuple[Share, ...] = ()
    trials: int = 0

    @property
    def is_guess(self) -> bool:
        """Whether there are too few trials, or nothing stands out from chance."""
        return self.trials < ENOUGH or not any(each.beyond_chance for each in self.shares)

    @property
    def words(self) -> str:
        """What a reader should know before believing it."""
        if not self.shares:
            return f"{self.trials} trials with a figure are too few to say which options mattered"
        if self.trials < ENOUGH:
            return f"a guess: only {self.trials} trials have a figure"
        if self.is_guess:
            return f"a guess: in {self.trials} trials no option stands out from chance"
        return f"from {self.trials} trials; faint: no more than chance would give"


def importance(shown: Overview, *, seed: int = 0) -> Importance:
    """Each option's share of the differences in figures.

    A trial that was stopped counts with its last figure, one that failed by its own fault like
    the worst of the others. An option that counts with a choice alone is taken to lie in the middle
    of its range where it does not count, so that its share is what it adds.
    """
    import numpy as np

    trials = [
        trial for trial in shown.trials if trial.figure is not None or trial.state in METHOD_FAULTS
    ][-MOST_TRIALS:]
    columns = {
        key: column
        for key, range_ in shown.ranges.items()
        if len(set(column := _column([each.placed for each in trials], key, range_))) > 1
    }
    scored = sum(trial.figure is not None for trial in trials)
    if scored < LEAST or not columns:
        return Importance(trials=scored)
    figures = _figures(trials, shown.sign)
    random = np.random.default_rng(seed)
    real = np.array(list(columns.values()), dtype=float).T
    steps = np.array([_steps(shown.ranges[key]) for key in columns])
    shares = np.zeros(real.shape[1])
    chance = np.zeros(real.shape[1])
    # The same noise for all trees: what it explains by chance it then explains in each of them.
    both = np.concatenate([real, random.permuted(real, axis=0)], axis=1)
    for _ in range(TREES):
        found = _tree_shares(both, figures, np.concatenate([steps, steps]), random)
        shares += found[: real.shape[1]] / TREES
        chance += found[real.shape[1] :] / TREES
    ranked = sorted(zip(columns, shares.tolist(), strict=True), key=lambda pair: -pair[1])
    floor = float(chance.max())
    return Importance(
        shares=tuple(
            Share(key=key, share=share, beyond_chance=share > floor) for key, share in ranked
        ),
        trials=scored,
    )


def _column(trials: Sequence[Mapping[str, Placed]], key: str, range_: Range) -> list[float]:
    """Where the trials' values lie in their range, from 0 to 1."""
    return [
        _share_of(trial[key], range_) if key in trial and trial[key].range == range_ else 0.5
        for trial in trials
    ]


def _share_of(placed: Placed, range_: Range) -> float:
    import math

    if isinstance(range_, Choices):
        place = range_.place(placed.value)
        return ((place or 0) + 0.5) / len(range_.values)
    if range_.high == range_.low:
        return 0.5
    if range_.log:
        return math.log(placed.value / range_.low) / math.log(range_.high / range_.low)
    return float((placed.value - range_.low) / (range_.high - range_.low))


def _steps(range_: Range) -> int:
    """Into how many equal parts of any order a range falls; 0 for numbers."""
    return len(range_.values) if isinstance(range_, Choices) else 0


def _figures(trials: Sequence[Shown], sign: int) -> np.ndarray:
    import numpy as np

    known = [None if trial.figure is None else sign * trial.figure for trial in trials]
    worst = min(figure for figure in known if figure is not None)
    return np.array([worst if figure is None else figure for figure in known])


def _tree_shares(
    columns: np.ndarray, figures: np.ndarray, steps: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Each column's share of the variance of one tree that is grown on a resample."""
    import numpy as np

    rows = random.integers(0, len(figures), len(figures))
    mixed = columns[rows].copy()
    for place in np.flatnonzero(steps):
        # Choices have no order: each tree draws one, so that any two may end up side by side.
        count = steps[place]
        order = random.permutation(count)
        codes = (mixed[:, place] * count).astype(int).clip(0, count - 1)
        mixed[:, place] = (order[codes] + 0.5) / count
    low, high, means = _leaves(mixed, figures[rows], steps, random)
    widths = high - low
    volumes = widths.prod(axis=1)
    mean = volumes @ means
    total = volumes @ (means - mean) ** 2
    if total <= 0:
        return np.zeros(columns.shape[1])
    return np.array(
        [
            _main_effect(low[:, place], high[:, place], means * volumes / widths[:, place], mean)
            for place in range(columns.shape[1])
        ]
    ) / float(total)


def _main_effect(low: np.ndarray, high: np.ndarray, weighed: np.ndarray, mean: float) -> float:
    """The variance along one column of the mean over all others."""
    import numpy as np

    marks = np.unique(np.concatenate([low, high]))
    if len(marks) == 2:
        return 0.0
    middles = (marks[:-1] + marks[1:]) / 2
    covers = (low[:, None] <= middles) & (middles < high[:, None])
    return float(np.diff(marks) @ (weighed @ covers - mean) ** 2)


def _leaves(
    columns: np.ndarray, figures: np.ndarray, steps: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The leaves' lower and upper ends `(leaves, columns)` and the mean of the figures in each.

    Each node draws one cut a column and takes the one that parts the figures best (extra-trees).
    """
    import numpy as np

    width = columns.shape[1]
    todo = [(np.arange(len(figures)), np.zeros(width), np.ones(width))]
    found: list[tuple[np.ndarray, np.ndarray, float]] = []
    while todo:
        rows, low, high = todo.pop()
        split = _best_cut(columns[rows], figures[rows], steps, random)
        if split is None:
            found.append((low, high, float(figures[rows].mean())))
            continue
        place, cut = split
        left = columns[rows, place] < cut
        middle_high, middle_low = high.copy(), low.copy()
        middle_high[place] = middle_low[place] = cut
        todo += [(rows[left], low, middle_high), (rows[~left], middle_low, high)]
    lows, highs, means = zip(*found, strict=True)
    return np.array(lows), np.array(highs), np.array(means)


def _best_cut(
    columns: np.ndarray, figures: np.ndarray, steps: np.ndarray, random: np.random.Generator
) -> tuple[int, float] | None:
    """Column and place of the best of the drawn cuts; None where there is nothing to part."""
    import numpy as np

    if len(figures) <= SMALLEST or np.ptp(figures) == 0:
        return None
    low, high = columns.min(axis=0), columns.max(axis=0)
    cuts = low + random.random(len(low)) * (high - low)
    parts = np.maximum(steps, 1)
    cuts = np.where(steps > 0, (np.floor(cuts * parts - 0.5) + 1) / parts, cuts)
    left = columns < cuts
    count = left.sum(axis=0)
    useful = (count > 0) & (count < len(figures))
    if not useful.any():
        return None
    centred = figures - figures.mean()
    sums = centred @ left
    gain = np.where(useful, sums**2 / np.maximum(count * (len(figures) - count), 1), -1.0)
    place = int(gain.argmax())
    return place, float(cuts[place])
