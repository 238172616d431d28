"""Options that move the figure come first; what chance may do is said so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emobench.sweeps.importance import _leaves, _tree_shares, importance


def test_the_options_that_move_the_figure_come_first(search: Any) -> None:
    found = importance(search.sweep(80))
    assert [each.key for each in found.shares[:2]] == ["lr", "loss"]
    assert {"lr", "loss"} <= {each.key for each in found.shares if each.beyond_chance}
    assert found.words == "from 80 trials; faint: no more than chance would give"


def test_shares_are_those_of_an_additive_function() -> None:
    # Along x the variance is 9/12 and along y 1/12 of a square: shares of 0.9 and 0.1.
    random = np.random.default_rng(0)
    columns = random.random((1500, 3))
    figures = 3 * columns[:, 0] + columns[:, 1]
    shares = np.mean(
        [_tree_shares(columns, figures, np.zeros(3, dtype=int), random) for _ in range(4)], axis=0
    )
    assert shares == pytest.approx([0.9, 0.1, 0.0], abs=0.04)


def test_what_two_options_do_only_together_is_no_ones_share() -> None:
    random = np.random.default_rng(0)
    columns = random.integers(0, 2, (2000, 2)) / 2 + 0.25
    figures = (columns[:, 0] == columns[:, 1]).astype(float)
    shares = [_tree_shares(columns, figures, np.array([2, 2]), random) for _ in range(8)]
    assert np.mean(shares, axis=0) == pytest.approx([0.0, 0.0], abs=0.05)


def test_leaves_cover_the_whole_space_once() -> None:
    random = np.random.default_rng(0)
    columns = random.random((200, 3))
    low, high, _ = _leaves(columns, random.random(200), np.zeros(3, dtype=int), random)
    assert (high - low).prod(axis=1).sum() == pytest.approx(1)


def test_noise_alone_is_called_a_guess(search: Any) -> None:
    sweep = search.sweep(40)
    random = np.random.default_rng(1)
    noisy = tuple(replace(each, validation=float(random.random())) for each in sweep.trials)
    found = [importance(replace(sweep, trials=noisy), seed=seed) for seed in range(3)]
    assert any(each.is_guess for each in found)


def test_few_trials_are_a_guess_and_fewer_say_nothing(search: Any) -> None:
    assert importance(search.sweep(10)).words == "a guess: only 10 trials have a figure"
    nothing = importance(search.sweep(2))
    assert nothing.shares == ()
    assert nothing.words == "2 trials with a figure are too few to say which options mattered"


def test_trials_that_failed_count_as_the_worst(search: Any) -> None:
    trials = []
    for trial in search.sweep(60).trials:
        broke = trial.values["loss"] == "focal"
        trials.append(
            search.shown(trial.index, trial.values, None if broke else 0.6 + 1e-3 * trial.index)
        )
    assert importance(search.overview(*trials)).shares[0].key == "loss"


def test_the_same_trials_give_the_same_shares(search: Any) -> None:
    assert importance(search.sweep(30)) == importance(search.sweep(30))
