"""Every fault planted in an augmentation is caught by the check meant for it."""

from __future__ import annotations

import pytest
from planted_augmentations import FAULTS
from planting import PlantedFault, SoundTwin, assert_caught, assert_sound, sound_twins


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_check_meant_for_it_catches_the_fault(fault: PlantedFault) -> None:
    assert_caught(fault)


@pytest.mark.parametrize("twin", sound_twins(FAULTS), ids=str)
def test_what_the_faults_were_made_from_passes(twin: SoundTwin) -> None:
    assert_sound(twin)
