"""Where a card lies, what a fresh one says, and when one is out of date."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import pytest

from emobench.api import Component, Field, NoOptions, Options, PluginError, Search
from emobench.component_cards import (
    HELPS,
    HURTS,
    card_fault,
    card_path,
    new_card,
    options_table,
    prose,
    read_card,
    with_current_table,
)


class Gentle(Options):
    alpha: Annotated[float, Search(0.05, 0.8, log=True)] = Field(
        0.2, gt=0, le=1, description="how gentle; 0 | 1"
    )
    widths: tuple[int, ...] = Field(description="layers", min_length=1)
    mode: Annotated[Literal["soft", "hard"], Search(choices=("soft", "hard"))] = Field(
        "soft", description="manner"
    )


@pytest.fixture
def component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Component:
    """A component of a package that must never be imported."""
    package = tmp_path / "acme_gentle"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    return Component(
        name="gentle",
        target="acme_gentle.inner.deep:Gentle",
        summary="Pulls gently.",
        options=Gentle,
        source="arXiv:1",
    )


@pytest.fixture
def carded(component: Component) -> Path:
    """The component's card, as its author has finished it."""
    path = card_path("loss", component)
    path.parent.mkdir(parents=True)
    text = new_card("loss", component)
    path.write_text(text.replace(HELPS, "On soft data.").replace(HURTS, "On hard data."))
    return path


def test_a_card_lies_in_the_package_of_the_target(component: Component, tmp_path: Path) -> None:
    assert card_path("loss", component) == tmp_path / "acme_gentle/cards/loss/gentle.md"
    assert "acme_gentle" not in sys.modules


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("no_such_package.inner:Thing", "'no_such_package' cannot be found; the card ships"),
        ("this:Thing", "'this' is one file; the card ships in the folder of a package, as "),
    ],
)
def test_a_target_without_a_package_folder_has_no_place_for_a_card(target: str, words: str) -> None:
    component = Component(name="x", target=target, summary="x")
    with pytest.raises(PluginError, match="loss 'x' has no place for its card") as caught:
        card_path("loss", component)
    assert words in str(caught.value)
    assert read_card("loss", component) == ""
    assert card_fault("loss", component) == str(caught.value)


@pytest.mark.parametrize("sentence", [HELPS, HURTS])
def test_a_card_whose_author_has_still_to_write_is_at_fault(
    component: Component, carded: Path, sentence: str
) -> None:
    own = "On soft data." if sentence == HELPS else "On hard data."
    carded.write_text(carded.read_text().replace(own, sentence.replace("which", "which\n", 1)))
    assert card_fault("loss", component) == (
        f"{carded}: '{sentence}' is still to be written; put your own words in its place"
    )


def test_another_source_than_the_components_is_at_fault(component: Component, carded: Path) -> None:
    card = carded.read_text()
    carded.write_text(card.replace("Source: arXiv:1", "Source: someone"))
    assert card_fault("loss", component) == (
        f"{carded}: 'Source: someone' is not the component's source, 'arXiv:1'; name it there too, "
        "or mend the registration"
    )
    carded.write_text(card.replace("Source: arXiv:1", "Source: Somebody 2020, [arXiv:1](there)"))
    assert card_fault("loss", component) == ""
    assert card_fault("loss", replace(component, source="")) == ""


def test_a_finished_card_is_without_fault(component: Component, carded: Path) -> None:
    assert card_fault("loss", component) == ""
    text = read_card("loss", component)
    assert text.startswith("# gentle\n\nPulls gently.\n")
    assert "Source: arXiv:1" in text


def test_the_table_says_type_default_bounds_and_range() -> None:
    assert options_table(Gentle).splitlines() == [
        "| option | type | default | bounds | searched | meaning |",
        "|---|---|---|---|---|---|",
        "| `alpha` | number | `0.2` | > 0, <= 1 | 0.05 to 0.8 (log) | how gentle; 0 \\| 1 |",
        "| `widths` | list of whole numbers | required | at least 1 item |  | layers |",
        '| `mode` | one of soft, hard | `"soft"` |  | soft, hard | manner |',
    ]


def test_a_component_without_options_says_so() -> None:
    assert options_table(NoOptions) == "It takes no options."


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("# gentle", "# Gentle", "the first line must be '# gentle'"),
        ("Pulls gently.", "Pulls.", "the summary 'Pulls gently.' is not in it"),
        ("`0.2`", "`0.3`", "its table of options is not that of the code"),
        ("<!-- options -->", "", "its table of options is not that of the code"),
    ],
)
def test_a_card_that_is_not_as_the_code_says_where_and_what_to_run(
    component: Component, carded: Path, old: str, new: str, fault: str
) -> None:
    carded.write_text(carded.read_text().replace(old, new))
    found = card_fault("loss", component)
    assert found.startswith(f"{carded}: {fault}")
    assert found.endswith("run `emobench plugins cards acme-gentle`")


def test_a_missing_card_says_where_it_is_looked_for(component: Component) -> None:
    path = card_path("loss", component)
    assert card_fault("loss", component) == (
        f"loss 'gentle' has no card at {path}; run `emobench plugins cards acme-gentle`"
    )


def test_a_summary_may_be_broken_over_lines(component: Component, carded: Path) -> None:
    carded.write_text(carded.read_text().replace("Pulls gently.", "Pulls\ngently."))
    assert card_fault("loss", component) == ""


def test_a_new_table_leaves_the_words_around_it_alone(component: Component) -> None:
    text = "# gentle\n\nAbove.\n\n<!-- options -->\nold\n<!-- /options -->\n\nBelow.\n"
    renewed = with_current_table(text, component)
    assert renewed == text.replace("old", options_table(Gentle))
    assert with_current_table(renewed, component) == renewed


def test_a_card_without_marks_gets_the_table_at_its_end(component: Component) -> None:
    renewed = with_current_table("# gentle\n\nWords.\n", component)
    assert renewed.startswith("# gentle\n\nWords.\n\n<!-- options -->\n| option |")
    assert with_current_table(renewed, component) == renewed


def test_prose_is_the_card_without_title_and_table() -> None:
    text = "# gentle\n\nAbove.\n\n<!-- options -->\n| table |\n<!-- /options -->\n\nBelow.\n"
    assert prose(text).split() == ["Above.", "Below."]
