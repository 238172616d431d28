"""How often the intervals hold what they claim, in simulated worlds whose truth is known.

    python benchmarks/intervals.py [--repetitions 1000] [--worlds typical easy] [--only coverage]

Prints two tables in Markdown. The first: how often a 95% interval of the mean UAR holds the true
one, for the naive bootstrap of items, for two bootstraps of groups and seeds, and for ours. The
second: how often a board of equally good recipes shows a separation that is not there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from emobench.api import Target
from emobench.scoring.bootstrap import bootstrap_scores
from emobench.scoring.tally import Tally
from emobench.scoring.tiers import separate
from emobench.scoring.uncertainty import effects_of, score_interval

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

CLASSES = 8
EASE = np.array([1.8, 1.2, 0.9, 0.5, 0.3, 0.0, -0.3, -0.6])
MISTAKES = {1: 0.6, 3: 0.4}
"""A mistake goes to the class so many further on, with this probability."""
ITEMS = (4, 8, 8, 8, 8, 8, 8, 8)
"""Items of each class that a group has, as in RAVDESS."""
TARGET = Target(name="emotion", kind="class", classes=tuple("abcdefgh"))
RESAMPLES = 1000
GROUPS, SEEDS = (5, 10, 24), (1, 3, 5)
ROWS = 8


@dataclass(frozen=True, kw_only=True)
class World:
    """How likely an answer is right, on the logit scale: an ease and standard deviations.

    Groups differ in all (`group`) and by class (`group_class`), and so do seeds; `group_seed` and
    `group_recipe` say how much one seed or recipe suits some groups more than others, `item` how
    much items differ. `uneven` lets groups have from few to many items.
    """

    name: str
    ease: float = 0.6
    group: float = 0.6
    group_class: float = 0.5
    seed: float = 0.15
    seed_class: float = 0.3
    group_seed: float = 0.2
    group_recipe: float = 0.3
    item: float = 1.0
    uneven: bool = False


WORLDS = {
    world.name: world
    for world in (
        World(name="typical"),
        World(name="easy", ease=3.1, group=0.8),
        World(name="uneven", uneven=True),
        World(name="steady", seed=0.0, seed_class=0.0, group_seed=0.0),
        World(name="fickle", group=0.4, group_class=0.3, seed=0.5, seed_class=0.5, group_seed=0.3),
    )
}


@dataclass(frozen=True, kw_only=True)
class Draw:
    """One simulated board: `predicted` is `(rows, seeds, items)`; `leaning` what each seed adds to
    each class, `(rows, seeds, classes)`."""

    truth: Counts
    owners: Counts
    predicted: Counts
    leaning: Floats


def draw(
    world: World, *, groups: int, seeds: int, stream: np.random.Generator, rows: int = 1
) -> Draw:
    """Recipes of equal skill, scored on the same items."""
    sizes = np.tile(np.asarray(ITEMS), (groups, 1))
    if world.uneven:
        sizes = 1 + stream.poisson(sizes * stream.gamma(4.0, 0.25, (groups, 1)))
    truth = np.repeat(np.tile(np.arange(CLASSES), groups), sizes.reshape(-1))
    owners = np.repeat(np.arange(groups), sizes.sum(axis=1))
    of_group = stream.normal(0, world.group, (groups, 1))
    of_group = of_group + stream.normal(0, world.group_class, (groups, CLASSES))
    of_item = stream.normal(0, world.item, len(truth))
    leaning = stream.normal(0, world.seed, (rows, seeds, 1))
    leaning = leaning + stream.normal(0, world.seed_class, (rows, seeds, CLASSES))
    suiting = stream.normal(0, world.group_seed, (rows, seeds, groups))
    suiting = suiting + stream.normal(0, world.group_recipe, (rows, 1, groups))
    logits = world.ease + EASE[truth] + of_group[owners, truth] + of_item
    logits = logits + leaning[:, :, truth] + suiting[:, :, owners]
    right = stream.random(logits.shape) < 1 / (1 + np.exp(-logits))
    near, far = MISTAKES
    step = np.where(stream.random(logits.shape) < MISTAKES[near], near, far)
    predicted = np.where(right, truth, (truth + step) % CLASSES)
    return Draw(truth=truth, owners=owners, predicted=predicted, leaning=leaning)


def tallies(drawn: Draw) -> list[list[Tally]]:
    """The board's rows, ready to be compared."""
    count = int(drawn.owners.max()) + 1
    names = tuple(f"speaker {number:02}" for number in range(count))
    supports = _table(drawn.owners, drawn.truth, count)
    rows: list[list[Tally]] = []
    for row in drawn.predicted:
        rows.append([])
        for seed, predicted in enumerate(row):
            hit = predicted == drawn.truth
            hits = _table(drawn.owners[hit], drawn.truth[hit], count)
            claims = _table(drawn.owners, predicted, count)
            columns = {
                name: slice(at * CLASSES, (at + 1) * CLASSES)
                for at, name in enumerate(("hits", "supports", "claims"))
            }
            rows[-1].append(
                Tally(
                    target=TARGET,
                    seed=seed,
                    groups=names,
                    items=len(drawn.truth),
                    by_items=False,
                    sums=np.hstack([hits, supports, claims]),
                    columns=columns,
                    marks=names,
                )
            )
    return rows


