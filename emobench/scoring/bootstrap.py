"""The two-level bootstrap: scores of whole boards over resampled groups and resampled seeds.

Boards do not take their intervals from it: with few groups its quantiles lie too close together
(`docs/statistics.md`). It serves what has no formula, and checks the formulas.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from emobench.scoring.tally import Tally, weighted_scores
from emobench.scoring.uncertainty import check_same_items

RESAMPLES = 10_000
AT_ONCE = 2**21
"""Weights drawn at once, in numbers: 16 MiB."""

Floats = NDArray[np.float64]


def bootstrap_scores(
    rows: Sequence[Sequence[Tally]], *, metric: str, resamples: int = RESAMPLES
) -> Floats:
    """Each row's mean score over resampled seeds and groups, `(rows, resamples)`.

    A row is a recipe's seeds; all rows hold the same items. A resample draws as many groups as
    there are, with replacement, and each row's seeds likewise. All rows share its groups, and rows
    of the same seeds share its seeds, so that differences of rows are paired. The draws follow
    from the names of the groups and seeds alone: the same board gives the same figures.
    """
    first = rows[0][0]
    for tally in (tally for row in rows for tally in row):
        check_same_items(first, tally)
    ordered = [sorted(row, key=lambda tally: tally.seed) for row in rows]
    found = np.zeros((len(rows), resamples))
    for start, weights in _group_weights(first.groups, resamples):
        for position, row in enumerate(ordered):
            shares = _seed_shares(row, resamples)[start : start + len(weights)]
            scores = [weighted_scores(tally, metric=metric, weights=weights) for tally in row]
            found[position, start : start + len(weights)] = sum(
                share * score for share, score in zip(shares.T, scores, strict=True)
            )
    return found


def _group_weights(groups: Sequence[str], resamples: int) -> Iterator[tuple[int, Floats]]:
    """How often each resample drew each group, some resamples at a time."""
    stream = _stream("groups", *groups)
    step = max(1, AT_ONCE // len(groups))
    for start in range(0, resamples, step):
        yield start, _counts(stream, rows=min(step, resamples - start), choices=len(groups))


def _seed_shares(row: Sequence[Tally], resamples: int) -> Floats:
    """The share of each seed in each resample, `(resamples, seeds)`."""
    stream = _stream("seeds", *(str(tally.seed) for tally in row))
    return _counts(stream, rows=resamples, choices=len(row)) / len(row)


def _counts(stream: np.random.PCG64, *, rows: int, choices: int) -> Floats:
    """For each row, how often each choice came up in as many draws as there are choices.

    The generator's raw bits are used, which numpy promises never to change, as it does not for
    the distributions made of them.
    """
    raw = stream.random_raw(rows * choices)
    drawn = ((raw >> np.uint64(32)) * np.uint64(choices)) >> np.uint64(32)
    cells = np.repeat(np.arange(rows) * choices, choices) + drawn.astype(np.int64)
    counts = np.bincount(cells, minlength=rows * choices)
    return counts.reshape(rows, choices).astype(np.float64)


def _stream(*names: str) -> np.random.PCG64:
    digest = hashlib.sha256("\n".join(names).encode()).digest()
    return np.random.PCG64(int.from_bytes(digest[:16], "big"))
