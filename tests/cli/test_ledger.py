"""The pages of claims and of leak premiums, written and checked with the boards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.runs.published import Published
from emobench.runs.publishing import write_published

Publish = Callable[..., Published]
Run = Callable[..., Any]
BOARDS = Path("leaderboards")
LEDGER = """\
schema: 1
guides:
  "000": {modality: speech, about: two models}
tasks:
  speech: [synthetic-speech/speakers]
claims:
  - id: good
    guide: "000"
    lines: [1]
    about: recipe good
    says: Good, 60%
    promise: {least: 60}
    unit: "%"
    measure: {recipe: good, metric: accuracy, tasks: speech}
"""


@pytest.fixture(autouse=True)
def ledger(folder: Path, published: Publish, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Published records of one recipe, and a ledger with one claim of it."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    for seed in range(2):
        write_published(published("good", seed=seed, skill=0.95), out=BOARDS / "records")
    path = folder / BOARDS / "claims.yaml"
    path.write_text(LEDGER)
    return path


def test_the_pages_are_written_beside_the_boards_and_are_current_then(emobench: Run) -> None:
    assert emobench("leaderboard").code == 0
    page = (BOARDS / "claims.md").read_text()
    assert "| `synthetic-speech/speakers` | **confirmed" in page
    assert (BOARDS / "leak-premium.md").read_text().startswith("# What leaking is worth")
    assert "(claims.md)" in (BOARDS / "README.md").read_text()
    checked = emobench("leaderboard", "--check")
    assert checked.code == 0, checked.err


def test_a_changed_claim_makes_its_page_out_of_date(
    ledger: Path, emobench: Run, refused: Run
) -> None:
    emobench("leaderboard")
    ledger.write_text(LEDGER.replace("60", "99"))
    line = refused("leaderboard", "--check", code=2)
    assert line.startswith("error: out of date in leaderboards: claims.md; write the pages anew")


def test_a_faulty_ledger_is_refused_with_its_line(ledger: Path, refused: Run) -> None:
    ledger.write_text(LEDGER.replace("unit:", "units:"))
    line = refused("leaderboard", code=2)
    assert "leaderboards/claims.yaml:" in line
    assert "claims.0" in line


def test_without_a_ledger_there_are_no_such_pages(ledger: Path, emobench: Run) -> None:
    ledger.unlink()
    assert emobench("leaderboard").code == 0
    assert not (BOARDS / "claims.md").exists()
