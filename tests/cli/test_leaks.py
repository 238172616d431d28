"""The leak premium at the end of `emobench run`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Command = Callable[..., Any]
BOTH = "synthetic-au/subjects,synthetic-au/random"


def test_a_recipe_on_an_honest_and_a_leaky_protocol_ends_in_its_premium(
    emobench: Command,
) -> None:
    """Trains for real: the premium must be the difference of the records' scores."""
    told = json.loads(emobench("run", "table.yaml", "--task", BOTH, "--json").out)
    honest, leaky = (run["scores"]["uar"] for run in told["runs"])
    (found,) = told["summary"]["leak_premium"]
    assert (found["recipe"], found["metric"]) == ("table", "uar")
    assert found["honest"] == "synthetic-au/subjects"
    first, second = found["scores"]
    assert first["premium"] is None
    assert second["score"]["estimate"] == pytest.approx(leaky, abs=1e-6)
    assert second["premium"]["estimate"] == pytest.approx(leaky - honest, abs=1e-6)
    assert second["premium"]["low"] < leaky - honest < second["premium"]["high"]
    lines = emobench("run", "table.yaml", "--task", BOTH).out.splitlines()
    place = lines.index("synthetic-au, what leaking is worth:")
    assert lines[place + 1].split("  ")[-1] == "leak premium"
    assert lines[place + 3].startswith("table   synthetic-au/subjects  clean  ")
    assert lines[place + 4].startswith("        synthetic-au/random    leaky  ")
    assert "points [" in lines[place + 4]
    assert any("no item is paired" in line for line in lines)


@pytest.mark.usefixtures("executor")
def test_honest_protocols_alone_have_no_premium(emobench: Command) -> None:
    outcome = emobench("run", "table.yaml", "--seeds", "2")
    assert "what leaking is worth" not in outcome.out
    told = json.loads(emobench("run", "table.yaml", "--json").out)
    assert told["summary"]["leak_premium"] == []
