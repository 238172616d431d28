"""When two recipes are one: what later versions added does not count, a changed option does."""

from __future__ import annotations

from typing import Any

import pytest

from emobench.boards.contest import follows

SHIPPED: dict[str, Any] = {
    "name": "enhanced",
    "backbone": {"use": "cnn1d", "channels": [8, 16], "stride": 1},
    "techniques": [{"use": "mixup", "alpha": 0.2}],
    "train": {"epochs": 3, "copies": 0, "workers": 4},
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"name": "other"},
        {"train": {"epochs": 3}},
        {"train": {"epochs": 3, "workers": 0}},
        {"backbone": {"use": "cnn1d", "channels": [8, 16]}},
    ],
)
def test_options_that_a_record_could_not_know_do_not_count(change: dict[str, Any]) -> None:
    assert follows({**SHIPPED, **change}, shipped=SHIPPED)


@pytest.mark.parametrize(
    "change",
    [
        {"train": {"epochs": 4}},
        {"backbone": {"use": "cnn1d", "channels": [8]}},
        {"backbone": {"use": "cnn2d"}},
        {"techniques": []},
        {"techniques": [{"use": "mixup", "alpha": 0.4}]},
        {"sampler": {"use": "weighted"}},
    ],
)
def test_an_option_of_another_value_is_another_recipe(change: dict[str, Any]) -> None:
    assert not follows({**SHIPPED, **change}, shipped=SHIPPED)
