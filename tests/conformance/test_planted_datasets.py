"""Every fault planted in datasets is caught by the check meant for it."""

from __future__ import annotations

import pytest
from faults.datasets import SOUND_LISTED
from planted_datasets import FAULTS, AimlessSetSuite, UnlabelledSetSuite
from planting import (
    PlantedFault,
    SoundTwin,
    assert_caught,
    assert_sound,
    planted_suite,
    sound_twins,
)

from emobench.testing.runner import run_check


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_check_meant_for_it_catches_the_fault(fault: PlantedFault) -> None:
    assert_caught(fault)


@pytest.mark.parametrize("twin", sound_twins(FAULTS), ids=str)
def test_what_the_faults_were_made_from_passes(twin: SoundTwin) -> None:
    assert_sound(twin)


def test_a_relabelling_that_breaks_the_set_leaves_the_check_out() -> None:
    suite = planted_suite(UnlabelledSetSuite, SOUND_LISTED, options={})
    check = run_check(suite, "test_fingerprint_changes_with_a_label")
    assert check.outcome == "skipped"
    assert check.message == "no file of it can go to another's folder: define `relabel`"


def test_a_relabelling_of_the_author_that_does_nothing_fails() -> None:
    suite = planted_suite(AimlessSetSuite, SOUND_LISTED, options={})
    check = run_check(suite, "test_fingerprint_changes_with_a_label")
    assert check.outcome == "failed"
    assert check.message == "after `relabel` no item has another label"
