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


OTHERS = {
    "torch's matmul precision": "medium",
    "torch's deterministic algorithms": (True, True),
    "torch's default dtype": torch.float64,
    "torch's grad mode": False,
    "torch's number of threads": 3,
    "torch's handling of tiny numbers": True,
    "cuDNN's benchmark": True,
    "numpy's handling of errors": {"all": "raise"},
}


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_is_seen_and_turned_back(name: str) -> None:

    other = OTHERS[name]
    before = switches()
    with kept_switches():
        SWITCHES[name].set(other)
        found = turned(before)
    assert [words.partition(" (")[0] for words in found] == [name]
    assert switches() == before