def true_uar(world: World, leaning: Floats | None = None) -> float:
    """The expected UAR over new groups: of new seeds, or of those that lean so.

    The mean of a logistic function of a normal variable, by Gauss and Hermite's rule.
    """
    squares = [world.group, world.group_class, world.group_seed, world.group_recipe, world.item]
    if leaning is None:
        squares += [world.seed, world.seed_class]
        leaning = np.zeros((1, CLASSES))
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    spread = np.sqrt(np.square(squares).sum())
    logits = (world.ease + EASE + leaning)[..., np.newaxis] + spread * nodes
    recalls = (weights / (1 + np.exp(-logits))).sum(axis=-1) / weights.sum()
    return float(recalls.mean())


def intervals(drawn: Draw, *, stream: np.random.Generator) -> dict[str, tuple[float, float]]:
    """The interval of one recipe by every form that is compared."""
    row = tallies(drawn)[0]
    draws = bootstrap_scores([row], metric="uar", resamples=RESAMPLES)[0]
    effects = effects_of(row, metric="uar")
    ours = score_interval(row, metric="uar")
    return {
        "items": item_bootstrap(drawn, stream=stream),
        "percentile": _quantiles(draws, (0.025, 0.975)),
        "bca": bias_corrected(
            draws, estimate=ours.estimate, influences=effects.pseudo_values - ours.estimate
        ),
        "ours": (ours.low, ours.high),
    }


def item_bootstrap(drawn: Draw, *, stream: np.random.Generator) -> tuple[float, float]:
    """The usual interval, of items drawn as if each came from another person."""
    right = drawn.predicted[0] == drawn.truth
    outcomes = 2 ** len(right)
    kinds = drawn.truth * outcomes + (1 << np.arange(len(right))) @ right
    cells = CLASSES * outcomes
    chosen = kinds[stream.integers(0, len(kinds), (RESAMPLES, len(kinds)), dtype=np.int32)]
    numbered = (chosen + cells * np.arange(RESAMPLES)[:, np.newaxis]).reshape(-1)
    times = np.bincount(numbered, minlength=cells * RESAMPLES)
    by_class = times.reshape(RESAMPLES, CLASSES, outcomes)
    rights = (np.arange(outcomes)[:, np.newaxis] >> np.arange(len(right))) & 1
    supports = np.maximum(by_class.sum(axis=2, keepdims=True), 1)
    scores = (by_class @ rights / supports).mean(axis=(1, 2))
    return _quantiles(scores, (0.025, 0.975))


