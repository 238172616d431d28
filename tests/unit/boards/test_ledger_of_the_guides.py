"""The ledger that ships: it holds every figure of the guides, and its recipes and tasks exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from emobench.boards.claims import Ledger
from emobench.cli.ledger import read_ledger
from emobench.data.tasks import list_tasks
from emobench.recipes.load import shipped_recipes
from emobench.registry import load_registry

ROOT = Path(__file__).parents[3]
GUIDES = ROOT.parent / "shared" / "sources"
PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)(?:\.x+)?(?:\s*[-–]\s*(\d+(?:\.\d+)?))?\+?%")
MEASURED_MODALITIES = {"speech", "action units"}

needs_guides = pytest.mark.skipif(not GUIDES.is_dir(), reason=f"the guides are not in {GUIDES}")


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return read_ledger(ROOT / "leaderboards" / "claims.yaml")


def lines_of(guide: str) -> list[str]:
    (path,) = GUIDES.glob(f"{guide}_*.txt")
    return path.read_text(encoding="utf-8").split("\n")


def figures_in(guide: str) -> Counter[tuple[int, tuple[float, ...]]]:
    """Every percentage in a guide's text: its line, and the ends of its range."""
    return Counter(
        (number, tuple(float(end) for end in found.groups() if end))
        for number, line in enumerate(lines_of(guide), start=1)
        for found in PERCENTAGE.finditer(line)
    )


def figures_held(ledger: Ledger, guide: str) -> Counter[tuple[int, tuple[float, ...]]]:
    """The percentages that the ledger has of a guide: as a claim, or as no promise."""
    claimed = Counter(
        (line, claim.promise.figures)
        for claim in ledger.claims
        if claim.guide == guide and claim.unit in ("%", "points") and claim.promise.figures
        for line in claim.lines
    )
    dismissed = Counter(
        (one.line, (float(one.figure.rstrip("%")),))
        for one in ledger.not_promises
        if one.guide == guide and one.figure.endswith("%")
    )
    return claimed + dismissed


@needs_guides
@pytest.mark.parametrize("guide", ["000", "001", "002", "003", "004"])
def test_every_percentage_of_a_guide_is_a_claim_or_said_to_be_none(
    ledger: Ledger, guide: str
) -> None:
    assert figures_in(guide) == figures_held(ledger, guide)


@needs_guides
def test_the_guides_hold_as_many_percentages_as_were_counted_by_hand(ledger: Ledger) -> None:
    counts = {guide: figures_in(guide).total() for guide in ledger.guides}
    assert counts == {"000": 29, "001": 10, "002": 10, "003": 1, "004": 23}


@needs_guides
def test_figures_that_are_no_percentages_stand_in_the_lines_that_are_named(
    ledger: Ledger,
) -> None:
    for claim in ledger.claims:
        for figure in claim.promise.figures if claim.unit in ("F1", "probability") else ():
            for line in claim.lines:
                assert f"{figure:g}" in lines_of(claim.guide)[line - 1], claim.id
    for one in ledger.not_promises:
        assert one.figure in lines_of(one.guide)[one.line - 1], one


def test_every_claim_on_speech_and_action_units_is_measured(ledger: Ledger) -> None:
    left_out = [
        claim.id
        for claim in ledger.claims
        if ledger.guides[claim.guide].modality in MEASURED_MODALITIES and claim.measure is None
    ]
    assert left_out == []


def test_claims_name_recipes_and_tasks_that_exist(ledger: Ledger) -> None:
    measures = [claim.measure for claim in ledger.claims if claim.measure is not None]
    recipes = {name for one in measures for name in (one.recipe, one.against) if name}
    tasks = {task for tasks in ledger.tasks.values() for task in tasks}
    tasks |= {task for one in measures for task in one.against_tasks}
    assert recipes - set(shipped_recipes()) == set()
    assert tasks - {task.name for task in list_tasks(load_registry())} == set()
