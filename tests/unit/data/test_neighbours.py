"""Near rows are found without comparing all with all: nearly every pair, and no other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from emobench.data.neighbours import half_whitened, in_threads, near_rows


def test_nearly_every_pair_within_reach_is_found_and_no_other():
    random = np.random.default_rng(0)
    rows = random.standard_normal((3000, 12))
    copies = rows[:300] + 0.02 * random.standard_normal((300, 12))
    table = np.concatenate([rows, copies]).astype(np.float32)
    pairs, away = near_rows(table, reach=0.3, most=6)
    true = cKDTree(table.astype(np.float64)).query_pairs(0.3)
    found = {(int(one), int(other)) for one, other in pairs}
    assert found <= true
    assert len(found) >= 0.99 * len(true) >= 290
    assert np.allclose(away, np.linalg.norm(table[pairs[:, 0]] - table[pairs[:, 1]], axis=1))


def test_a_row_names_its_nearest_alone_where_there_are_too_many():
    rows = np.zeros((200, 3), dtype=np.float32)
    rows[:, 0] = np.arange(200) * 1e-3
    pairs, _ = near_rows(rows, reach=1.0, most=2)
    assert len(pairs) <= 2 * 200
    assert np.median(pairs[:, 1] - pairs[:, 0]) <= 2


def test_rows_all_alike_cost_no_more_than_others():
    pairs, _ = near_rows(np.ones((5000, 4)), reach=0.1, most=3)
    assert len(pairs) <= 3 * 5000


def test_one_row_has_no_neighbour():
    pairs, away = near_rows(np.ones((1, 4)), reach=1.0, most=3)
    assert (len(pairs), len(away)) == (0, 0)


def test_what_all_rows_share_is_gone_after_whitening():
    random = np.random.default_rng(0)
    rows = 50 + random.standard_normal((100, 5)) * [10, 1, 1, 1, 0.1]
    whitened = half_whitened(rows, columns=5)
    assert np.allclose(np.linalg.norm(whitened, axis=1), 1, atol=1e-5)
    assert np.abs(whitened.mean(axis=0)).max() < 0.15


def test_work_in_threads_keeps_its_order_and_leaves_nothing_out():
    assert in_threads(lambda one: 2 * one, range(101), together=7) == [2 * n for n in range(101)]


def test_a_fault_in_a_thread_is_raised():
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda one: 1 // one, [1, 0, 1], together=1)