def bias_corrected(draws: Floats, *, estimate: float, influences: Floats) -> tuple[float, float]:
    """Efron's (1987) BCa interval; the acceleration comes from the groups."""
    normal = NormalDist()
    below = (draws < estimate).mean() + (draws == estimate).mean() / 2
    bias = normal.inv_cdf(float(np.clip(below, 1e-3, 1 - 1e-3)))
    scale = float((influences**2).sum()) ** 1.5
    pull = float((influences**3).sum()) / (6 * scale) if scale else 0.0
    shares = []
    for share in (0.025, 0.975):
        moved = bias + normal.inv_cdf(share)
        shares.append(normal.cdf(bias + moved / (1 - pull * moved)))
    return _quantiles(draws, shares)


def coverage_row(world: World, *, groups: int, seeds: int, repetitions: int) -> dict[str, float]:
    """The share of intervals that hold the truth, and the mean width of ours."""
    stream = np.random.default_rng([groups, seeds, repetitions])
    truth = true_uar(world)
    held: dict[str, list[float]] = {}
    for _ in range(repetitions):
        drawn = draw(world, groups=groups, seeds=seeds, stream=stream)
        found = intervals(drawn, stream=stream)
        for name, (low, high) in found.items():
            held.setdefault(name, []).append(low <= truth <= high)
        low, high = found["ours"]
        held.setdefault("width", []).append(high - low)
        own = true_uar(world, drawn.leaning[0])
        held.setdefault("these seeds", []).append(low <= own <= high)
    return {name: float(np.mean(values)) for name, values in held.items()}


def false_separation(
    world: World, *, groups: int, seeds: int, repetitions: int, rows: int = ROWS
) -> tuple[float, float]:
    """The share of boards of equal recipes with two tiers; and with any pair below 0.05."""
    stream = np.random.default_rng([groups, seeds, repetitions, rows])
    tiers = pairs = 0
    for _ in range(repetitions):
        drawn = draw(world, groups=groups, seeds=seeds, stream=stream, rows=rows)
        found = separate(tallies(drawn), metric="uar")
        tiers += max(found.tiers) > 1
        pairs += any(each.p < 0.05 for each in found.differences.values())
    return tiers / repetitions, pairs / repetitions


def print_coverage(world: World, *, repetitions: int) -> None:
    """The first table."""
    print(f"\nCoverage in the {world.name} world, true UAR {true_uar(world):.1%}\n")
    print("| groups | seeds | items | percentile | BCa | ours | ours, of these seeds | width |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for groups in GROUPS:
        for seeds in SEEDS:
            found = coverage_row(world, groups=groups, seeds=seeds, repetitions=repetitions)
            names = ("items", "percentile", "bca", "ours", "these seeds", "width")
            cells = " | ".join(f"{found[name]:.1%}" for name in names)
            print(f"| {groups} | {seeds} | {cells} |", flush=True)


def print_false_separation(world: World, *, repetitions: int) -> None:
    """The second table."""
    print(f"\nFalse separation in the {world.name} world, {ROWS} recipes\n")
    print("| groups | seeds | boards with a false tier | with a pair below 0.05, uncorrected |")
    print("|---:|---:|---:|---:|", flush=True)
    for groups in GROUPS:
        for seeds in SEEDS:
            tiers, pairs = false_separation(
                world, groups=groups, seeds=seeds, repetitions=repetitions
            )
            print(f"| {groups} | {seeds} | {tiers:.1%} | {pairs:.1%} |", flush=True)


def _table(owners: Counts, ids: Counts, groups: int) -> Floats:
    counts = np.bincount(owners * CLASSES + ids, minlength=groups * CLASSES)
    return counts.reshape(groups, CLASSES).astype(np.float64)


def _quantiles(draws: Floats, shares: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(draws, shares)
    return float(low), float(high)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and print, row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=["typical", "easy"])
    parser.add_argument("--only", choices=("coverage", "separation"), default=None)
    options = parser.parse_args(arguments)
    for name in options.worlds:
        if options.only != "separation":
            print_coverage(WORLDS[name], repetitions=options.repetitions)
        if options.only != "coverage":
            print_false_separation(WORLDS[name], repetitions=max(100, options.repetitions // 2))


if __name__ == "__main__":
    main()
