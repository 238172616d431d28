"""What a registered dataset says before any file is read."""

from __future__ import annotations

import pytest

from emobench.api import Component, DatasetComponent


def test_missing_data_are_told_with_licence_owner_and_layout() -> None:
    component = DatasetComponent(
        name="voices",
        target="acme.voices:Voices",
        summary="Voices.",
        modalities=("audio",),
        licence="CC BY 4.0",
        obtain="download it from its owner",
        layout="voices/<actor>/<take>.wav",
    )
    assert str(component.missing("data/voices")) == (
        "dataset 'voices' is not below data/voices. Licence: CC BY 4.0. Obtain it: download it "
        "from its owner. Expected there: voices/<actor>/<take>.wav"
    )


def test_a_technique_that_splits_updates_by_an_option_it_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="splits_updates of 'gather': unknown option 'steps'"):
        Component(name="gather", target="a:B", summary="made up", splits_updates="steps")
