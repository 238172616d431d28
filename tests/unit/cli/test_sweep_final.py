"""How the finale of a sweep is told."""

from __future__ import annotations

from typing import Any

from emobench.cli.sweep_final import final_lines
from emobench.scoring.uncertainty import Difference, Interval
from emobench.sweeps.outcome import Final, Finale

TEST = Interval(estimate=0.58, low=0.5, high=0.66, groups=10, seeds=3)
GAIN = Difference(estimate=0.03, p=0.2, error=0.02, degrees=8.0, groups=10, seeds=3, paired=True)


def final(name: str, **changes: Any) -> Final:
    values: dict[str, Any] = {
        "state": "ok",
        "reason": "",
        "searched": 0.65,
        "validation": 0.61,
        "test": TEST,
        "runs": (),
        "gain": GAIN,
    }
    return Final(name=name, metric="uar", **{**values, **changes})


def finale(**changes: Any) -> Finale:
    values: dict[str, Any] = {
        "winner": final("first"),
        "as_it_stands": final("enhanced", gain=None),
        "ensemble": final("first-ensemble"),
    }
    return Finale(metric="uar", **{**values, **changes})


def test_every_recipe_is_a_row_with_its_interval_and_what_it_gained() -> None:
    lines = final_lines(finale())
    low, high = 100 * GAIN.low, 100 * GAIN.high
    assert lines[4].split("  ")[0] == "first"
    assert "65.0%" in lines[4]
    assert "58.0% [50.0, 66.0]" in lines[4]
    assert lines[4].endswith(f"+3.0 points [{low:+.1f}, {high:+.1f}]")
    assert [line.split()[0] for line in lines[4:7]] == ["first", "first-ensemble", "enhanced"]
    assert lines[6].endswith("–")


def test_the_optimism_is_told_against_fresh_seeds_and_against_test() -> None:
    assert final_lines(finale())[-1] == (
        "optimism of the search's figure: +4.0 against fresh seeds on the same validation items, "
        "+7.0 against the test set"
    )


def test_a_recipe_that_won_as_it_stands_is_one_row() -> None:
    same = final("enhanced", gain=None)
    lines = final_lines(finale(winner=same, as_it_stands=same, ensemble=None, no_ensemble="why"))
    assert [line for line in lines if line.startswith("enhanced")] == [lines[4]]
    assert "no ensemble: why" in lines


def test_what_went_wrong_is_told_instead_of_a_score() -> None:
    broken = final("first", state="diverged", reason="not finite (run r)", test=None)
    lines = final_lines(finale(winner=broken))
    assert "first diverged: not finite (run r)" in lines
    assert not any("optimism" in line for line in lines)
