"""Near-duplicate rows of a table: the same one rounded, or jittered by a little."""

from __future__ import annotations

import numpy as np

from emobench.data.neighbours import near_rows

JITTER = 0.1
"""Root mean square over columns, in standard deviations, beyond which rows are two."""

CHANCE = 0.002
"""Rows that lie as near by chance, as a share of all: where rows are dense, less is near."""

SAMPLE = 400_000
CANDIDATES = 6
FEWEST_ROWS = 20
SEED = 21


def near_table_rows(rows: np.ndarray) -> np.ndarray:
    """Pairs `(pairs, 2)` of rows `(count, columns)` that are nearer than chance would bring."""
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    spread = flat.std(axis=0)
    varied = spread > 1e-9 * np.maximum(np.abs(flat).max(axis=0, initial=0), 1e-30)
    if len(flat) < FEWEST_ROWS or not varied.any():
        return np.zeros((0, 2), dtype=np.int64)
    columns = flat[:, varied] - flat[:, varied].mean(axis=0)
    standard = columns / spread[varied] / np.sqrt(np.count_nonzero(varied))
    reach = min(JITTER, _reach_of_chance(standard))
    pairs, _ = near_rows(standard, reach=reach, most=CANDIDATES)
    return pairs


def _reach_of_chance(rows: np.ndarray) -> float:
    """The distance within which chance alone would bring `CHANCE` neighbours a row.

    Distances of pairs drawn at random grow as a power of their share, as they do in a space of so
    many dimensions; the power is read where copies do not count and carried on to the shares of
    neighbours.
    """
    count = len(rows)
    random = np.random.default_rng(SEED)
    one, other = random.integers(0, count, size=(2, SAMPLE // 20))
    drawn = np.concatenate(
        [
            np.linalg.norm(rows[one] - rows[(other + step * 7919) % count], axis=1)
            for step in range(20)
        ]
    )
    low = max(0.005, min(0.1, 5 / count))
    near, far = np.quantile(drawn[drawn > 0], [low, min(0.5, 10 * low)]) if drawn.any() else (0, 0)
    if near <= 0 or far <= near:
        return 0.0
    dimensions = np.log(min(0.5, 10 * low) / low) / np.log(far / near)
    return float(near * (CHANCE / count / low) ** (1 / dimensions))
