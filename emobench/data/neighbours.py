"""Which rows of a table lie near each other, found without comparing all with all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

LEAF = 48
"""Rows that are compared with each other in one leaf of a tree."""

TREES = 20
"""A pair is found when one tree at least keeps it together."""

SEED = 20
WORKERS = min(4, os.cpu_count() or 1)

Given = TypeVar("Given")
Made = TypeVar("Made")


def near_rows(
    rows: np.ndarray, *, reach: float, most: int, trees: int = TREES
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs `(pairs, 2)` of rows `(rows, columns)` within `reach` of each other, and how far.

    Each row names its `most` nearest at the most. A forest of random splits, each through the
    median of a random projection: leaves are of one size, so the work grows with n log n whatever
    the rows are.
    """
    count = len(rows)
    if count < 2:
        return np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.float32)
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    random = np.random.default_rng(SEED)
    keys = np.unique(
        np.concatenate(
            [_near_in_leaves(rows, leaves, reach, most) for leaves in _trees(rows, trees, random)]
        )
    )
    pairs = np.stack(np.divmod(keys, count), axis=1)
    away = _distances(rows, pairs)
    within = away <= reach
    return _nearest(pairs[within], away[within], most=most)


def half_whitened(rows: np.ndarray, *, columns: int) -> np.ndarray:
    """Rows of unit length along their main directions, each divided by the root of its spread.

    What all rows share goes, so that a distance tells how they differ.
    """
    if len(rows) < 2:
        return np.zeros((len(rows), 1), dtype=np.float32)
    centred = rows - rows.mean(axis=0)
    spreads, directions = np.linalg.eigh(centred.T @ centred / len(rows))
    kept = np.argsort(spreads)[::-1][: min(columns, len(rows) - 1)]
    scale = np.maximum(spreads[kept], 1e-12) ** -0.25
    turned = (centred @ directions[:, kept]) * scale
    lengths = np.linalg.norm(turned, axis=1, keepdims=True)
    whitened: np.ndarray = (turned / np.maximum(lengths, 1e-12)).astype(np.float32)
    return whitened


def in_threads(
    work: Callable[[Given], Made], each: Sequence[Given], *, together: int
) -> list[Made]:
    """The work done on each, in order, by several threads that take so many `together`.

    For work that numpy does: it lets other threads run meanwhile.
    """

    def work_through(part: Sequence[Given]) -> list[Made]:
        return [work(one) for one in part]

    parts = [each[start : start + together] for start in range(0, len(each), together)]
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return [made for part in pool.map(work_through, parts) for made in part]


def _trees(rows: np.ndarray, trees: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """The leaves of each tree, as positions `(leaves, size)`; some rows stand in two leaves."""
    count = len(rows)
    depth = max(0, int(np.ceil(np.log2(count / LEAF))))
    size = -(-count // 2**depth)
    for _ in range(trees if depth else 1):
        shuffled = random.permutation(count)
        order = np.concatenate([shuffled, shuffled[: size * 2**depth - count]])
        for level in range(depth):
            along = rows @ random.standard_normal(rows.shape[1], dtype=np.float32)
            nodes = order.reshape(2**level, -1)
            ranks = np.argsort(along[nodes], axis=1)
            order = np.take_along_axis(nodes, ranks, axis=1).ravel()
        yield order.reshape(2**depth, size)


def _near_in_leaves(rows: np.ndarray, leaves: np.ndarray, reach: float, most: int) -> np.ndarray:
    """Keys `first * count + second` of the near pairs that share a leaf."""
    count, size = len(rows), leaves.shape[1]
    wanted = min(most + 1, size)
    found = []
    for start in range(0, len(leaves), 256):
        part = leaves[start : start + 256]
        inside = rows[part]
        squares = (inside**2).sum(axis=2)
        away = squares[:, :, None] + squares[:, None, :] - 2 * inside @ inside.transpose(0, 2, 1)
        nearest = np.argpartition(away, wanted - 1, axis=2)[:, :, :wanted]
        # Squares of single precision: an allowance for what cancels, the pairs are measured again.
        allowed = reach**2 * 1.01 + 1e-5 * squares.max(initial=0)
        near = np.take_along_axis(away, nearest, axis=2) <= allowed
        leaf, first, place = np.nonzero(near)
        one, other = part[leaf, first], part[leaf, nearest[leaf, first, place]]
        low, high = np.minimum(one, other), np.maximum(one, other)
        apart = low != high
        found.append(np.unique(low[apart] * count + high[apart]))
    keys: np.ndarray = np.concatenate(found)
    return keys


def _distances(rows: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    parts = np.array_split(pairs, len(pairs) // 100_000 + 1)
    return np.concatenate(
        [np.linalg.norm(rows[part[:, 0]] - rows[part[:, 1]], axis=1) for part in parts]
    )


def _nearest(pairs: np.ndarray, away: np.ndarray, *, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The pairs that are among the `most` nearest of one of their two rows."""
    owners, twice = pairs.T.ravel(), np.concatenate([away, away])
    order = np.lexsort((twice, owners))
    ranks = np.arange(len(order)) - np.searchsorted(owners[order], owners[order], side="left")
    kept = np.zeros(len(pairs), dtype=bool)
    kept[order[ranks < most] % max(1, len(pairs))] = True
    return pairs[kept], away[kept]
