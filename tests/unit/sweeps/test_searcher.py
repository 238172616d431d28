"""Random search: a trial is the same however many there are, and whatever was told."""

from __future__ import annotations

from emobench.sweeps.searcher import RandomSearch
from emobench.sweeps.trial import TrialEnd


def test_a_trial_does_not_depend_on_what_was_told() -> None:
    first, second = RandomSearch(seed=3), RandomSearch(seed=3)
    second.take(0, {"x": 1.0})
    second.tell(0, TrialEnd(state="ok"), figure=1.0, reports={})
    asked = [one.ask(5, attempt=0).real("x", 0, 1, log=False) for one in (first, second)]
    assert asked[0] == asked[1]


def test_another_seed_trial_or_attempt_draws_anew() -> None:
    draws = {
        RandomSearch(seed=seed).ask(trial, attempt=attempt).real("x", 0, 1, log=False)
        for seed, trial, attempt in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    }
    assert len(draws) == 4
