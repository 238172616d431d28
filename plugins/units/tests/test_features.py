"""Which columns a row gives, and which are computed from it."""

from __future__ import annotations

import numpy as np
import pytest

from emobench.api import UsageError
from emobench_units.features import PAIRS, UnitFeatures
from emobench_units.options import UnitFeaturesOptions


def features_of(context, **options):
    return UnitFeatures(UnitFeaturesOptions(**options), context)


@pytest.mark.parametrize(("columns", "first", "last"), [(17, "AU01_r", "AU45_r")])
def test_everything_of_a_row_of_ratings_is_its_intensities(make_context, columns, first, last):
    named = features_of(make_context(columns=columns)).columns
    assert (len(named), named[0], named[-1]) == (columns, first, last)


def test_groups_come_in_the_order_in_which_they_are_named(make_context):
    frontend = features_of(make_context(), keep=["statistics", "intensity"])
    assert frontend.columns[0] == "AU01_r_max"
    assert frontend.columns[17] == "AU01_r_std"
    assert frontend.columns[34] == "AU01_r_mean"
    row = np.arange(69, dtype=np.float32)
    given = frontend.apply([row])[0].tolist()
    assert given == [*range(17, 51), *range(17)]


def test_ratios_do_not_change_with_how_strongly_a_face_shows_anything(make_context):
    """Up to the calm that keeps units at rest even, a ratio is free of scale."""
    frontend = features_of(make_context(columns=17), keep=["intensity"], add=["ratios"])
    row = np.random.default_rng(0).gamma(2.0, size=17).astype(np.float32)
    weak, strong = frontend.apply([row * 100, row * 300])[:, 17:].numpy()
    assert weak == pytest.approx(strong, abs=0.01)
    assert frontend.apply([row * 0])[0, 17:].tolist() == [0.5] * len(PAIRS)


def test_exchanging_a_pair_turns_its_difference_round(make_context):
    frontend = features_of(make_context(columns=17), add=["differences"])
    row = np.random.default_rng(0).gamma(2.0, size=17).astype(np.float32)
    turned = row.copy()
    up, down = frontend.columns.index("AU12_r"), frontend.columns.index("AU15_r")
    turned[[up, down]] = row[[down, up]]
    place = frontend.columns.index("AU12-AU15")
    both = frontend.apply([row, turned])[:, place]
    assert both[0] == -both[1] != 0


def test_a_group_that_the_table_has_not_is_refused_with_what_it_has(make_context):
    with pytest.raises(UsageError, match="rows of 35 columns, which hold intensity, presence and "):
        features_of(make_context(columns=35), keep=["statistics"])


def test_a_table_of_another_kind_is_refused_with_advice(make_context):
    with pytest.raises(
        UsageError, match=r"reads rows of 17, 35, 69 columns .* has 12; frontend 'v"
    ):
        features_of(make_context(columns=12))
    with pytest.raises(UsageError, match=r"reads tables of action units, but task .* offers audio"):
        features_of(make_context(columns=0))


def test_a_group_named_twice_is_refused():
    with pytest.raises(UsageError, match="'ratios' is listed twice"):
        UnitFeaturesOptions(add=["ratios", "ratios"])
