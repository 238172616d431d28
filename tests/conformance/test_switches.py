"""What a component leaves turned is told by every check that sees it, and spoils no other's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from planted_losses import loss
from planting import planted_suite

from emobench.testing import LossSuite
from emobench.testing.runner import run_check
from emobench.testing.switches import SWITCHES, kept_switches, switches, turned


def test_a_check_turns_back_what_it_finds_turned_and_fails() -> None:
    before = np.geterr()
    suite = planted_suite(LossSuite, loss("broken", "SilencesNumpy"), options={})
    check = run_check(suite, "test_goes_down_in_20_updates")
    assert check.outcome == "failed"
    assert check.message.startswith("it turns numpy's handling of errors (")
    assert np.geterr() == before


SETTINGS = {
    "torch's matmul precision": ("medium", "highest"),
    "torch's deterministic algorithms": ((True, True), (False, False)),
    "torch's default dtype": (torch.float64, torch.float32),
    "torch's grad mode": (False, True),
    "torch's number of threads": (3, 2),
    "torch's handling of tiny numbers": (True, False),
    "cuDNN's benchmark": (True, False),
    "numpy's handling of errors": ({"all": "raise"}, {"all": "ignore"}),
}
"""Two for each switch: whatever earlier tests left, one of them is another."""


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_is_seen_and_turned_back(name: str) -> None:
    before = switches()
    with kept_switches():
        for setting in SETTINGS[name]:
            SWITCHES[name].set(setting)
            if found := turned(before):
                break
    assert [words.partition(" (")[0] for words in found] == [name]
    assert switches() == before


def test_a_switch_that_stands_as_it_stood_is_not_told() -> None:
    assert turned(switches()) == []
