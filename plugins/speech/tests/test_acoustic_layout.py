from emobench_speech.acoustic_layout import (
    CARD,
    LAYOUT,
    column_slices,
    feature_names,
    layout_table,
    with_current_layout,
)


def test_the_groups_make_392_columns():
    assert sum(group.rows * len(group.statistics) for group in LAYOUT) == 392


def test_every_column_has_a_name_of_its_own():
    names = feature_names()
    assert len(names) == len(set(names)) == 392
    assert (names[0], names[40], names[-1]) == (
        "mfcc_01_mean",
        "mfcc_01_deviation",
        "flux_deviation",
    )


def test_slices_hold_the_columns_that_bear_the_groups_name():
    names = feature_names()
    for group in LAYOUT:
        assert list(names[column_slices()[group.name]]) == group.names()
    assert names[column_slices()["chroma"]][12] == "chroma_01_deviation"


def test_the_card_holds_the_table_of_the_code():
    card = CARD.read_text(encoding="utf-8")
    assert layout_table() in card, "run `python -m emobench_speech.acoustic_layout`"
    assert with_current_layout(card) == card


def test_a_stale_table_is_replaced_and_the_rest_of_the_card_kept():
    stale = "before\n<!-- layout -->\n| old |\n<!-- /layout -->\nafter\n"
    renewed = with_current_layout(stale)
    assert renewed.startswith("before\n<!-- layout -->\n| group |")
    assert renewed.endswith("| sum | | | 392 | |\n<!-- /layout -->\nafter\n")
